/** The client over real sockets, with the Node server in this process: tokens, refreshing, frames, HTTP. */
import { MemoryHandler } from '@triplit/logger/memory';
import { defaultLimits } from '@triplit/server-core';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { HttpClient } from './remote/http-client.ts';
import type { ClientOptions } from './client-options.ts';
import { startNodeServer } from './testing/node-server.ts';
import type { NodeServer } from './testing/node-server.ts';
import { dbSchema, quietLogger, roles, schema } from './testing/todo-world.ts';
import type { TodoClient } from './testing/todo-world.ts';
import { inSeconds, SERVICE_CLAIMS, signToken } from './testing/tokens.ts';
import { WebSocketTransport } from './transport/websocket-transport.ts';

let server: NodeServer;
let serverUrl: string;
const clients: TodoClient[] = [];

beforeAll(async () => {
  server = await startNodeServer(dbSchema);
  serverUrl = server.url;
});
afterAll(() => server.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  vi.unstubAllGlobals();
});

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 4_000, interval: 10 });

function open(options: Partial<ClientOptions<typeof schema>> = {}): { client: TodoClient; log: MemoryHandler } {
  vi.stubGlobal('WebSocket', WebSocket);
  const log = new MemoryHandler();
  const client = new TriplitClient({
    schema,
    roles,
    serverUrl,
    token: signToken(SERVICE_CLAIMS),
    logger: quietLogger(log),
    ...options,
  });
  clients.push(client);
  return { client, log };
}
const ready = (client: TodoClient): Promise<unknown> =>
  eventually(() => expect(client.syncEngine.serverReady).toBe(true));

/** People see the rows of the organization that their token names, and may write into it. */
const orgRoles = { user: { match: { sub: '$userId', org: '$org' } } };
const tokenOf = (org: string) => signToken({ sub: 'ann', org, exp: inSeconds(60) });
async function startOrganizations(): Promise<NodeServer> {
  const ofOrg = { filter: [['ownerId', '=', '$role.org']] };
  const todos = { ...schema.todos, permissions: { user: { read: ofOrg, insert: ofOrg } } };
  const organizations = await startNodeServer({ collections: { ...schema, todos }, roles: orgRoles } as never);
  for (const org of ['red', 'blue'])
    await organizations.db.insert('todos', { id: org, text: org, ownerId: org }, { skipRules: true });
  return organizations;
}

test('rows travel from one client to another', async () => {
  const { client: ann } = open();
  const { client: bob } = open();
  const seen: string[][] = [];
  bob.subscribe(bob.query('todos').Where('rank', '=', 1), (rows) => seen.push(rows.map(({ text }) => text)));
  await ready(bob);
  await ann.insert('todos', { text: 'Write', rank: 1, tags: new Set(['a', 'b']) });
  await eventually(() => expect(seen.at(-1)).toEqual(['Write']));
});

test('a row larger than a frame arrives whole', async () => {
  const { client: ann } = open();
  const { client: bob } = open();
  const text = 'ä€😀x'.repeat(200_000);
  await ann.insert('todos', { id: 'large', text });
  await eventually(async () =>
    expect((await bob.fetchById('todos', 'large', { policy: 'remote-first' }))?.text === text).toBe(true),
  );
});

