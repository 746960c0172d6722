import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { schema, TodoWorld } from './testing/todo-world.ts';
import type { TodoClient } from './testing/todo-world.ts';
import { signToken } from './testing/tokens.ts';
import { TriplitClient } from './client.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
});
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const pause = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function watch(client: TodoClient, query = client.query('todos').Order('rank', 'ASC')) {
  const seen = { results: [] as string[][], answered: 0, errors: [] as Error[] };
  client.subscribe(
    query,
    (todos) => seen.results.push(todos.map((todo) => todo.text)),
    (error) => void seen.errors.push(error),
    { onRemoteFulfilled: () => seen.answered++ },
  );
  return seen;
}

test('a row inserted by one client appears at another', async () => {
  const { client: ann } = world.open();
  const { client: bob } = world.open();
  const seen = watch(bob);
  await eventually(() => expect(seen.answered).toBe(1));
  await ann.insert('todos', { id: '1', text: 'Write' });
  await eventually(() => expect(seen.results).toEqual([[], ['Write']]));
});

describe('without a server', () => {
  test('data is kept locally', async () => {
    const client = new TriplitClient({ schema });
    const results: string[][] = [];
    client.subscribe(client.query('todos'), (todos) => results.push(todos.map((todo) => todo.text)));
    const todo = await client.insert('todos', { text: 'Write' });
    expect(todo).toMatchObject({ text: 'Write', done: false, tags: new Set() });
    expect(await client.fetchById('todos', todo.id)).toEqual(todo);
    await eventually(() => expect(results).toEqual([[], ['Write']]));
    expect(client.connectionStatus).toBe('UNINITIALIZED');
  });

  test.each(['local-only', 'local-first', 'remote-first', 'local-and-remote'] as const)(
    '%s resolves at once',
    async (policy) => {
      const client = new TriplitClient({ schema });
      const started = performance.now();
      expect(await client.fetch(client.query('todos'), { policy })).toEqual([]);
      expect(performance.now() - started).toBeLessThan(100);
    },
  );

  test('remote-only rejects, and so does a policy that does not exist', async () => {
    const client = new TriplitClient({ schema });
    await expect(client.fetch(client.query('todos'), { policy: 'remote-only' })).rejects.toThrow(
      'No server url provided',
    );
    await expect(client.fetch(client.query('todos'), { policy: 'sometimes' as never })).rejects.toMatchObject({
      name: 'UnrecognizedFetchPolicyError',
      status: 400,
    });
  });

  test('nothing is logged for a client that is not misused', async () => {
    const { log, client } = world.open({ token: undefined, serverUrl: undefined });
    await client.ready;
    await client.endSession();
    expect(log.logs.filter(({ level }) => level !== 'DEBUG')).toEqual([]);
  });
});

describe('live results', () => {
  test('fire once for the first result, and once for each own write', async () => {
    const { client } = world.open();
    const seen = watch(client);
    await eventually(() => expect(seen.answered).toBe(1));
    expect(seen.results).toHaveLength(1);
    await client.insert('todos', { id: '1', text: 'a' });
    await pause();
    expect(seen.results).toHaveLength(2);
    await client.update('todos', '1', { text: 'b' });
    await pause();
    expect(seen.results).toHaveLength(3);
    await client.delete('todos', '1');
    await pause();
    expect(seen.results).toEqual([[], ['a'], ['b'], []]);
  });

  test('a burst of writes in one go is shown once', async () => {
    const { client } = world.open();
    const seen = watch(client);
    await eventually(() => expect(seen.answered).toBe(1));
    await Promise.all(Array.from({ length: 50 }, (_, rank) => client.insert('todos', { text: `${rank}`, rank })));
    await pause();
    expect(seen.results.map((rows) => rows.length)).toEqual([0, 50]);
  });

  test('a subscriber hears of its own write before the promise of the next turn', async () => {
    const client = new TriplitClient({ schema });
    const seen = watch(client);
    await eventually(() => expect(seen.results).toHaveLength(1));
    await client.insert('todos', { text: 'now' });
    await Promise.resolve();
    expect(seen.results).toEqual([[], ['now']]);
  });

  test('nothing is called once it has been unsubscribed', async () => {
    const { client } = world.open();
    const onResults = vi.fn();
    const unsubscribe = client.subscribe(client.query('todos'), onResults);
    unsubscribe();
    await client.insert('todos', { text: 'a' });
    await pause();
    expect(onResults).not.toHaveBeenCalled();
  });

  test('a callback that throws does not disturb other subscriptions', async () => {
    const { client } = world.open();
    const errors: Error[] = [];
    client.subscribe(
      client.query('todos'),
      () => {
        throw new Error('mine');
      },
      (error) => void errors.push(error),
    );
    const seen = watch(client);
    await eventually(() => expect(seen.answered).toBe(1));
    expect(errors[0]?.message).toBe('mine');
  });

  test('an invalid query is reported to onError', async () => {
    const { client } = world.open();
    const onError = vi.fn();
    client.subscribe({ collectionName: 'nothing' } as never, () => undefined, onError);
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]![0].name).toBe('InvalidCollectionNameError');
    await expect(client.fetch({ collectionName: 'nothing' } as never)).rejects.toMatchObject({
      name: 'InvalidCollectionNameError',
    });
  });
});

