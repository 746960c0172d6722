/** Looking at the settings of a running server, and changing them. */
import type { RouteRequest } from './route.ts';

export function showSettings({ context: { settings } }: RouteRequest): unknown {
  return { settings: settings.list(), keys: settings.tokenVerifier?.describe() ?? [] };
}

/** When other tokens are accepted from here on, clients connect again, so that the tokens they have are looked at anew. */
export async function changeSettings(request: RouteRequest): Promise<unknown> {
  const changesTokens = await request.context.settings.change(request.params['settings']);
  if (changesTokens) await request.connections.drain();
  return showSettings(request);
}
