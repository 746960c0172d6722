/** What survives when a page is closed and opened again on IndexedDB. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TodoWorld } from './testing/todo-world.ts';

let world: TodoWorld;
beforeEach(async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
  world = await TodoWorld.start();
});
afterEach(async () => {
  await world.close();
  vi.unstubAllGlobals();
});

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

test('cache, outbox and answered queries survive; what was unsent arrives once', async () => {
  await world.server.db.insert('todos', { id: 'old', text: 'old', tags: ['x'] }, { skipRules: true });
  const first = world.open({ storage: 'indexeddb' }).client;
  const query = first.query('todos').Order('id', 'ASC');
  await first.fetch(query);
  first.disconnect();
  await first.insert('todos', { id: 'new', text: 'new' });
  await first.update('todos', 'old', (todo) => {
    todo.tags.add('y');
  });
  await first.close();

  const { client, transport } = world.open({ storage: 'indexeddb', autoConnect: false });
  expect(await client.isFirstTimeFetchingQuery(query)).toBe(false);
  expect(await client.fetch(query)).toMatchObject([
    { id: 'new', text: 'new' },
    { id: 'old', tags: new Set(['x', 'y']) },
  ]);
  expect(await client.pendingChanges()).toHaveLength(2);
  await client.connect();
  await eventually(async () =>
    expect(await world.serverTodos()).toMatchObject([{ id: 'new' }, { id: 'old', tags: new Set(['x', 'y']) }]),
  );
  await eventually(() => expect(client.db.outbox!.size).toBe(0));
  expect(transport.sent.filter(({ type }) => type === 'CHANGES')).toHaveLength(1);
});

test('different names are different stores', async () => {
  const one = world.open({ storage: { type: 'indexeddb', name: 'one' }, autoConnect: false }).client;
  await one.insert('todos', { id: '1', text: 'in one' });
  await one.close();
  const two = world.open({ storage: { type: 'indexeddb', name: 'two' }, autoConnect: false }).client;
  expect(await two.fetch(two.query('todos'))).toEqual([]);
});

test('storage that is blocked is replaced by memory, with a warning', async () => {
  const blocked = new IDBFactory();
  blocked.open = () => {
    throw new DOMException('Access is denied', 'SecurityError');
  };
  vi.stubGlobal('indexedDB', blocked);
  const { client, log } = world.open({ storage: 'indexeddb', autoConnect: false });
  await client.insert('todos', { id: '1', text: 'kept for now' });
  expect(await client.fetch(client.query('todos'))).toHaveLength(1);
  expect(log.logs.filter(({ level }) => level === 'WARN')).toHaveLength(1);
});
