/** The server's own tokens: looking at them, and minting newer ones. */
import { REPLACED_TOKEN } from '../settings/minted-tokens.ts';
import type { RouteRequest } from './route.ts';

export async function showTokens({ context: { settings } }: RouteRequest): Promise<unknown> {
  return { tokens: await settings.tokens.list() };
}

/** Connections with the earlier tokens end, the caller's own too: the answer has what it needs to connect again. */
export async function mintToken({ context, connections, params }: RouteRequest): Promise<unknown> {
  const { tokens } = context.settings;
  const minted = await tokens.mint(params['kind'], params);
  context.logger.info(`A new ${minted.kind} token was minted; connections with earlier ones end.`);
  connections.endWhere(({ token }) => tokens.isReplaced(token), 'UNAUTHORIZED', REPLACED_TOKEN);
  return minted;
}
