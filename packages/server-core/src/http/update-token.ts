/** `/update-token`: lets the connection of a client live as long as the newer token that the request came with. */
import { requestFailure } from './request-failure.ts';
import { factsOfClaims } from '../token-facts.ts';
import type { RouteRequest } from './route.ts';

export function updateToken({ connections, token, facts, params: { clientId } }: RouteRequest): unknown {
  const connection = typeof clientId === 'string' ? connections.get(clientId) : undefined;
  if (!connection) throw requestFailure(400, 'No connection found for clientId');
  // Whoever merely knows a client id must not turn that client into somebody else; the client itself does so by message.
  if (connection.rights.mayChange && (facts ?? factsOfClaims(token)).principal !== connection.rights.facts.principal)
    throw requestFailure(403, 'The connection belongs to another user. Send an UPDATE_TOKEN message over it instead.');
  connection.updateToken(token, facts);
  return 'OK';
}
