/**
 * A sync server on Node.js: HTTP and WebSocket on one port. Stopping it loses nothing that was acknowledged and lets
 * every client reconnect elsewhere or later.
 */
import { createServer as createHttpServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { TriplitError } from '@triplit/db';
import type { DB } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { Server } from '@triplit/server-core';
import { createMountableServer } from './mountable-server.ts';
import type { MountableServer } from './mountable-server.ts';
import type { ServerOptions } from './options.ts';

export interface RunningServer {
  /** Settles when the server accepts connections; rejects, with what to do, when it cannot. */
  readonly listening: Promise<void>;
  /** The port it listens on, also when it was asked for port 0. Undefined until `listening` settles. */
  readonly port: number | undefined;
  readonly db: DB;
  readonly server: Server;
  /** Stops accepting, sends what was accepted, closes every socket, makes everything durable. Idempotent. */
  close(onClose?: () => void): Promise<void>;
}

/** How long requests that are being answered may take when the server stops. */
const REQUEST_GRACE_MS = 5_000;
const IDLE_POLL_MS = 20;

/** Port 0 takes any free port. */
export type StartServer = (port: number, onOpen?: () => void) => RunningServer;

/** Opens the database. Rejects when it cannot be opened or the schema does not fit it. An unusable key is logged, and refuses tokens. */
export async function createServer(options: ServerOptions): Promise<StartServer> {
  if (options.useNodeInspector) (await import('node:inspector')).open();
  const mounted = await createMountableServer(options);
  return (port, onOpen) => startServer(mounted, options.host, port, onOpen);
}

function startServer(
  mounted: MountableServer,
  host: string | undefined,
  port: number,
  onOpen: (() => void) | undefined,
): RunningServer {
  const { server } = mounted;
  const { logger } = server.context;
  const http = createHttpServer(
    getRequestListener((request, { incoming }) => mounted.fetch(request, incoming.socket.remoteAddress), {
      overrideGlobalObjects: false,
    }),
  );
  http.on('upgrade', (request, socket, head) => mounted.upgrade(request, socket, head));
  const listening = listen(http, port, host);
  listening.then(
    () => onOpen?.(),
    // Reported here too, so that a program which does not wait for it learns the reason without a stack.
    (error: TriplitError) => logger.error(error.contextMessage ?? error.message),
  );

  let closing: Promise<void> | undefined;
  return {
    listening,
    get port() {
      return (http.address() as AddressInfo | null)?.port;
    },
    db: server.db,
    server,
    close: async (onClose) => {
      closing ??= stop(http, mounted, logger);
      await closing;
      onClose?.();
    },
  };
}

function listen(http: HttpServer, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    http.listen({ port, host }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string | undefined): TriplitError {
  if (error.code === 'EADDRINUSE')
    return new TriplitError(`Port ${port} is already in use. Stop the other program or choose another port.`);
  if (error.code === 'EACCES')
    return new TriplitError(`This user may not listen on port ${port}. Choose a port above 1023.`);
  if (error.code === 'EADDRNOTAVAIL')
    return new TriplitError(`The host '${host}' is no address of this machine. Choose another host.`);
  return new TriplitError(`The server cannot listen on port ${port}: ${error.message}`);
}

async function stop(http: HttpServer, mounted: MountableServer, logger: Logger): Promise<void> {
  const requestsDone = closeHttp(http);
  await mounted.close(requestsDone);
  logger.info('The server has stopped.');
}

/** Stops accepting at once and lets running requests finish, for a while. */
async function closeHttp(http: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  const poll = setInterval(() => http.closeIdleConnections(), IDLE_POLL_MS);
  const deadline = setTimeout(() => http.closeAllConnections(), REQUEST_GRACE_MS);
  http.closeIdleConnections();
  await closed;
  clearInterval(poll);
  clearTimeout(deadline);
}
