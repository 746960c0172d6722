/** No callback of an application, however it fails, becomes an unhandled rejection or disturbs the client. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { TodoWorld } from './testing/todo-world.ts';
import type { TodoClient } from './testing/todo-world.ts';
import { signToken } from './testing/tokens.ts';

let world: TodoWorld;
const unhandled = vi.fn();
beforeEach(async () => {
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
  world = await TodoWorld.start();
});
afterEach(async () => {
  // Node tells of unhandled rejections after the microtasks of a turn.
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  await world.close();
});

const called = (callback: unknown): Promise<unknown> =>
  vi.waitFor(() => expect(callback).toHaveBeenCalled(), { timeout: 3_000, interval: 5 });

const failing = () => vi.fn(async () => Promise.reject(new Error('mine')));
const refused = { collectionName: 'nothing' } as never;

test.each([
  ['subscribe', (client, fail) => client.subscribe(refused, () => undefined, fail)],
  ['subscribeBackground', (client, onError) => client.subscribeBackground(refused, { onError })],
  [
    'subscribeWithPagination',
    (client, fail) => client.subscribeWithPagination({ ...(refused as object), limit: 1 } as never, () => {}, fail),
  ],
  [
    'subscribeWithExpand',
    (client, fail) => client.subscribeWithExpand({ ...(refused as object), limit: 1 } as never, () => {}, fail),
  ],
] as [string, (client: TriplitClient<any>, fail: () => Promise<void>) => unknown][])(
  'onError of %s',
  async (_name, subscribe) => {
    const { client, log } = world.open();
    const fail = failing();
    subscribe(client, fail);
    await called(fail);
    await vi.waitFor(() =>
      expect(log.logs.map(({ message }) => message)).toContain('A callback for onError failed: Error: mine'),
    );
  },
);

test.each(['onRemoteFulfilled', 'onQuerySyncStateChange'] as const)('%s', async (name) => {
  const { client } = world.open();
  const [plain, withStatus, paged] = [failing(), failing(), failing()];
  const onResults = vi.fn();
  const query = client.query('todos');
  client.subscribe(query, onResults, undefined, { [name]: plain });
  client.subscribeWithStatus(query, () => undefined, { [name]: withStatus });
  client.subscribeWithPagination(query.Limit(1), () => undefined, undefined, { [name]: paged });
  await Promise.all([called(plain), called(withStatus), called(paged)]);
  await client.insert('todos', { text: 'a' });
  await vi.waitFor(() => expect(onResults).toHaveBeenCalledTimes(2));
});

test('onFulfilled', async () => {
  const { client } = world.open();
  const onFulfilled = failing();
  client.subscribeBackground(client.query('todos'), { onFulfilled });
  await called(onFulfilled);
});

test('onResults: its rejection goes to onError, as its throw does', async () => {
  const { client } = world.open();
  const errors: string[] = [];
  const onError = (error: Error): void => void errors.push(error.message);
  const query = client.query('todos');
  client.subscribe(query, failing(), onError);
  client.subscribeWithPagination(query.Limit(1), failing(), onError);
  client.subscribeWithExpand(query.Limit(1), failing(), onError);
  await vi.waitFor(() => expect(new Set(errors)).toEqual(new Set(['mine'])));
  await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(3));
});

test('the callback of subscribeWithStatus', async () => {
  const { client } = world.open();
  const callback = failing();
  client.subscribeWithStatus(client.query('todos'), callback);
  await vi.waitFor(() => expect(callback.mock.calls.length).toBeGreaterThan(2));
});

test('the listeners of the client', async () => {
  const { client } = world.open();
  const names = ['onConnectionStatusChange', 'onSyncMessageReceived', 'onSyncMessageSent', 'onSessionError'] as const;
  const listeners = names.map((name) => {
    const listener = failing();
    client[name](listener as never);
    return listener;
  });
  const [onSuccess, onFailure] = [failing(), failing()];
  client.onEntitySyncSuccess('todos', '1', onSuccess);
  client.onFailureToSyncWrites(onFailure);
  await client.insert('todos', { id: '1', text: 'a' });
  await Promise.all([...listeners.slice(0, 3), onSuccess].map(called));
  await client.startSession(signToken({ sub: 'ann' }));
  await client.insert('todos', { id: '2', text: 'not hers', ownerId: 'bob' });
  await called(onFailure);
});

describe('a callback may use the client', () => {
  const acts: [string, (client: TodoClient) => unknown, string][] = [
    ['connect', (client) => client.connect(), 'OPEN'],
    ['disconnect', (client) => client.disconnect(), 'CLOSED'],
    ['startSession', (client) => client.startSession(signToken({ sub: `bob ${Math.random()}` })), 'OPEN'],
    ['endSession', (client) => client.endSession(), 'UNINITIALIZED'],
    ['clear', (client) => client.clear(), 'OPEN'],
    ['close', (client) => client.close(), 'UNINITIALIZED'],
  ];
  const places: [string, (client: TodoClient, callback: () => void) => unknown][] = [
    ['subscribe', (client, callback) => client.subscribe(client.query('todos'), callback)],
    ['subscribeWithStatus', (client, callback) => client.subscribeWithStatus(client.query('todos'), callback)],
    ['onConnectionStatusChange', (client, callback) => client.onConnectionStatusChange(callback)],
    ['onSyncMessageSent', (client, callback) => client.onSyncMessageSent(callback)],
    ['onSyncMessageReceived', (client, callback) => client.onSyncMessageReceived(callback)],
    ['onEntitySyncSuccess', (client, callback) => client.onEntitySyncSuccess('todos', '1', callback)],
  ];
  const all = places.flatMap(([place, watch]) => acts.map((act) => [place, watch, ...act] as const));

  test.each(all)('of $0: $2', async (_place, watch, _name, act, status) => {
    const { client, log } = world.open();
    let calls = 0;
    watch(client, () => {
      if (calls++ === 0) void act(client);
    });
    client.subscribe(client.query('todos').Limit(2), () => undefined);
    await client.insert('todos', { id: '1', text: 'a' }).catch(() => undefined);
    await vi.waitFor(() => expect([calls > 0, client.connectionStatus]).toEqual([true, status]));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(client.connectionStatus).toBe(status);
    expect(log.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });

  test('to end its own subscription, and others are still told', async () => {
    const { client } = world.open();
    const query = client.query('todos').Order('id', 'ASC');
    const stops: (() => void)[] = [];
    const [once, other] = [vi.fn(() => stops[0]!()), vi.fn()];
    stops.push(client.subscribe(query, once));
    client.subscribe(query, other);
    const statuses: string[] = [];
    const stop = client.subscribeWithStatus(query, ({ results }) => {
      if (results !== undefined) stop();
      statuses.push(results === undefined ? 'nothing' : 'results');
    });
    await called(other);
    await client.insert('todos', { text: 'a' });
    await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(2));
    expect([once.mock.calls.length, statuses]).toEqual([1, ['nothing', 'results']]);
  });
});

test('something that looks like a promise and rejects', async () => {
  const client = new TriplitClient();
  const callback = vi.fn(() => ({
    then: (_resolve: unknown, reject: (error: Error) => void) => reject(new Error('mine')),
  }));
  client.subscribeWithStatus(client.query('todos'), callback as never);
  await called(callback);
});
