/** Counting and paging: totals under permissions, without reading rows where an index knows them. */
import { open } from 'lmdb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { CollectionQuery } from '../ast/query.ts';
import { TriplitError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import type { KVStore } from '../storage/kv-store.ts';
import { LmdbKVStore } from '../storage/lmdb.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { DB } from './database.ts';
import { EntityStoreWithOutbox } from './entity-stores.ts';

const schema = {
  roles: { user: { match: { sub: '$uid' } } },
  collections: S.Collections({
    lists: {
      schema: S.Schema({ id: S.Id(), owner: S.String() }),
      permissions: { user: { read: { filter: [['owner', '=', '$role.uid']] } } },
    },
    todos: {
      schema: S.Schema({
        id: S.Id(),
        rank: S.Number(),
        text: S.String(),
        tags: S.Set(S.String()),
        dueAt: S.Optional(S.Date()),
        listId: S.String(),
      }),
      relationships: { list: S.RelationById('lists', '$listId') },
    },
  }),
};
const TODOS = 200;
/** Longer than what an index key holds. */
const LONG_TEXT = 'x'.repeat(500);

const directory = mkdtempSync(join(tmpdir(), 'count-'));
const environments: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const environment of environments) await environment.close();
  rmSync(directory, { recursive: true });
});

const stores: Record<string, () => KVStore> = {
  memory: () => new BTreeKVStore(),
  lmdb: () => {
    const environment = open({ path: join(directory, String(environments.length)) });
    environments.push(environment);
    return new LmdbKVStore(environment);
  },
};

async function filled(kv: KVStore): Promise<DB<typeof schema.collections>> {
  const db = new DB({ schema, kv });
  await db.transact(
    async (tx) => {
      for (let i = 0; i < 4; i++) await tx.insert('lists', { id: `l${i}`, owner: `u${i % 2}` });
      for (let i = 0; i < TODOS; i++) {
        await tx.insert('todos', {
          id: `t${String(i).padStart(3, '0')}`,
          rank: i,
          text: i < 3 ? `${LONG_TEXT}${i % 2}` : `Text ${i}`,
          tags: new Set([`tag${i % 10}`]),
          ...(i % 4 === 0 ? { dueAt: new Date(i) } : {}),
          listId: `l${i % 4}`,
        });
      }
    },
    { skipRules: true },
  );
  return db;
}

type Where = NonNullable<CollectionQuery['where']>;

/** `examined` 0: answered without reading a row. */
const cases: readonly { name: string; where: Where; count: number; examined: number }[] = [
  { name: 'a whole collection', where: [], count: TODOS, examined: 0 },
  { name: 'true', where: [true], count: TODOS, examined: 0 },
  { name: 'false', where: [false], count: 0, examined: 0 },
  { name: 'an equality', where: [['listId', '=', 'l1']], count: 50, examined: 0 },
  { name: 'an equality with null', where: [['dueAt', '=', null]], count: 150, examined: 0 },
  { name: 'a list', where: [['rank', 'in', [1, 2, 2, 999]]], count: 2, examined: 0 },
  { name: 'a range', where: [['rank', '>', 150]], count: 49, examined: 0 },
  { name: 'a range that takes in absent values', where: [['dueAt', '<=', new Date(4)]], count: 152, examined: 0 },
  {
    name: 'two sides of a range',
    where: [
      ['rank', '>=', 10],
      ['rank', '<', 20],
    ],
    count: 10,
    examined: 0,
  },
  { name: 'isDefined', where: [['dueAt', 'isDefined', true]], count: 50, examined: 0 },
  { name: 'an id', where: [['id', '=', 't007']], count: 1, examined: 1 },
  {
    name: 'an equality and a condition that needs the rows',
    where: [
      ['listId', '=', 'l1'],
      ['text', 'like', '%5'],
    ],
    count: 10,
    examined: 50,
  },
  { name: 'a text longer than an index key', where: [['text', '=', `${LONG_TEXT}0`]], count: 2, examined: 3 },
  { name: 'members of a set', where: [['tags', 'has', 'tag3']], count: 20, examined: 20 },
  {
    name: 'or',
    where: [
      {
        mod: 'or',
        filters: [
          ['rank', '<', 5],
          ['rank', '<', 3],
        ],
      },
    ],
    count: 5,
    examined: 8,
  },
];