test('a write that is too large for the server is refused alone, and once', async () => {
  const limited = await startNodeServer(dbSchema, 0, {
    chunks: { ...defaultLimits.chunks, maxLength: 300_000 },
  });
  const transport = new WebSocketTransport({ messagePayloadSizeLimit: 10_000 });
  const { client } = open({ serverUrl: limited.url, transport, storage: 'memory' });
  const [refused, errors]: [string[][], unknown[]] = [[], []];
  client.onFailureToSyncWrites((_error, writes) => void refused.push([...writes['todos']!.sets.keys()]));
  client.onSyncMessageReceived((message) => message.type === 'ERROR' && errors.push(message));
  const ids = ['a', 'b', 'large', 'c', 'd'];
  await Promise.all(ids.map((id) => client.insert('todos', { id, text: 'x'.repeat(id === 'large' ? 2_000_000 : 5) })));
  await eventually(async () => expect(await client.pendingChanges()).toEqual([]));
  await eventually(() => expect(refused).toEqual([['large']]));
  const stored = await limited.db.fetch({ collectionName: 'todos', order: [['id', 'ASC']] }, { skipRules: true });
  expect(stored.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  expect(errors.length).toBeLessThanOrEqual(4);
  await client.close();
  await limited.close();
});

test.each([
  ['that is turned off', 0],
  ['that is more than the server takes', 900_000],
])('a size of messages %s becomes smaller when a frame was too large', async (_title, messagePayloadSizeLimit) => {
  const limited = await startNodeServer(dbSchema, 0, { frameBytes: 530_000 });
  const transport = new WebSocketTransport({ messagePayloadSizeLimit });
  const { client } = open({ serverUrl: limited.url, transport, storage: 'memory' });
  await client.insert('todos', { id: 'large', text: 'x'.repeat(2_000_000) });
  await eventually(async () => expect(await client.pendingChanges()).toEqual([]));
  expect((await limited.db.fetchById('todos', 'large', { skipRules: true }))?.text).toHaveLength(2_000_000);
  await client.close();
  await limited.close();
});

describe('a token', () => {
  test.each([
    ['that is none', 'not a token'],
    ['with a forged signature', signToken({ sub: 'ann' }, 'another secret that is long enough')],
    ['that has expired', signToken({ sub: 'ann', exp: inSeconds(-60) })],
  ])('%s is refused once, with the reason in the log', async (_title, token) => {
    const errors: string[] = [];
    const closes: unknown[] = [];
    const { client, log } = open({ token, autoConnect: false });
    client.onSessionError((type) => errors.push(type));
    client.onSyncMessageReceived((message) => message.type === 'CLOSE' && closes.push(message));
    await client.connect();
    await eventually(() => expect(errors).toEqual(['UNAUTHORIZED']));
    await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
    expect(closes).toHaveLength(1);
    const refusals = log.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message as string);
    expect(refusals).toEqual([expect.stringContaining('EXTERNAL_JWT_SECRET')]);
  });

  test('is renewed in place while the connection lives on', async () => {
    const { client } = open({ token: signToken({ sub: 'ann', exp: inSeconds(3) }) });
    await ready(client);
    const statuses: string[] = [];
    client.onConnectionStatusChange((status) => statuses.push(status));
    await client.updateSessionToken(signToken({ sub: 'ann', exp: inSeconds(60) }));
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    await client.insert('todos', { id: 'late', text: 'late', ownerId: 'ann' });
    await eventually(async () => expect(await client.http.fetchById('todos', 'late')).not.toBeNull());
    expect(statuses).toEqual([]);
  }, 10_000);

  test('of two seconds is refreshed again and again, without a stir', async () => {
    const refreshHandler = vi.fn(async () => signToken({ sub: 'ann', exp: inSeconds(2) }));
    const { client } = open({ token: undefined });
    const statuses: string[] = [];
    const errors: string[] = [];
    client.onConnectionStatusChange((status) => statuses.push(status), true);
    client.onSessionError((type) => errors.push(type));
    const stop = await client.startSession(signToken({ sub: 'ann', exp: inSeconds(2) }), true, { refreshHandler });
    await new Promise((resolve) => setTimeout(resolve, 3_250));
    expect(refreshHandler).toHaveBeenCalledTimes(3);
    stop!();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(refreshHandler).toHaveBeenCalledTimes(3);
    expect([statuses.slice(0, 3), errors.filter((type) => type !== 'TOKEN_EXPIRED')]).toEqual([
      ['UNINITIALIZED', 'CONNECTING', 'OPEN'],
      [],
    ]);
  }, 10_000);

  test('of another organization takes effect in place: its rows come, the others go, what waits to be sent is kept', async () => {
    const organizations = await startOrganizations();
    const { client } = open({ serverUrl: organizations.url, token: tokenOf('red'), roles: orgRoles });
    const [seen, changes]: [string[][], unknown[]] = [[], []];
    client.subscribe(client.query('todos'), (rows) => seen.push(rows.map(({ id }) => id)));
    await eventually(() => expect(seen.at(-1)).toEqual(['red']));
    client.onConnectionStatusChange((status) => changes.push(status));
    client.onSessionError((type) => changes.push(type));
    await client.updateSessionToken(tokenOf('blue'));
    await eventually(() => expect(seen.at(-1)).toEqual(['blue']));
    await client.insert('todos', { id: 'more-blue', text: 'new', ownerId: 'blue' });
    await eventually(async () =>
      expect(await organizations.db.fetchById('todos', 'more-blue', { skipRules: true })).not.toBeNull(),
    );
    expect(changes).toEqual([]);
    await client.close();
    await organizations.close();
  });

  test.each([
    ['while there is no connection', false],
    ['while the connection is being made with the one before', true],
  ])('of another organization that comes %s counts from the first message on', async (_when, isConnecting) => {
    const organizations = await startOrganizations();
    const { client } = open({ serverUrl: organizations.url, token: tokenOf('red'), roles: orgRoles });
    const [seen, problems]: [string[][], unknown[]] = [[], []];
    client.onSessionError((type) => problems.push(type));
    client.onFailureToSyncWrites((error) => void problems.push(error));
    client.subscribe(client.query('todos').Order('id', 'ASC'), (rows) => seen.push(rows.map(({ id }) => id)));
    await eventually(() => expect(seen.at(-1)).toEqual(['red']));
    client.disconnect();
    await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
    await client.insert('todos', { id: 'waiting', text: 'for blue', ownerId: 'blue' });
    if (isConnecting) await client.connect();
    await client.updateSessionToken(tokenOf('blue'));
    if (!isConnecting) await client.connect();
    await eventually(async () =>
      expect(await organizations.db.fetchById('todos', 'waiting', { skipRules: true })).not.toBeNull(),
    );
    await eventually(() => expect(seen.at(-1)).toEqual(['blue', 'waiting']));
    expect(problems).toEqual([]);
    await client.close();
    await organizations.close();
  });

  test('of somebody else that only the server can tell apart takes effect in place, too', async () => {
    const { client } = open({ token: signToken({ sub: 'ann' }), roles: undefined });
    await ready(client);
    const { clientId } = client.syncEngine;
    await client.updateSessionToken(signToken({ sub: 'bob' }));
    await eventually(() => expect(server.server.connections.get(clientId!)!.token).toMatchObject({ sub: 'bob' }));
    expect(client.connectionStatus).toBe('OPEN');
  });
});

