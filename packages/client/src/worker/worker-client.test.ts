import { MemoryHandler } from '@triplit/logger/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { quietLogger, roles, schema, TodoWorld } from '../testing/todo-world.ts';
import { SERVICE_CLAIMS, signToken } from '../testing/tokens.ts';
import type { LoopbackTransport } from '../testing/loopback.ts';
import { startWorker } from '../testing/worker-page.ts';
import type { TestWorker } from '../testing/worker-page.ts';
import { WorkerClient } from './worker-client.ts';
import type { WorkerClientOptions } from './worker-client.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

let world: TodoWorld;
let transport: LoopbackTransport;
let worker: TestWorker;
const opened: { client: WorkerClient<any>; close(): void }[] = [];

beforeEach(async () => {
  world = await TodoWorld.start();
  transport = world.server.transport();
  worker = startWorker(transport);
});
afterEach(async () => {
  for (const { client, close } of opened.splice(0)) {
    await client.close();
    close();
  }
  await world.close();
});

function openPage(options: WorkerClientOptions<typeof schema> = {}): {
  client: WorkerClient<typeof schema>;
  log: MemoryHandler;
} {
  const log = new MemoryHandler();
  const page = worker.open<typeof schema>({
    schema,
    roles,
    serverUrl: 'http://loopback.test',
    logger: quietLogger(log),
    ...options,
  });
  opened.push(page);
  return { client: page.client, log };
}

const service = () => signToken(SERVICE_CLAIMS);

describe('a client in a worker', () => {
  test('serves several pages over one connection', async () => {
    await world.server.db.insert('todos', { id: 'a', text: 'server' }, { skipRules: true });
    const one = openPage({ token: service() }).client;
    const two = openPage({ token: service() }).client;
    expect(one.connectionStatus).toBe('CONNECTING');
    const seen: string[][] = [];
    two.subscribe(two.query('todos').Order('id', 'ASC'), (todos) => void seen.push(todos.map(({ text }) => text)));
    expect((await one.fetch(one.query('todos'))).map(({ text }) => text)).toEqual(['server']);
    await one.insert('todos', { id: 'b', text: 'one', tags: new Set(['x']) });
    await eventually(() => expect(seen.at(-1)).toEqual(['server', 'one']));
    await eventually(async () => expect(await world.serverTodos()).toHaveLength(2));
    expect((await two.fetchById('todos', 'b'))?.tags).toEqual(new Set(['x']));
    expect(transport.connects).toBe(1);
  });

  test('the page sees the loading states of section 8 A', async () => {
    await world.server.db.insert('todos', { id: 'a', text: 'server' }, { skipRules: true });
    const { client } = openPage({ token: service() });
    const states: unknown[] = [];
    await eventually(() => expect(client.connectionStatus).toBe('OPEN'));
    client.subscribeWithStatus(client.query('todos'), ({ results, fetching, fetchingLocal, fetchingRemote }) => {
      states.push([results?.length, fetching, fetchingLocal, fetchingRemote]);
    });
    await eventually(() => expect(states.at(-1)).toEqual([1, false, false, false]));
    expect(states).toEqual([
      [undefined, true, true, false],
      [0, true, false, false],
      [0, true, false, true],
      [1, false, false, false],
    ]);
  });

  test('has what version 1 lacked: http, token, db, engine, pending changes, transactions on the page', async () => {
    const { client } = openPage({ token: service(), variables: { x: 1 } });
    expect(client.vars.$global).toEqual({ x: 1 });
    expect(client.decodedToken).toMatchObject(SERVICE_CLAIMS);
    expect(client.http.constructor.name).toBe('HttpClient');
    world.server.cutNetwork();
    await client.transact(async (tx) => {
      await tx.insert('todos', { id: 'a', text: 'a' });
      await tx.update('todos', 'a', (todo) => void (todo.text = 'b'));
    });
    expect(client.db.session?.vars).toBeDefined();
    expect(await client.pendingChanges()).toHaveLength(1);
    await client.clearPendingChangesAll();
    await eventually(async () =>
      expect(await client.fetch(client.query('todos'), { policy: 'local-only' })).toEqual([]),
    );
  });

  test('refusals reach the page that wrote', async () => {
    const { client } = openPage({ token: signToken({ sub: 'ann' }) });
    const failed = new Promise<string>((resolve) => client.onFailureToSyncWrites((error) => resolve(error.name)));
    await client.insert('todos', { id: 'a', text: 'not mine', ownerId: 'bob' });
    expect(await failed).toBe('WritePermissionError');
    expect(await client.fetchById('todos', 'a', { policy: 'local-only' })).toBeNull();
  });

  test('a session error reaches the page', async () => {
    const { client } = openPage();
    const errors: string[] = [];
    client.onSessionError((type) => void errors.push(type));
    await client.startSession(signToken({ sub: 'ann' }));
    await eventually(() => expect(client.connectionStatus).toBe('OPEN'));
    await client.endSession();
    expect(client.connectionStatus).toBe('UNINITIALIZED');
    expect(client.token).toBeUndefined();
    expect(errors).toEqual([]);
  });

  test('a page that closes leaves no query behind', async () => {
    const one = openPage({ token: service() }).client;
    const two = openPage({ token: service() }).client;
    two.subscribe(two.query('people'), () => undefined);
    one.subscribe(one.query('todos'), () => undefined);
    const withdrawn = (): unknown[] => transport.sent.filter(({ type }) => type === 'DISCONNECT_QUERY');
    await eventually(() => expect(transport.sent.filter(({ type }) => type === 'CONNECT_QUERY')).toHaveLength(2));
    await two.close();
    await eventually(() => expect(withdrawn()).toHaveLength(1));
  });

  test('what the worker logs is logged by the page', async () => {
    const { client, log } = openPage({ token: signToken({ sub: 'ann' }) });
    await client.insert('todos', { id: 'a', text: 'not mine', ownerId: 'bob' });
    await eventually(() =>
      expect(log.logs.map(({ message }) => message)).toContainEqual(
        expect.stringMatching(/^worker: sync: The server refused a write/),
      ),
    );
  });
});

test('without workers the client runs in the page, and says so', async () => {
  const log = new MemoryHandler();
  vi.stubGlobal('Worker', undefined);
  const client = new WorkerClient({ logger: quietLogger(log) });
  vi.unstubAllGlobals();
  await client.insert('notes', { id: 'a' });
  expect(await client.fetch(client.query('notes'))).toEqual([{ id: 'a' }]);
  expect(log.logs.map(({ message }) => message)).toContain(
    'There are no workers here, so the client runs in this thread.',
  );
  await client.close();
});