describe.each(Object.keys(stores))('on %s', (storage) => {
  const opened = filled(stores[storage]!());

  test.each(cases)('counts $name', async ({ where, count, examined }) => {
    const db = await opened;
    const query = { collectionName: 'todos', where } as never;
    expect(await db.count(query, { skipRules: true })).toBe(count);
    expect(await db.fetch(query, { skipRules: true })).toHaveLength(count);
    const explanation = await db.explain(query, { count: true, skipRules: true });
    expect(explanation.rowsReturned).toBe(count);
    expect(explanation.totalRowsExamined).toBeLessThanOrEqual(examined);
    if (examined === 0 && !where.includes(false)) expect(explanation.access.kind).toBe('count');
  });

  test('limit, cursor, selection and inclusions do not change a count', async () => {
    const db = await opened;
    const query = db.query('todos').Where('rank', '<', 100).Order('rank', 'ASC').Limit(10).After([50]).Include('list');
    expect(await db.count(query)).toBe(100);
  });

  test('counts only what the session may read, at every depth', async () => {
    const db = (await opened).withSessionVars({ sub: 'u1' });
    expect(await db.count({ collectionName: 'lists' })).toBe(2);
    expect(await db.count(db.query('todos').Where('list.id', 'isDefined', true))).toBe(100);
    expect(await db.count({ collectionName: 'lists' }, { skipRules: true })).toBe(4);
  });

  test('a transaction counts its own writes', async () => {
    const db = await opened;
    const counts = await db
      .transact(async (tx) => {
        const before = await tx.count({ collectionName: 'todos', where: [['listId', '=', 'l1']] });
        await tx.update('todos', 't000', { listId: 'l1' });
        await tx.delete('todos', 't001');
        await tx.delete('todos', 't005');
        throw Object.assign(new Error('roll back'), {
          counts: [before, await tx.count({ collectionName: 'todos', where: [['listId', '=', 'l1']] })],
        });
      })
      .catch((error: { counts: number[] }) => error.counts);
    expect(counts).toEqual([50, 49]);
  });

  test('pages tell the total and what lies on either side', async () => {
    const db = await opened;
    const query = db.query('todos').Where('rank', '<', 25).Order('rank', 'ASC').Limit(10);
    const first = await db.fetchPage(query);
    expect(first).toMatchObject({ total: 25, hasNextPage: true, hasPreviousPage: false });
    const second = await db.fetchPage(query.After(first.results.at(-1)));
    expect(second.results.map(({ rank }) => rank)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(second).toMatchObject({ total: 25, hasNextPage: true, hasPreviousPage: true });
    const third = await db.fetchPage(query.After(second.results.at(-1)));
    expect(third.results).toHaveLength(5);
    expect(third).toMatchObject({ total: 25, hasNextPage: false, hasPreviousPage: true });
    expect(await db.fetchPage(query.After([-1]))).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(await db.fetchPage(query.After([0], true))).toMatchObject({ hasPreviousPage: false });
    expect(await db.fetchPage(query.Limit(0))).toEqual({
      results: [],
      total: 25,
      hasNextPage: true,
      hasPreviousPage: false,
    });
  });
});

test.each([false, true])('the count of a collection follows every write (with an outbox: %s)', async (outbox) => {
  const db = new DB(outbox ? { entityStore: new EntityStoreWithOutbox() } : {});
  const counts: number[] = [];
  const note = async () => counts.push(await db.count({ collectionName: 'free' }));
  await note();
  await db.insert('free', { id: 'a' });
  await db.insert('free', { id: 'a', again: true });
  await note();
  await db.transact(async (tx) => {
    await tx.insert('free', { id: 'b' });
    await tx.insert('free', { id: 'c' });
    await tx.delete('free', 'a');
    await tx.delete('free', 'never');
  });
  await note();
  await db.transact(async (tx) => {
    await tx.delete('free', 'b');
    await tx.insert('free', { id: 'b', anew: true });
    await tx.update('free', 'ghost', { x: 1 });
  });
  await note();
  await db.delete('free', 'c');
  await db.delete('free', 'c');
  await note();
  await db.clear();
  await note();
  await db.insert('free', { id: 'd' });
  await note();
  expect(counts).toEqual([0, 1, 2, 2, 1, 0, 1]);
  expect(await db.getCollectionStats()).toEqual(new Map([['free', 1]]));
});

test.each(['aggregate', 'groupBy'])('a query with %s is refused rather than answered with rows', async (clause) => {
  const db = new DB();
  const query = { collectionName: 'todos', [clause]: { total: ['count'] } };
  await expect(db.fetch(query)).rejects.toThrow(TriplitError);
  await expect(db.fetch(query)).rejects.toThrow(`'${clause}'`);
});
