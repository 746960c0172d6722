/** What becomes of local writes: sent, acknowledged, refused, kept over a lost network. With a real server in process. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mergeDBChanges } from '@triplit/db';
import type { DBChanges, TriplitError } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import type { ChangesMessage, Feature } from '@triplit/db/sync';
import type { LoopbackTransport } from '../testing/loopback.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const ready = (client: TodoClient): Promise<unknown> =>
  eventually(() => expect(client.syncEngine.serverReady).toBe(true));
const texts = (rows: readonly Record<string, any>[]): string[] => rows.map((row) => row['text'] as string);

/** The ids that each CHANGES message set and deleted. */
function batches(transport: LoopbackTransport): string[] {
  return transport.sent.flatMap((message) => {
    if (message.type !== 'CHANGES') return [];
    const { sets, deletes } = changesIn(message)['todos']!;
    return [[...sets.keys(), ...Array.from(deletes, (id) => `-${id}`)].join()];
  });
}

function changesIn({ payload: { changes, transactions = [] } }: ChangesMessage): DBChanges {
  if (changes) return decodeChanges(changes);
  const steps = transactions.flatMap((transaction) => [...(transaction.joined ?? []), transaction]);
  return mergeDBChanges({}, ...steps.map((step) => decodeChanges(step.changes)));
}

function watchFailures(client: TodoClient) {
  const failures: { error: TriplitError; ids: string[] }[] = [];
  client.onFailureToSyncWrites((error: TriplitError, writes: DBChanges) => {
    failures.push({ error, ids: [...writes['todos']!.sets.keys(), ...writes['todos']!.deletes] });
  });
  return failures;
}

const servers: [string, ReadonlySet<Feature>][] = [
  ['of version 1', new Set()],
  ['that takes transactions', new Set(['transactions'])],
];

