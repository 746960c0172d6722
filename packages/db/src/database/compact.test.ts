/** What is gone may be forgotten after the retention, and never comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open as openLmdb } from 'lmdb';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { usePlatform } from '../base/platform.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { metadataPrefix } from '../entities/entity-keys.ts';
import { Schema as S } from '../schema/builder.ts';
import { engineOf } from '../storage/kv-store.ts';
import type { KVStore } from '../storage/kv-store.ts';
import { LmdbKVStore } from '../storage/lmdb.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { DB } from './database.ts';
import { ServerEntityStore } from './entity-stores.ts';

const DAY_MS = 24 * 60 * 60_000;
const collections = S.Collections({
  todos: { schema: S.Schema({ id: S.Id(), n: S.Number(), tags: S.Set(S.String()) }) },
});
const folder = mkdtempSync(join(tmpdir(), 'triplit-compact-'));
let now = 0;
let restore: () => void;
beforeEach(() => {
  now = Date.parse('2024-01-01T00:00:00.000Z');
  restore = usePlatform({ now: () => now });
});
afterEach(() => restore());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const server = (kv: KVStore = new BTreeKVStore()): DB<typeof collections> =>
  new DB({ kv, schema: { collections }, clientId: 'server', entityStore: new ServerEntityStore() });
const stamps = (db: DB<typeof collections>): number =>
  [...engineOf(db.kv).range({ gt: metadataPrefix, lt: `${metadataPrefix}\uffff` })].length;

describe('a database that others take part in', () => {
  const stores: Record<string, () => KVStore> = {
    memory: () => new BTreeKVStore(),
    LMDB: () => new LmdbKVStore(openLmdb({ path: join(folder, 'lmdb'), noSync: true }), { ownsDatabase: true }),
  };

  test.each(Object.entries(stores))(
    'shrinks when what is gone is older than the retention (%s)',
    async (_name, open) => {
      const db = server(open());
      for (let index = 0; index < 1_200; index++)
        await db.insert('todos', { id: `t${index}`, n: index, tags: new Set(['a', 'b']) });
      for (let index = 0; index < 1_200; index += 2) await db.delete('todos', `t${index}`);
      await db.update('todos', 't1', (todo) => void todo.tags.delete('a'));
      expect(db.rowOf('todos', 't1')).toMatchObject({ tags: { a: false, b: true } });
      expect(await db.compact()).toEqual({ forgottenDeletes: 0, prunedEntities: 0 });
      expect(stamps(db)).toBe(1_200);
      now += 31 * DAY_MS;
      await db.update('todos', 't3', (todo) => void todo.tags.delete('a'));
      const seen: unknown[] = [];
      db.subscribe(db.query('todos').Where('id', 'in', ['t1', 't3']), (todos) => void seen.push(todos));
      await db.updateQueryViews();
      db.broadcastToQuerySubscribers();
      expect(await db.compact()).toEqual({ forgottenDeletes: 600, prunedEntities: 1 });
      expect(stamps(db)).toBe(600);
      expect(db.rowOf('todos', 't1')).toEqual({ id: 't1', n: 1, tags: { b: true } });
      expect(db.rowOf('todos', 't3')).toMatchObject({ tags: { a: false, b: true } });
      await db.updateQueryViews();
      db.broadcastToQuerySubscribers();
      expect(seen).toHaveLength(1);
      expect(await db.count(db.query('todos').Where('tags', 'has', 'b'))).toBe(600);
      await db.close();
    },
  );

  test('a change from before the horizon does not bring a deleted entity back, after a restart neither', async () => {
    const kv = new BTreeKVStore();
    const db = server(kv);
    const early: Timestamp = [now, 0, 'late-peer'];
    now += 1000;
    await db.insert('todos', { id: 't', n: 1, tags: new Set() });
    await db.delete('todos', 't');
    now += 40 * DAY_MS;
    await db.compact();
    for (const handle of [db, server(kv)]) {
      const late = { todos: { sets: new Map([['t', { id: 't', n: 0, tags: {} }]]), deletes: new Set<string>() } };
      await handle.applyChangesWithTimestamp(late, early, { skipRules: true });
      expect(await handle.fetchById('todos', 't')).toBeNull();
    }
  });

  test.each([NaN, -1, Infinity, -Infinity])('refuses a retention of %s and forgets nothing', async (olderThanMs) => {
    const db = server();
    await db.insert('todos', { id: 't', n: 1, tags: new Set() });
    await db.delete('todos', 't');
    await expect(db.compact({ olderThanMs })).rejects.toThrow(/olderThanMs.*not negative/);
    expect(stamps(db)).toBe(1);
    expect(db.mayLackRemovals).toBeUndefined();
  });

  test('nothing goes before the horizon is durable, also when its write failed the first time', async () => {
    const kv = new BTreeKVStore();
    const db = server(kv);
    const early: Timestamp = [now, 0, 'late-peer'];
    now += 1000;
    await db.insert('todos', { id: 't', n: 1, tags: new Set() });
    await db.delete('todos', 't');
    now += 40 * DAY_MS;
    const engine = engineOf(kv);
    const write = engine.write.bind(engine);
    engine.write = () => Promise.reject(new Error('the disk is full'));
    await expect(db.compact()).rejects.toThrow('the disk is full');
    engine.write = write;
    expect(stamps(db)).toBe(1);
    expect((await Promise.all([db.compact(), db.compact()])).map((report) => report.forgottenDeletes)).toContain(1);
    const reopened = server(kv);
    const late = { todos: { sets: new Map([['t', { id: 't', n: 0, tags: {} }]]), deletes: new Set<string>() } };
    await reopened.applyChangesWithTimestamp(late, early, { skipRules: true });
    expect(await reopened.fetchById('todos', 't')).toBeNull();
  });

  test('whoever may hold an earlier version of a pruned entity is told to replace it', async () => {
    const db = server();
    await db.insert('todos', { id: 't', n: 1, tags: new Set(['a']) });
    expect(db.mayLackRemovals).toBeUndefined();
    now += 40 * DAY_MS;
    await db.insert('todos', { id: 'new', n: 1, tags: new Set() });
    await db.compact();
    expect(db.mayLackRemovals?.('todos', 't')).toBe(true);
    expect(db.mayLackRemovals?.('todos', 'new')).toBe(false);
  });

  test('late changes end as in a database that never forgets, or are dropped as too late', async () => {
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      day: fc.nat(60),
      kind: fc.constantFrom('set', 'delete'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 20 }), fc.nat(60), fc.nat(20), async (changes, horizonDay, at) => {
        const start = now;
        const [forgetful, faithful] = [server(), server()];
        for (const [index, { id, day, kind }] of changes.entries()) {
          if (index === at) {
            now = start + horizonDay * DAY_MS;
            await forgetful.compact({ olderThanMs: 0 });
          }
          const timestamp: Timestamp = [start + day * DAY_MS, index, 'peer'];
          const sets = new Map(kind === 'set' ? [[id, { id, n: index, tags: {} }]] : []);
          const late = { todos: { sets, deletes: new Set(kind === 'delete' ? [id] : []) } };
          for (const db of [forgetful, faithful])
            await db.applyChangesWithTimestamp(late, timestamp, { skipRules: true });
        }
        const rows = async (db: DB<typeof collections>) =>
          (await db.fetch(db.query('todos'))).map(({ id, n }) => `${id}${n}`);
        const kept = await rows(faithful);
        // Nothing is there that would not be there otherwise: nothing comes back.
        for (const row of await rows(forgetful)) expect(kept).toContain(row);
        now = start;
      }),
      { numRuns: 200 },
    );
  });
});

test('a database of its own keeps no removed members at all', async () => {
  const db = new DB({ schema: { collections } });
  const applied: unknown[] = [];
  await db.insert('todos', { id: 't', n: 1, tags: new Set(['a', 'b']) });
  db.onCommit((changes) => void applied.push(changes['todos']?.sets.get('t')));
  await db.update('todos', 't', (todo) => void todo.tags.delete('a'));
  expect(applied).toEqual([{ tags: { a: false } }]);
  expect(db.rowOf('todos', 't')).toEqual({ id: 't', n: 1, tags: { b: true } });
  expect(await db.fetchById('todos', 't')).toEqual({ id: 't', n: 1, tags: new Set(['b']) });
});