test('a server that comes later is found', async () => {
  const probe = await startNodeServer();
  const { port } = probe;
  await probe.close();
  const { client } = open({ serverUrl: `http://127.0.0.1:${port}` });
  await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
  const later = await startNodeServer(undefined, port);
  await eventually(() => expect(client.connectionStatus).toBe('OPEN'));
  await client.endSession();
  await later.close();
});

test('where there is no WebSocket, a warning says how to get one, and nothing throws', async () => {
  const { client, log } = open({ autoConnect: false });
  vi.stubGlobal('WebSocket', undefined);
  await client.connect();
  expect(client.connectionStatus).toBe('CLOSED');
  expect(log.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
    expect.stringContaining('globalThis.WebSocket = WebSocket'),
  ]);
  expect(await client.fetch(client.query('todos'))).toEqual([]);
});

test('where there is no IndexedDB, memory takes its place with a warning', async () => {
  // Another test file of this process may have left one.
  vi.stubGlobal('indexedDB', undefined);
  const { client, log } = open({ storage: 'indexeddb', autoConnect: false });
  await client.insert('todos', { id: '1', text: 'a' });
  expect(await client.fetch(client.query('todos'))).toHaveLength(1);
  expect(log.logs.filter(({ level }) => level === 'WARN')).toHaveLength(1);
});

describe('client.http', () => {
  test('reads and writes every type, with the token and schema of the client', async () => {
    const { client } = open({ autoConnect: false });
    const { http } = client;
    const inserted = await http.insert('todos', { id: 'h1', text: 'By HTTP', tags: new Set(['x']), ownerId: 'ann' });
    expect(inserted).toMatchObject({ text: 'By HTTP', done: false, tags: new Set(['x']) });
    await http.update('todos', 'h1', (todo) => {
      todo.text = 'Changed';
      todo.tags.add('y');
      todo.tags.delete('x');
    });
    await http.update('todos', 'h1', { rank: 3 });
    expect(await http.fetchById('todos', 'h1')).toMatchObject({ text: 'Changed', rank: 3, tags: new Set(['y']) });
    await http.bulkInsert({ people: [{ id: 'ann', name: 'Ann' }], todos: [{ id: 'h2', text: 'Two', ownerId: 'ann' }] });
    const [withOwner] = await http.fetch(http.query('todos').Id('h2').Include('owner'));
    expect(withOwner?.owner).toEqual({ id: 'ann', name: 'Ann' });
    await http.delete('todos', 'h1');
    expect(await http.fetchOne(http.query('todos').Id('h1'))).toBeNull();
    await http.deleteAll('people');
    expect(await http.fetch(http.query('people'))).toEqual([]);
  });

  test("rejects with the server's own errors", async () => {
    const { http } = open({ autoConnect: false, token: signToken({ sub: 'ann' }) }).client;
    await expect(http.insert('todos', { id: 'x', text: 'x', ownerId: 'bob' })).rejects.toMatchObject({
      name: 'WritePermissionError',
      status: 401,
    });
    await expect(http.update('todos', 'missing', () => undefined)).rejects.toMatchObject({
      name: 'EntityNotFoundError',
    });
    await expect(open({ token: undefined }).client.http.fetch({ collectionName: 'todos' })).rejects.toThrow(
      'No token provided',
    );
  });

  test.each([
    [{ serverUrl: 'localhost:1', token: 'x' }, 'Must start with "http://" or "https://"'],
    [{ serverUrl: 'http://localhost:1', token: Promise.resolve('x') }, 'token must be of the type string'],
  ])('says what is wrong with %j', async (options, message) => {
    await expect(new HttpClient(options as never).fetch({ collectionName: 'todos' })).rejects.toThrow(message);
  });
});
