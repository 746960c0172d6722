/** The server as a Hono app, for programs that mount it beside routes of their own. */
import { createRequestHandler, SocketSession, socketParameters } from '@triplit/server-core';
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { UpgradeWebSocket } from 'hono/ws';
import { clientAddress } from './client-address.ts';
import type { ServerOptions } from './options.ts';
import { openServer } from './open-server.ts';

export type { ServerOptions } from './options.ts';

/**
 * `upgradeWebSocket` comes from the Hono adapter of the runtime. `captureException` is told of errors that are no
 * answer to a client. The routes are added to `honoApp` if it is given.
 */
export async function createTriplitHonoServer(
  options: ServerOptions,
  upgradeWebSocket: UpgradeWebSocket,
  captureException: (error: unknown) => void = () => undefined,
  honoApp: Hono = new Hono(),
): Promise<Hono> {
  const { server } = await openServer(options).catch((error: unknown) => {
    captureException(error);
    throw error;
  });
  const answer = createRequestHandler(server);
  // What the socket of a request is, only the adapter of the runtime knows.
  const addressOf = (context: Context): string | undefined =>
    clientAddress(undefined, context.req.header('X-Forwarded-For'), options.trustedProxies);
  const handleRequest = (context: Context): Promise<Response> => answer(context.req.raw, addressOf(context));

  const acceptSocket = upgradeWebSocket((context) => {
    let session: SocketSession | undefined;
    return {
      onOpen: (_event, socket) => {
        session = new SocketSession(server, {
          send: (frame) => socket.send(frame),
          close: (code, reason) => socket.close(code, reason),
          bufferedBytes: () => (socket.raw as { bufferedAmount?: number } | undefined)?.bufferedAmount ?? 0,
        });
        void session.open(
          socketParameters(
            new URL(context.req.url).searchParams,
            context.req.header('Sec-WebSocket-Protocol'),
            addressOf(context),
          ),
        );
      },
      onMessage: ({ data }) => (typeof data === 'string' ? session?.receive(data) : session?.receiveBinary()),
      onClose: ({ code }) => session?.closed(code),
      onError: () => server.context.logger.warn('A socket failed.'),
    };
  });

  honoApp.get('/', async (context, next) => {
    if (context.req.header('Upgrade')?.toLowerCase() !== 'websocket') return handleRequest(context);
    if (!server.context.allowedOrigins.allows(context.req.header('Origin'))) return context.text('Forbidden', 403);
    return acceptSocket(context, next);
  });
  honoApp.all('*', (context) => handleRequest(context));
  return honoApp;
}
