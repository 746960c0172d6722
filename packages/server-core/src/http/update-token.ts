/** `/update-token`: lets the connection of a client live as long as the newer token that the request came with. */
import { requestFailure } from './request-failure.ts';
import type { RouteRequest } from './route.ts';

export function updateToken({ connections, token, facts, params: { clientId } }: RouteRequest): unknown {
  const connection = typeof clientId === 'string' ? connections.get(clientId) : undefined;
  if (!connection) throw requestFailure(400, 'No connection found for clientId');
  connection.updateToken(token, facts);
  return 'OK';
}
