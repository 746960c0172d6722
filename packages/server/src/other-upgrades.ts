/**
 * Requests that would rather go on in another protocol than WebSocket, such as HTTP/2 without TLS, for which some HTTP
 * clients ask by default. A server may ignore that wish; Node hands such requests over with their sockets all the same.
 */
import { Server as HttpServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Headers that speak of the wish and of this one connection. */
const WISHES = new Set(['connection', 'upgrade', 'http2-settings']);

export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** The HTTP server that a request came to; undefined where there is none without TLS. Node names it on the socket. */
export function httpServerOf({ socket }: IncomingMessage): HttpServer | undefined {
  const { server } = socket as { server?: unknown };
  return server instanceof HttpServer ? server : undefined;
}

/** Lets the server read the request again, without the wish. `socket` and `head`: of the `upgrade` event. */
export function answerWithoutUpgrade(
  http: HttpServer,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (!WISHES.has(name.toLowerCase())) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  // Node reads header texts as Latin-1, byte by byte.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  http.emit('connection', socket);
}
