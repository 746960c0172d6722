/** Sync over HTTP, for clients that can have no WebSocket: `/message-events` down, `/message` up. */
import { openEventStream } from '../sync/event-stream.ts';
import { socketParameters } from '../sync/socket-session.ts';
import { factsOfClaims } from '../token-facts.ts';
import { isObject } from './is-object.ts';
import { requestFailure } from './request-failure.ts';
import type { RouteRequest } from './route.ts';

export function messageEvents({ context, connections, query, address }: RouteRequest): ReadableStream<Uint8Array> {
  // Over an HTTP connection that was kept alive, a client may come back after the server stopped listening.
  if (connections.isDraining) throw requestFailure(503, 'The server is stopping. Connect again in a moment.');
  return openEventStream({ context, connections }, socketParameters(query, '', address));
}

/** Answers when the message has been processed, so that a client which waits for that keeps its messages in order. */
export async function message({ connections, token, facts, params }: RouteRequest): Promise<unknown> {
  const { message: sent, options } = params;
  const clientId = isObject(options) ? options['clientId'] : undefined;
  const connection = typeof clientId === 'string' ? connections.get(clientId) : undefined;
  const isTheirs = connection?.rights.isHeldBy(token, facts ?? factsOfClaims(token));
  // Whether it is there is nobody's business but its owner's.
  if (!connection || !isTheirs) throw requestFailure(404, 'No connection found for clientId');
  if (!isObject(sent)) throw requestFailure(400, 'The message must be an object with type and payload');
  await connection.receive(JSON.stringify(sent));
  return {};
}
