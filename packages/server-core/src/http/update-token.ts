/** `/update-token`: lets the connection of a client live as long as the newer token that the request came with. */
import { requestFailure } from './request-failure.ts';
import { factsOfClaims } from '../token-facts.ts';
import type { RouteRequest } from './route.ts';

export function updateToken({ connections, token, params: { clientId }, ...request }: RouteRequest): unknown {
  const connection = typeof clientId === 'string' ? connections.get(clientId) : undefined;
  if (!connection) throw requestFailure(400, 'No connection found for clientId');
  const facts = request.facts ?? factsOfClaims(token);
  // Whoever merely knows a client id must neither end that client's connection nor turn it into somebody else's; the client
  // itself does so by message.
  if (!connection.rights.isHeldBy(token, facts))
    throw requestFailure(403, 'The connection belongs to another user. Send an UPDATE_TOKEN message over it instead.');
  connection.updateToken(token, facts);
  return 'OK';
}