describe('what is no query', () => {
  test.each([
    [undefined, 'InvalidCollectionNameError'],
    [null, 'InvalidCollectionNameError'],
    ['todos', 'InvalidCollectionNameError'],
    [{}, 'InvalidCollectionNameError'],
    [{ collectionName: 'todos', where: 'done' }, 'InvalidQueryWhereError'],
    [{ collectionName: 'todos', order: 'rank' }, 'InvalidOrderClauseError'],
    [{ collectionName: 'todos', limit: -1 }, 'InvalidQueryLimitError'],
    [{ collectionName: 'todos', limit: 'all' }, 'InvalidQueryLimitError'],
  ])('%j is refused by name, wherever it is given', async (query, name) => {
    const { client } = world.open({ autoConnect: false });
    const errors: string[] = [];
    const onError = (error: Error): void => void errors.push(error.name);
    const onResults = vi.fn();
    client.subscribe(query as never, onResults, onError);
    client.subscribeBackground(query as never, { onError });
    client.subscribeWithPagination(query as never, onResults, onError);
    client.subscribeWithExpand(query as never, onResults, onError);
    client.subscribeWithStatus(query as never, ({ error }) => error && onError(error));
    await eventually(() => expect(errors).toEqual(Array(5).fill(name)));
    expect(onResults).not.toHaveBeenCalled();
    await expect(client.fetch(query as never)).rejects.toMatchObject({ name });
  });
});

describe('one subscription at the server', () => {
  test('serves every equal query, however it was written, until the last is gone', async () => {
    const { client, transport } = world.open();
    const first = vi.fn();
    const stopFirst = client.subscribe(client.query('todos').Where('done', '=', false), first);
    await eventually(() =>
      expect(client.syncEngine.hasServerRespondedForQuery(client.query('todos').Where('done', '=', false))).toBe(true),
    );
    const answered = vi.fn();
    const second = vi.fn();
    const stopSecond = client.subscribe({ where: [['done', '=', false]], collectionName: 'todos' }, second, undefined, {
      onRemoteFulfilled: answered,
    });
    await eventually(() => expect(answered).toHaveBeenCalledOnce());
    expect(second).toHaveBeenCalledOnce();
    stopFirst();
    await pause();
    expect(sentTypes(transport)).toEqual(['CONNECT_QUERY']);
    stopSecond();
    await eventually(() => expect(sentTypes(transport)).toEqual(['CONNECT_QUERY', 'DISCONNECT_QUERY']));
  });

  test('is kept when it is left and taken up again at once', async () => {
    const { client, transport } = world.open();
    const seen = watch(client);
    await eventually(() => expect(seen.answered).toBe(1));
    const again = vi.fn();
    client.subscribe(client.query('todos').Limit(3), () => undefined)();
    client.subscribe(client.query('todos').Limit(3), again);
    await eventually(() => expect(again).toHaveBeenCalled());
    await pause();
    expect(sentTypes(transport)).toEqual(['CONNECT_QUERY', 'CONNECT_QUERY']);
  });

  test('is not made for what was left before there was a connection', async () => {
    const { client, transport } = world.open({ autoConnect: false });
    const stop = client.subscribe(client.query('todos'), () => undefined);
    await pause();
    stop();
    await client.connect();
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    await pause();
    expect(transport.sent).toEqual([]);
  });

  test('a query that the server refuses is reported once, dropped, and still shown locally', async () => {
    const bare = new TriplitClient({
      serverUrl: 'http://loopback.test',
      token: signToken({ sub: 'ann' }),
      transport: world.server.transport(),
      pingInterval: 0,
    });
    const onError = vi.fn();
    const results: number[] = [];
    bare.subscribe(bare.query('unknown'), (rows) => results.push(rows.length), onError);
    await eventually(() => expect(onError).toHaveBeenCalledOnce());
    expect(onError.mock.calls[0]![0].name).toBe('QuerySyncError');
    expect(bare.syncEngine.queries.size).toBe(0);
    await bare.insert('unknown', { id: '1' });
    await eventually(() => expect(results).toEqual([0, 1]));
    await bare.close();
  });
});

