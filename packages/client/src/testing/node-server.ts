/** The Node server in this process, on a port of its own, for tests over real sockets. */
import type { DBSchema } from '@triplit/db';
import { MemoryHandler } from '@triplit/logger/memory';
import { createServer } from '@triplit/server';
import { TEST_SECRET } from './tokens.ts';

export type NodeServer = ReturnType<Awaited<ReturnType<typeof createServer>>> & { readonly url: string };

/** Settles when it listens. Without a schema it is schemaless. Port 0 takes any free port. */
export async function startNodeServer(schema?: DBSchema, port = 0, limits: object = {}): Promise<NodeServer> {
  const start = await createServer({
    jwtSecret: TEST_SECRET,
    ...(schema && { dbOptions: { schema } }),
    host: '127.0.0.1',
    limits,
    logHandler: new MemoryHandler(),
  } as never);
  const server = start(port);
  await server.listening;
  return Object.assign(server, { url: `http://127.0.0.1:${server.port}` });
}
