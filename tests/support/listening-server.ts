/** The Node server over the todo schema, in memory, listening on a port of its own. Tokens are those of `signToken`. */
import type { LogRecord } from '@triplit/logger';
import { createServer } from '@triplit/server';
import type { RunningServer, ServerOptions } from '@triplit/server';
import { jwtSecret } from './api-client.ts';
import { logInto } from './log-into.ts';
import { todoSchema } from './todo-schema.ts';

export async function startListeningServer(
  log: LogRecord[],
  options: Partial<ServerOptions> = {},
): Promise<RunningServer> {
  const start = await createServer({
    jwtSecret,
    dbOptions: { schema: todoSchema },
    host: '127.0.0.1',
    logHandler: logInto(log),
    ...options,
  });
  const server = start(0);
  await server.listening;
  return server;
}