describe.each(servers)('with a server %s', (_name, features) => {
  let world: TodoWorld;
  beforeEach(async () => {
    world = await TodoWorld.start(features);
  });
  afterEach(() => world.close());

  describe('writing', () => {
    test('a change set to the database below is sent like any other write', async () => {
      const { client, transport } = world.open();
      await ready(client);
      const changes = { todos: { sets: new Map([['a', { id: 'a', text: 'a' }]]), deletes: new Set<string>() } };
      await client.db.applyChanges(changes);
      await eventually(() => expect(batches(transport)).toEqual(['a']));
      await client.db.applyChanges({ todos: { sets: new Map(), deletes: new Set(['a']) } });
      await eventually(() => expect(batches(transport)).toEqual(['a', '-a']));
    });

    test('while a batch is unanswered makes one batch afterwards', async () => {
      const { client, transport } = world.open();
      await ready(client);
      await client.insert('todos', { id: 'a', text: 'a' });
      await client.insert('todos', { id: 'b', text: 'b' });
      await client.update('todos', 'b', { text: 'B' });
      await client.insert('todos', { id: 'c', text: 'c' });
      await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['a', 'B', 'c']));
      await pause();
      expect(batches(transport)).toEqual(['a', 'b,c']);
      expect(client.db.outbox!.size).toBe(0);
    });

    test('of a thousand rows in one go is one message', async () => {
      const { client, transport } = world.open();
      await ready(client);
      await Promise.all(Array.from({ length: 1_000 }, (_, n) => client.insert('todos', { id: `${n}`, text: `${n}` })));
      await eventually(async () => expect(await world.serverTodos()).toHaveLength(1_000));
      expect(batches(transport)).toHaveLength(1);
    });

    test('offline is sent on connecting; what was inserted and deleted again never is', async () => {
      const { client, transport } = world.open({ autoConnect: false });
      await client.insert('todos', { id: 'a', text: 'a' });
      await client.insert('todos', { id: 'gone', text: 'gone' });
      await client.update('todos', 'gone', { text: 'going' });
      await client.delete('todos', 'gone');
      await client.connect();
      await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['a']));
      expect(batches(transport)).toEqual(['a']);
      await eventually(() => expect(client.db.outbox!.size).toBe(0));
    });

    test('and deleting again offline sends nothing at all', async () => {
      const { client, transport } = world.open({ autoConnect: false });
      await client.insert('todos', { id: 'gone', text: 'gone' });
      await client.delete('todos', 'gone');
      await client.connect();
      await ready(client);
      await pause();
      expect(transport.sent).toEqual([]);
      expect(client.db.outbox!.size).toBe(0);
    });

    test('is acknowledged to those who wait for the entity, as many as there are', async () => {
      const { client } = world.open();
      await client.insert('todos', { id: 'a', text: 'a' });
      const [first, second, removed] = [vi.fn(), vi.fn(), vi.fn()];
      client.onEntitySyncSuccess('todos', 'a', first);
      client.onEntitySyncSuccess('todos', 'a', second);
      client.onEntitySyncSuccess('todos', 'a', removed)();
      await eventually(() => expect(first).toHaveBeenCalledTimes(1));
      await client.delete('todos', 'a');
      await eventually(() => expect(first).toHaveBeenCalledTimes(2));
      expect(second).toHaveBeenCalledTimes(2);
      expect(removed).not.toHaveBeenCalled();
    });

    test('survives a network that is lost before the answer: the same is sent again', async () => {
      const { client, transport } = world.open();
      await ready(client);
      await client.insert('todos', { id: 'a', text: 'a' });
      await eventually(() => expect(batches(transport)).toEqual(['a']));
      world.server.cutNetwork();
      expect(client.db.outbox!.size).toBe(1);
      await client.update('todos', 'a', { text: 'A' });
      world.server.restoreNetwork();
      await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['A']));
      await eventually(() => expect(client.db.outbox!.size).toBe(0));
      expect(batches(transport)).toEqual(['a', 'a']);
    });

    test('makes an entity that the server is known to have once it is acknowledged', async () => {
      const { client } = world.open({ autoConnect: false });
      await client.insert('todos', { id: '1', text: 'a' });
      expect(await client.entityIsInCache('todos', '1')).toBe(false);
      await client.connect();
      await eventually(() => expect(client.entityIsInCache('todos', '1')).resolves.toBe(true));
      await client.delete('todos', '1');
      await eventually(() => expect(client.entityIsInCache('todos', '1')).resolves.toBe(false));
    });

    test('syncWrites says why nothing was sent', async () => {
      const { client } = world.open({ autoConnect: false });
      expect(await client.syncWrites()).toEqual({ didSync: false, syncFailureReason: 'Connection not open' });
      await client.connect();
      await ready(client);
      expect(await client.syncWrites()).toEqual({ didSync: true });
      client.syncEngine.syncInProgress = true;
      expect(await client.syncWrites()).toEqual({ didSync: false, syncFailureReason: 'Sync in progress' });
    });

    test('pending values stay on top of what the server says', async () => {
      const { client } = world.open();
      await client.insert('todos', { id: 'a', text: 'a' });
      await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
      await client.fetch(client.query('todos'));
      const seen: string[] = [];
      client.subscribe(client.query('todos'), (rows) => seen.push(rows.map((row) => `${row.text}/${row.rank}`).join()));
      await pause();
      client.syncEngine.syncInProgress = true;
      await client.update('todos', 'a', { text: 'mine' });
      await world.server.db.update('todos', 'a', { text: 'theirs', rank: 7 }, { skipRules: true });
      await eventually(() => expect(seen.at(-1)).toBe('mine/7'));
      client.syncEngine.syncInProgress = false;
      await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['mine']));
    });
  });

  describe('a write that the server refuses', () => {
    test('is rolled back in view and reported once, to all who asked', async () => {
      const { client } = world.openAs('ann');
      await ready(client);
      const failures = watchFailures(client);
      const seen: string[][] = [];
      client.subscribe(client.query('todos'), (rows) => seen.push(texts(rows)));
      const onEntity = vi.fn();
      await client.insert('todos', { id: 'forged', text: 'forged', ownerId: 'bob' });
      client.onEntitySyncError('todos', 'forged', onEntity);
      await eventually(() => expect(failures).toHaveLength(1));
      await pause();
      const [failure] = failures;
      expect(failure!.error).toBeInstanceOf(Error);
      expect(failure!.error).toMatchObject({ name: 'WritePermissionError', status: 401 });
      expect(failure!.ids).toEqual(['forged']);
      expect(onEntity).toHaveBeenCalledExactlyOnceWith(failure!.error, expect.objectContaining({ id: 'forged' }));
      expect(seen).toEqual([[], ['forged'], []]);
      expect(client.db.outbox!.size).toBe(0);
    });

    test('does not take the others of its batch with it', async () => {
      const { client } = world.openAs('ann', { autoConnect: false });
      const failures = watchFailures(client);
      for (let n = 10; n < 30; n++) {
        await client.insert('todos', { id: `${n}`, text: `${n}`, ownerId: n === 13 || n === 27 ? 'bob' : 'ann' });
      }
      await client.connect();
      await eventually(() => expect(failures.flatMap(({ ids }) => ids)).toEqual(['13', '27']));
      await eventually(async () => expect(await world.serverTodos()).toHaveLength(18));
      await eventually(() => expect(client.db.outbox!.size).toBe(0));
      expect(await client.fetch(client.query('todos'), { policy: 'local-only' })).toHaveLength(18);
    });

    test('is refused with its whole transaction', async () => {
      const { client } = world.openAs('ann', { autoConnect: false });
      const failures = watchFailures(client);
      await client.insert('todos', { id: 'good', text: 'good', ownerId: 'ann' });
      await client.transact(async (tx) => {
        await tx.insert('todos', { id: 'mine', text: 'mine', ownerId: 'ann' });
        await tx.insert('todos', { id: 'not mine', text: 'not mine', ownerId: 'bob' });
      });
      await client.connect();
      await eventually(() => expect(failures.map(({ ids }) => ids)).toEqual([['mine', 'not mine']]));
      await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['good']));
      expect(texts(await client.fetch(client.query('todos'), { policy: 'local-only' }))).toEqual(['good']);
    });

    test('of a row that others own comes back as it was: changes and deletes alike', async () => {
      await world.server.db.insert(
        'todos',
        { id: 'b', text: 'of bob', ownerId: 'bob', isPublic: true },
        { skipRules: true },
      );
      const { client } = world.openAs('ann');
      const failures = watchFailures(client);
      const seen: string[][] = [];
      client.subscribe(client.query('todos'), (rows) => seen.push(texts(rows)));
      await eventually(() => expect(seen.at(-1)).toEqual(['of bob']));
      await client.update('todos', 'b', { text: 'taken' });
      await eventually(() => expect(failures).toHaveLength(1));
      await eventually(() => expect(seen.at(-1)).toEqual(['of bob']));
      const onEntity = vi.fn();
      client.onEntitySyncError('todos', 'b', onEntity);
      await client.delete('todos', 'b');
      await eventually(() => expect(failures).toHaveLength(2));
      await eventually(() => expect(seen.at(-1)).toEqual(['of bob']));
      expect(onEntity).toHaveBeenCalledOnce();
    });

    describe("with rejectedWrites: 'keep'", () => {
      test('stays for the app to mend, and blocks nobody else', async () => {
        const { client } = world.openAs('ann', { rejectedWrites: 'keep' });
        await ready(client);
        const failures = watchFailures(client);
        await client.insert('todos', { id: 'bad', text: 'bad', ownerId: 'bob' });
        await eventually(() => expect(failures).toHaveLength(1));
        await client.insert('todos', { id: 'good', text: 'good', ownerId: 'ann' });
        await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['good']));
        expect(texts(await client.fetch(client.query('todos'), { policy: 'local-only' })).toSorted()).toEqual([
          'bad',
          'good',
        ]);
        await client.update('todos', 'bad', { ownerId: 'ann' });
        await eventually(async () => expect(texts(await world.serverTodos())).toEqual(['bad', 'good']));
        expect(failures).toHaveLength(1);
      });

      test('can be cleared', async () => {
        const { client } = world.openAs('ann', { rejectedWrites: 'keep' });
        await ready(client);
        const failures = watchFailures(client);
        await client.insert('todos', { id: 'bad', text: 'bad', ownerId: 'bob' });
        await eventually(() => expect(failures).toHaveLength(1));
        expect(await client.clearPendingChangesForEntity('todos', 'bad')).toEqual({ didSync: true });
        expect(await client.fetch(client.query('todos'), { policy: 'local-only' })).toEqual([]);
        await client.insert('todos', { id: 'bad', text: 'bad', ownerId: 'bob' });
        await eventually(() => expect(failures).toHaveLength(2));
        await client.clearPendingChangesAll();
        expect(client.db.outbox!.size).toBe(0);
      });

      test('is tried again when the app asks for it', async () => {
        const { client } = world.openAs('ann', { rejectedWrites: 'keep' });
        await ready(client);
        const failures = watchFailures(client);
        await client.insert('todos', { id: 'bad', text: 'bad', ownerId: 'bob' });
        await eventually(() => expect(failures).toHaveLength(1));
        await client.syncWrites();
        await eventually(() => expect(failures).toHaveLength(2));
      });
    });
  });
});
