/** The client over plain HTTP, with the Node server in this process. There is no WebSocket at all. */
import { MemoryHandler } from '@triplit/logger/memory';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import { startNodeServer } from '../testing/node-server.ts';
import type { NodeServer } from '../testing/node-server.ts';
import { dbSchema, quietLogger, roles, schema } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { inSeconds, SERVICE_CLAIMS, signToken } from '../testing/tokens.ts';
import { HttpTransport } from './http-transport.ts';

let server: NodeServer;
let serverUrl: string;
const clients: TodoClient[] = [];

async function startServer(port = 0): Promise<void> {
  server = await startNodeServer(dbSchema, port);
  serverUrl = server.url;
}
beforeAll(() => startServer());
afterAll(() => server.close());
beforeEach(() => void vi.stubGlobal('WebSocket', undefined));
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  vi.unstubAllGlobals();
  await server.db.clear();
});

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 4_000, interval: 10 });

function open(options: Partial<ClientOptions<typeof schema>> = {}) {
  const log = new MemoryHandler();
  const transport = new HttpTransport();
  const client = new TriplitClient({
    schema,
    roles,
    serverUrl,
    token: signToken(SERVICE_CLAIMS),
    logger: quietLogger(log),
    transport,
    ...options,
  });
  clients.push(client);
  return { client, log, transport };
}
const ready = (client: TodoClient): Promise<unknown> =>
  eventually(() => expect(client.syncEngine.serverReady).toBe(true));

test('rows travel from one client to another', async () => {
  const { client: ann } = open();
  const { client: bob } = open();
  const seen: string[][] = [];
  bob.subscribe(bob.query('todos').Order('rank', 'ASC'), (rows) => seen.push(rows.map(({ text }) => text)));
  await ready(bob);
  for (const rank of [1, 2, 3]) await ann.insert('todos', { text: `${rank}`, rank, tags: new Set(['a']) });
  await eventually(() => expect(seen.at(-1)).toEqual(['1', '2', '3']));
});

test('a row larger than a message arrives whole', async () => {
  const { client: ann } = open();
  const { client: bob } = open();
  const text = 'ä€😀x'.repeat(200_000);
  await ann.insert('todos', { id: 'large', text });
  await eventually(async () =>
    expect((await bob.fetchById('todos', 'large', { policy: 'remote-first' }))?.text === text).toBe(true),
  );
});

test('disconnecting and connecting again', async () => {
  const { client, transport } = open();
  const statuses: string[] = [];
  client.onConnectionStatusChange((status) => statuses.push(status), true);
  await ready(client);
  expect(transport.isOpen).toBe(true);
  client.disconnect();
  await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
  expect(transport.connectionStatus).toBe('CLOSED');
  expect(transport.sendMessage({ type: 'PING', payload: {} })).toBe(false);
  await eventually(() => expect(server.server.connections.count).toBe(0));
  await client.connect();
  await ready(client);
  expect(statuses).toEqual(['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', 'CONNECTING', 'OPEN']);
});

test('a server that goes away and comes back', { timeout: 10_000 }, async () => {
  const { client } = open();
  await ready(client);
  const { port } = server;
  await server.close();
  await eventually(() => expect(client.connectionStatus).not.toBe('OPEN'));
  await client.insert('todos', { id: 'offline', text: 'written meanwhile' });
  await startServer(port);
  await eventually(async () =>
    expect(await server.db.fetchById('todos', 'offline', { skipRules: true })).not.toBe(null),
  );
});

test('a token that is refused', async () => {
  const errors: string[] = [];
  const { client } = open({ autoConnect: false, token: signToken({ sub: 'ann' }, 'another secret of 32 characters!') });
  client.onSessionError((type) => errors.push(type));
  await client.connect();
  await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
  expect(errors).toEqual(['UNAUTHORIZED']);
});

test('a newer token is used for what is sent after it', async () => {
  const { client } = open({ token: signToken({ sub: 'ann', exp: inSeconds(2) }) });
  const closed = vi.fn();
  await ready(client);
  client.onConnectionStatusChange(closed);
  await client.updateSessionToken(signToken({ sub: 'ann', exp: inSeconds(60) }));
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await client.insert('todos', { id: 'late', text: 'later than the first token', ownerId: 'ann' });
  await eventually(async () => expect(await server.db.fetchById('todos', 'late', { skipRules: true })).not.toBe(null));
  expect(closed).not.toHaveBeenCalled();
});

test('a message that cannot be sent ends the connection, and the client sends it over another', async () => {
  const { client } = open();
  await ready(client);
  const real = globalThis.fetch;
  let fails = 1;
  vi.stubGlobal('fetch', (...args: Parameters<typeof fetch>) =>
    String(args[0]).endsWith('/message') && fails-- > 0 ? Promise.reject(new TypeError('failed')) : real(...args),
  );
  await client.insert('todos', { id: 'twice', text: 'tried twice' });
  await eventually(async () => expect(await server.db.fetchById('todos', 'twice', { skipRules: true })).not.toBe(null));
});
