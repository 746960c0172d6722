/**
 * The WebSocket side of a Node server: upgrades, frames in and out, and finding peers that are gone without a word.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@triplit/logger';
import { TOKEN_SUB_PROTOCOL_PREFIX } from '@triplit/db/sync';
import { SocketSession, socketParameters } from '@triplit/server-core';
import type { RequestHandler, Server, SocketParameters } from '@triplit/server-core';
import { clientAddress } from './client-address.ts';
import { STATUS_CODES } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';

/** How long peers may take to answer the closing handshake. */
const CLOSE_GRACE_MS = 1_000;

export class SocketEndpoint {
  readonly #server: Server;
  readonly #handleRequest: RequestHandler;
  readonly #logger: Logger;
  readonly #trustedProxies: number | undefined;
  readonly #sockets: WebSocketServer;
  readonly #silent = new WeakSet<WebSocket>();
  readonly #heartbeat: NodeJS.Timeout;
  #isClosing = false;

  constructor(
    server: Server,
    handleRequest: RequestHandler,
    { logger, trustedProxies }: { logger: Logger; trustedProxies: number | undefined },
  ) {
    this.#server = server;
    this.#handleRequest = handleRequest;
    this.#logger = logger;
    this.#trustedProxies = trustedProxies;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      // Never the one that holds a token: the answer would repeat it.
      handleProtocols: (offered) => [...offered].find((name) => !name.startsWith(TOKEN_SUB_PROTOCOL_PREFIX)) ?? false,
      maxPayload: server.context.limits.frameBytes,
    });
    this.#heartbeat = setInterval(() => this.#askForSignsOfLife(), server.context.limits.pingIntervalMs);
    this.#heartbeat.unref();
  }

  /** For the `upgrade` event of an HTTP server. `url`: what was asked for, as this server knows it; undefined when it is none. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL | undefined): void {
    socket.on('error', ignore);
    if (this.#isClosing) refuse(socket, 503);
    else if (!this.#server.context.allowedOrigins.allows(request.headers.origin)) refuse(socket, 403);
    else if (url?.pathname === '/') {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('error', ignore);
        const { 'sec-websocket-protocol': subProtocols, 'x-forwarded-for': forwarded } = request.headers;
        const forwardedFor = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
        const address = clientAddress(request.socket.remoteAddress, forwardedFor, this.#trustedProxies);
        this.#accept(webSocket, socketParameters(url.searchParams, subProtocols, address));
      });
    } else void this.#refuseAsHttp(request, socket, url);
  }

  /** Tells every connection what it has coming and closes it so that the client reconnects. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#heartbeat);
    await this.#server.drain();
    const clients = [...this.#sockets.clients];
    for (const client of clients) client.close(1001);
    const allClosed = Promise.all(clients.map((client) => new Promise<void>((resolve) => whenClosed(client, resolve))));
    let timer: NodeJS.Timeout | undefined;
    const graceOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_GRACE_MS)));
    await Promise.race([allClosed, graceOver]);
    clearTimeout(timer);
    for (const client of clients) client.terminate();
  }

  #accept(socket: WebSocket, parameters: SocketParameters): void {
    const session = new SocketSession(this.#server, {
      send: (frame) => socket.send(frame),
      close: (code, reason) => {
        // The closing handshake would wait behind all that the peer does not read, which is too much to keep.
        if (socket.bufferedAmount > this.#server.context.limits.bufferedBytes) socket.terminate();
        else socket.close(code, reason);
      },
      bufferedBytes: () => socket.bufferedAmount,
    });
    socket.on('message', (data: Buffer, isBinary) => {
      this.#silent.delete(socket);
      if (isBinary) session.receiveBinary();
      else session.receive(data.toString('utf8'));
    });
    socket.on('pong', () => this.#silent.delete(socket));
    socket.on('close', (code) => session.closed(code));
    socket.on('error', (error) => this.#logger.warn(`A socket failed: ${error.message}`));
    void session.open(parameters);
  }

  #askForSignsOfLife(): void {
    for (const client of this.#sockets.clients) {
      if (this.#silent.has(client)) {
        client.terminate();
        continue;
      }
      this.#silent.add(client);
      client.ping();
    }
  }

  /** An upgrade to any other path gets the status that a plain request would have got. */
  async #refuseAsHttp(request: IncomingMessage, socket: Duplex, url: URL | undefined): Promise<void> {
    if (!url) return refuse(socket, 400);
    const headers = new Headers();
    if (request.headers.authorization) headers.set('Authorization', request.headers.authorization);
    const { status } = await this.#handleRequest(new Request(url, { headers }));
    refuse(socket, status === 200 ? 400 : status);
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function whenClosed(client: WebSocket, done: () => void): void {
  if (client.readyState === WebSocket.CLOSED) done();
  else client.once('close', done);
}

function ignore(): void {}