describe('fetch', () => {
  test('asks the server the first time, and reads locally afterwards', async () => {
    const { client: ann } = world.open();
    const { client: bob, transport } = world.open();
    await ann.insert('todos', { id: '1', text: 'Write' });
    await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
    const query = bob.query('todos');
    expect(await bob.isFirstTimeFetchingQuery(query)).toBe(true);
    expect((await bob.fetch(query)).map(({ text }) => text)).toEqual(['Write']);
    expect(await bob.isFirstTimeFetchingQuery(query)).toBe(false);
    const sent = transport.sent.length;
    expect(await bob.fetchOne(query, { policy: 'local-only' })).toMatchObject({ text: 'Write' });
    expect(await bob.fetch(query)).toHaveLength(1);
    await pause();
    expect(transport.sent.slice(sent).filter(({ type }) => type === 'CONNECT_QUERY')).toEqual([]);
  });

  test('settles with what is there when the server never answers', async () => {
    const { client } = world.open();
    world.server.cutNetwork();
    expect(await client.fetch(client.query('todos'), { policy: 'remote-first' })).toEqual([]);
  });

  test('filters by sync status', async () => {
    const { client } = world.open({ autoConnect: false });
    await client.insert('todos', { id: '1', text: 'waiting' });
    const query = client.query('todos').Select(['text']);
    expect(await client.fetch(query, { syncStatus: 'pending' })).toEqual([{ text: 'waiting' }]);
    expect(await client.fetch(query, { syncStatus: 'confirmed' })).toEqual([]);
  });

  test('by sync status gives as many as the limit allows, whatever is filtered out before them', async () => {
    const { client } = world.open();
    for (const rank of [1, 2, 3]) await client.insert('todos', { id: `${rank}`, text: `${rank}`, rank });
    await eventually(() => expect(client.db.outbox!.size).toBe(0));
    client.disconnect();
    for (const rank of [0, 4]) await client.insert('todos', { id: `${rank}`, text: `${rank}`, rank });
    const query = client.query('todos').Order('rank', 'ASC');
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
    expect(await client.fetchOne(query.Where('rank', '>', 0), { syncStatus: 'pending' })).toMatchObject({ id: '4' });
    expect(ids(await client.fetch(query.Limit(2), { syncStatus: 'confirmed' }))).toEqual(['1', '2']);
    const pages: string[] = [];
    const page = client.subscribeWithPagination(
      query.Limit(2),
      (rows, { hasNextPage }) => pages.push(`${ids(rows).join()} ${hasNextPage}`),
      undefined,
      { syncStatus: 'confirmed' },
    );
    await eventually(() => expect(pages).toEqual(['1,2 true']));
    page.nextPage();
    await eventually(() => expect(pages).toEqual(['1,2 true', '3 false']));
  });
});

test('subscriptions by sync status follow acknowledgements', async () => {
  const { client } = world.open({ autoConnect: false });
  const pending: number[] = [];
  const confirmed: number[] = [];
  client.subscribe(client.query('todos'), (rows) => pending.push(rows.length), undefined, { syncStatus: 'pending' });
  client.subscribe(client.query('todos'), (rows) => confirmed.push(rows.length), undefined, {
    syncStatus: 'confirmed',
  });
  await client.insert('todos', { id: '1', text: 'a' });
  await eventually(() => expect([pending, confirmed]).toEqual([[0, 1], [0]]));
  await client.connect();
  await eventually(() =>
    expect([pending, confirmed]).toEqual([
      [0, 1, 0],
      [0, 1],
    ]),
  );
});

test('a background subscription fills the local database', async () => {
  const { client: ann } = world.open();
  const { client: bob } = world.open();
  await ann.insert('todos', { id: '1', text: 'Write' });
  await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
  const onFulfilled = vi.fn();
  bob.subscribeBackground(bob.query('todos'), { onFulfilled });
  await eventually(() => expect(onFulfilled).toHaveBeenCalled());
  expect(await bob.fetch(bob.query('todos'), { policy: 'local-only' })).toHaveLength(1);
});

function sentTypes(transport: { readonly sent: readonly { readonly type: string }[] }): string[] {
  return transport.sent.map(({ type }) => type);
}
