/** Sessions on a store that an earlier client has used. */
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TodoWorld } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';

let world: TodoWorld;
beforeEach(async () => void (world = await TodoWorld.start()));
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const serverHas = (...texts: string[]): Promise<unknown> =>
  eventually(async () => expect((await world.serverTodos()).map((row) => row['text'])).toEqual(texts));

test("after a reload another person's session does not send the first one's writes, nor what was written before signing in", async () => {
  const storage = new BTreeKVStore();
  const first = world.openAs('ann', { autoConnect: false, storage }).client;
  await first.insert('todos', { id: 'a1', text: 'a1', ownerId: 'ann' });
  const { client } = world.open({ token: undefined, storage });
  await client.insert('todos', { id: 'a2', text: 'a2', ownerId: 'ann' });
  await client.startSession(signToken({ sub: 'bob' }));
  await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await world.serverTodos()).toEqual([]);
  await client.startSession(signToken({ sub: 'ann' }));
  await serverHas('a1', 'a2');
});

test('resuming an unchanged query transfers nothing', async () => {
  await world.server.db.insert('todos', { id: 'a', text: 'a' }, { skipRules: true });
  const storage = new BTreeKVStore();
  const first = world.open({ storage });
  await first.client.fetch(first.client.query('todos'));
  await first.client.endSession();
  const { client } = world.open({ storage });
  const data: unknown[] = [];
  client.onSyncMessageReceived((message) => {
    if (message.type === 'ENTITY_DATA') data.push(message.payload.changes.json);
  });
  client.subscribe(client.query('todos'), () => undefined);
  await eventually(() => expect(data).toHaveLength(1));
  expect(data).toEqual([{ todos: { sets: [], deletes: [] } }]);
});
