/**
 * A sync server to mount in another Node program, at the root of a host or below a path: a handler of web requests and one
 * of upgrades. The server that listens by itself is this at the root.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TriplitError } from '@triplit/db';
import type { DB } from '@triplit/db';
import { createRequestHandler } from '@triplit/server-core';
import type { Server } from '@triplit/server-core';
import { clientAddress } from './client-address.ts';
import { openServer } from './open-server.ts';
import type { ServerOptions } from './options.ts';
import { answerWithoutUpgrade, asksForWebSocket, httpServerOf } from './other-upgrades.ts';
import { SocketEndpoint } from './socket-endpoint.ts';

export interface MountableServerOptions extends ServerOptions {
  /** Where the server is mounted, as `/sync`: clients have it at the end of their `serverUrl`. Default: at the root. */
  readonly basePath?: string;
}

export interface MountableServer {
  /**
   * Answers a request below the base path; any other with 404. `peerAddress`: of the socket that it came over, by which
   * requests of anonymous users are counted if it is given.
   */
  fetch(request: Request, peerAddress?: string): Promise<Response>;
  /**
   * For the `upgrade` event of an HTTP server. False, and nothing done, when the request is not for a path below the base
   * path: then it is the program's own to take or to refuse. Wishes for other protocols than WebSocket are ignored, as
   * HTTP allows: the program's HTTP server gets the request once more, without the wish.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  readonly db: DB;
  readonly server: Server;
  /**
   * Sends what was accepted, closes every socket so that its client reconnects, waits for the program's last requests if it
   * names them, makes everything durable. Idempotent.
   */
  close(requestsDone?: Promise<unknown>): Promise<void>;
}

/** Opens the database. Rejects when it cannot be opened, the schema does not fit it, or the base path is none. */
export async function createMountableServer({
  basePath = '',
  ...options
}: MountableServerOptions): Promise<MountableServer> {
  const base = basePath.replace(/\/+$/, '');
  if (base !== '' && !/^(\/[\w.~-]+)+$/.test(base)) {
    throw new TriplitError(`The basePath '${basePath}' is no path. It must begin with a slash, as in '/sync'.`);
  }
  const { server, logger, close } = await openServer({ schedule: setImmediate, ...options });
  const handleRequest = createRequestHandler(server);
  const { trustedProxies } = options;
  const sockets = new SocketEndpoint(server, handleRequest, { logger, trustedProxies });
  let closing: Promise<void> | undefined;
  return {
    fetch: async (request, peerAddress) => {
      const url = withoutBase(new URL(request.url), base);
      if (url === undefined) return new Response('Not found', { status: 404 });
      const address = clientAddress(peerAddress, request.headers.get('X-Forwarded-For'), trustedProxies);
      return handleRequest(base === '' ? request : new Request(url, request), address);
    },
    upgrade: (request, socket, head) => {
      const address = addressOf(request);
      const url = address && withoutBase(address, base);
      if (url === undefined && base !== '') return false;
      const http = asksForWebSocket(request) ? undefined : httpServerOf(request);
      if (http) answerWithoutUpgrade(http, request, socket, head);
      else sockets.upgrade(request, socket, head, url);
      return true;
    },
    db: server.db,
    server,
    close: (requestsDone) =>
      (closing ??= sockets
        .close()
        .then(() => requestsDone)
        .then(close)),
  };
}

/** The address as the server knows it; undefined when it is not below the base path. */
function withoutBase(url: URL, base: string): URL | undefined {
  if (base === '') return url;
  if (url.pathname !== base && !url.pathname.startsWith(`${base}/`)) return undefined;
  const inner = new URL(url);
  inner.pathname = url.pathname.slice(base.length) || '/';
  return inner;
}

function addressOf(request: IncomingMessage): URL | undefined {
  return URL.canParse(request.url ?? '/', 'http://localhost')
    ? new URL(request.url ?? '/', 'http://localhost')
    : undefined;
}
