/**
 * What reads cost: on 5,000 rows every kind of condition that an index can serve examines about as many rows as it
 * returns, and `explain` says so.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { CollectionQuery } from '../ast/query.ts';
import { formatExplanation } from '../engine/format-explanation.ts';
import { Schema as S } from '../schema/builder.ts';
import { DB } from './database.ts';

const LISTS = 50;
const TODOS = 5_000;
const DAY_MS = 86_400_000;

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String(), ownerId: S.String(), pinned: S.Set(S.String()) }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      rank: S.Number(),
      half: S.Number(),
      done: S.Boolean(),
      created: S.Date(),
      tags: S.Set(S.String()),
      scores: S.Set(S.Number()),
      place: S.Record({ city: S.String(), zone: S.Number() }),
      meta: S.Json(),
      dueAt: S.Optional(S.Date()),
      listId: S.String(),
    }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});

const todoId = (i: number) => `t${String(i).padStart(4, '0')}`;
const listId = (i: number) => `l${String(i).padStart(2, '0')}`;
const dayOf = (i: number) => new Date(i * DAY_MS);

let db: DB;

beforeAll(async () => {
  db = new DB({ schema: { collections } }) as unknown as DB;
  await db.transact(async (tx) => {
    for (let i = 0; i < LISTS; i++) {
      const pinned = new Set([todoId(i), todoId(i + LISTS)]);
      await tx.insert('lists', { id: listId(i), name: `List ${i}`, ownerId: `u${i % 10}`, pinned });
    }
    for (let i = 0; i < TODOS; i++) {
      await tx.insert('todos', {
        id: todoId(i),
        text: `Text ${i}`,
        rank: i,
        half: Math.floor(i / 2),
        done: i % 2 === 0,
        created: dayOf(TODOS - i),
        tags: new Set([`tag${i % 500}`, 'all']),
        scores: new Set([i % 1_000]),
        place: { city: `City ${i % 100}`, zone: i % 7 },
        meta: { kind: `kind${i % 250}`, labels: [`label${i % 1_000}`] },
        ...(i % 100 === 0 ? { dueAt: dayOf(i) } : {}),
        listId: listId(i % LISTS),
      });
    }
  });
});

test('an explanation names the index, what else was weighed, and the rows examined', async () => {
  const query = db
    .query('todos')
    .Where('listId', '=', listId(7))
    .Where('done', '=', false)
    .Order('created', 'DESC')
    .Include('list');
  const explanation = await db.explain(query);
  expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  expect(explanation).toMatchObject({
    collection: 'todos',
    access: { kind: 'index', indexes: [{ index: 'value:listId', bounds: { gte: 'l07', lte: 'l07' } }] },
    filter: ['done = false'],
    order: { by: ['created DESC'], strategy: 'sort' },
    reads: [{ by: 'value:listId', times: 1, rows: 100 }],
    rowsExamined: 100,
    rowsReturned: 100,
    totalRowsExamined: 101,
    include: { list: { collection: 'lists', access: { kind: 'ids', ids: 1 }, rowsExamined: 1, rowsReturned: 1 } },
  });
  expect(explanation.considered.map(({ estimatedRows, chosen }) => [estimatedRows, chosen])).toEqual([
    [100, true],
    [2_500, false],
    [5_000, false],
  ]);
  expect(formatExplanation(explanation)).toBe(
    [
      'todos: index value:listId = "l07"',
      '  rows: 100 examined, 100 returned (value:listId ×1: 100)',
      '  filter: done = false',
      '  order: created DESC (sort)',
      '  considered:',
      '    → ~100 rows: index value:listId = "l07"',
      '      ~2500 rows: index value:done = false',
      '      ~5000 rows: every row',
      '  include list',
      '    lists: 1 id',
      '      rows: 1 examined, 1 returned (id ×1: 1)',
      '      order: id ASC (sort)',
      '      limit: 1',
      '      considered:',
      '        → ~1 rows: 1 id',
      '          ~50 rows: every row',
    ].join('\n'),
  );
});

interface Case {
  readonly name: string;
  readonly query: Omit<CollectionQuery, 'collectionName'> & { readonly collectionName?: string };
  readonly returned: number;
  /** The most rows that may be examined, everything below included. */
  readonly examined: number;
}

const cases: readonly Case[] = [
  { name: '= on a string', query: { where: [['listId', '=', listId(1)]] }, returned: 100, examined: 100 },
  { name: '= on a number', query: { where: [['rank', '=', 77]] }, returned: 1, examined: 1 },
  { name: '= on a boolean', query: { where: [['done', '=', true]] }, returned: 2_500, examined: 2_500 },
  { name: '= on a date', query: { where: [['created', '=', dayOf(9)]] }, returned: 1, examined: 1 },
  { name: '= null', query: { where: [['dueAt', '=', null]] }, returned: 4_950, examined: 4_950 },
  { name: 'an id', query: { where: [['id', '=', todoId(5)]] }, returned: 1, examined: 1 },
  { name: 'a list of ids', query: { where: [['id', 'in', [todoId(5), todoId(6), 'x']]] }, returned: 2, examined: 2 },
  { name: 'in', query: { where: [['rank', 'in', [1, 2, 3, -1]]] }, returned: 3, examined: 3 },
  { name: 'in with repetitions', query: { where: [['rank', 'in', [1, 1, 1]]] }, returned: 1, examined: 1 },
  { name: '> on a number', query: { where: [['rank', '>', 4_989]] }, returned: 10, examined: 10 },
  { name: '<= on a number', query: { where: [['rank', '<=', 9]] }, returned: 10, examined: 10 },
  { name: '>= on a string', query: { where: [['text', '>=', 'Text 999']] }, returned: 1, examined: 1 },
  { name: '< on a date', query: { where: [['created', '<', dayOf(11)]] }, returned: 10, examined: 10 },
  { name: 'isDefined', query: { where: [['dueAt', 'isDefined', true]] }, returned: 50, examined: 50 },
  {
    name: 'a range with two sides',
    query: {
      where: [
        ['rank', '>', 1_000],
        ['rank', '<=', 1_020],
        ['rank', '<', 1_011],
      ],
    },
    returned: 10,
    examined: 10,
  },
  {
    name: 'a range of dates with two sides',
    query: {
      where: [
        ['created', '>=', dayOf(1_000)],
        ['created', '<', dayOf(1_010)],
      ],
    },
    returned: 10,
    examined: 10,
  },
  {
    name: 'a range that is empty',
    query: {
      where: [
        ['rank', '>', 20],
        ['rank', '<', 10],
      ],
    },
    returned: 0,
    examined: 0,
  },
  {
    name: 'the cheaper of two ranges',
    query: {
      where: [
        ['rank', '>', 100],
        ['created', '>', dayOf(4_880)],
      ],
    },
    returned: 19,
    examined: 120,
  },
  {
    name: 'the cheaper of an equality and a range',
    query: {
      where: [
        ['listId', '=', listId(3)],
        ['rank', '<', 20],
      ],
    },
    returned: 1,
    examined: 20,
  },
  { name: 'order and limit', query: { order: [['created', 'ASC']], limit: 20 }, returned: 20, examined: 21 },
  { name: 'reverse order and limit', query: { order: [['rank', 'DESC']], limit: 20 }, returned: 20, examined: 21 },
  {
    name: 'order by several attributes and limit',
    query: {
      order: [
        ['half', 'DESC'],
        ['created', 'ASC'],
      ],
      limit: 20,
    },
    returned: 20,
    examined: 21,
  },
  {
    name: 'order, limit and a condition that half of the rows satisfy',
    query: { where: [['done', '=', true]], order: [['created', 'ASC']], limit: 20 },
    returned: 20,
    examined: 42,
  },
  {
    name: 'order and limit within a range of the same attribute',
    query: { where: [['rank', '>', 2_500]], order: [['rank', 'ASC']], limit: 20 },
    returned: 20,
    examined: 21,
  },
  {
    name: 'reverse order and limit below a bound of the same attribute',
    query: { where: [['created', '<', dayOf(2_500)]], order: [['created', 'DESC']], limit: 20 },
    returned: 20,
    examined: 21,
  },
  {
    name: 'a page after a cursor',
    query: { order: [['rank', 'ASC']], limit: 20, after: [[2_500], false] },
    returned: 20,
    examined: 22,
  },
  {
    name: 'a page after a cursor in reverse order',
    query: {
      order: [
        ['created', 'DESC'],
        ['id', 'ASC'],
      ],
      limit: 20,
      after: [[dayOf(2_500), todoId(0)], false],
    },
    returned: 20,
    examined: 21,
  },
  {
    name: 'everything after a cursor',
    query: { order: [['rank', 'ASC']], after: [[4_989], false] },
    returned: 10,
    examined: 11,
  },
  {
    name: 'the first rows of an equality by id',
    query: { where: [['listId', '=', listId(9)]], limit: 5 },
    returned: 5,
    examined: 6,
  },
  { name: 'has on a set', query: { where: [['tags', 'has', 'tag7']] }, returned: 10, examined: 10 },
  { name: '= on a set', query: { where: [['tags', '=', 'tag7']] }, returned: 10, examined: 10 },
  { name: 'in on a set', query: { where: [['tags', 'in', ['tag7', 'tag8']]] }, returned: 20, examined: 20 },
  { name: 'has on a set of numbers', query: { where: [['scores', 'has', 7]] }, returned: 5, examined: 5 },
  { name: 'a record path', query: { where: [['place.city', '=', 'City 7']] }, returned: 50, examined: 50 },
  { name: 'a json path', query: { where: [['meta.kind', '=', 'kind7']] }, returned: 20, examined: 20 },
  { name: 'a path into a json array', query: { where: [['meta.labels.0', '=', 'label7']] }, returned: 5, examined: 5 },
  { name: 'has on a json array', query: { where: [['meta.labels', 'has', 'label7']] }, returned: 5, examined: 5 },
  {
    name: 'or of two indexed conditions',
    query: {
      where: [
        {
          mod: 'or',
          filters: [
            ['rank', '=', 3],
            {
              mod: 'and',
              filters: [
                ['created', '>', dayOf(10)],
                ['created', '<=', dayOf(20)],
              ],
            },
          ],
        },
      ],
    },
    returned: 11,
    examined: 11,
  },
  {
    name: 'include of a to-one relation',
    query: { where: [['rank', '<', 10]], include: { list: true } },
    returned: 10,
    examined: 20,
  },
  {
    name: 'include of a to-many relation',
    query: { collectionName: 'lists', where: [['id', 'in', [listId(1), listId(2)]]], include: { todos: true } },
    returned: 2,
    examined: 202,
  },
  {
    name: 'exists from the child to a parent that an equality finds',
    query: { where: [['list.name', '=', 'List 7']] },
    returned: 100,
    examined: 201,
  },
  {
    name: 'exists from the parent to a child that an equality finds',
    query: { collectionName: 'lists', where: [['todos.rank', '=', 77]] },
    returned: 1,
    examined: 3,
  },
  {
    name: 'exists by membership in a set of this collection',
    query: {
      collectionName: 'lists',
      where: [
        {
          exists: {
            collectionName: 'todos',
            where: [
              ['id', 'in', '$1.pinned'],
              ['rank', '=', 60],
            ],
          },
        },
      ],
    },
    returned: 1,
    examined: 4,
  },
  {
    name: 'exists by membership in a set of the other collection',
    query: {
      where: [
        {
          exists: {
            collectionName: 'lists',
            where: [
              ['pinned', 'has', '$1.id'],
              ['name', '=', 'List 7'],
            ],
          },
        },
      ],
    },
    returned: 2,
    examined: 5,
  },
  {
    name: 'a relational order of few rows',
    query: { where: [['rank', '<', 10]], order: [['list.name', 'ASC']] },
    returned: 10,
    examined: 20,
  },
];

describe('on 5,000 rows', () => {
  test.each(cases)('$name examines no more rows than it must', async ({ query, returned, examined }) => {
    const full = { collectionName: 'todos', ...query } as CollectionQuery;
    const explanation = await db.explain(full as never);
    expect(explanation.rowsReturned).toBe(returned);
    expect(explanation.totalRowsExamined, formatExplanation(explanation)).toBeLessThanOrEqual(examined);
    expect(explanation.considered.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect(await db.fetch(full as never)).toHaveLength(returned);
  });

  test('an order that meets no match for long is given up for the index', async () => {
    // The rows of the list are the last in this order.
    const inbox = new DB({ schema: { collections } });
    await inbox.transact(async (tx) => {
      const rest = { text: '', half: 0, done: false, tags: [], scores: [], place: { city: '', zone: 0 }, meta: {} };
      for (let i = 0; i < TODOS; i++) {
        const list = i < 1_000 ? 'old' : 'new';
        await tx.insert('todos', { ...rest, id: todoId(i), rank: i, created: dayOf(i), listId: list } as never);
      }
    });
    const query = inbox.query('todos').Where('listId', '=', 'old').Order('rank', 'DESC').Limit(20);
    const explanation = await inbox.explain(query);
    expect(explanation.access).toMatchObject({ kind: 'order', fallback: { afterRows: 1_000 } });
    expect(explanation.order.strategy).toBe('sort');
    expect(explanation.rowsExamined).toBeLessThanOrEqual(2_001);
    expect((await inbox.fetch(query)).map(({ rank }) => rank)).toEqual(Array.from({ length: 20 }, (_, i) => 999 - i));
  });

  test('ids need no index of their own', async () => {
    const plain = new DB();
    await plain.transact(async (tx) => {
      for (let i = 0; i < 100; i++) await tx.insert('free', { id: todoId(i) });
    });
    const free = plain.query('free');
    const query = free.Where('id', '>', todoId(50)).Order('id', 'DESC').Limit(5);
    expect((await plain.fetch(query)).map(({ id }) => id)).toEqual([99, 98, 97, 96, 95].map(todoId));
    expect((await plain.explain(query)).rowsExamined).toBe(6);
    const between = free.Where('id', '>=', todoId(7)).Where('id', '<', todoId(9));
    expect((await plain.fetch(between)).map(({ id }) => id)).toEqual([7, 8].map(todoId));
    expect(await plain.count(free.Where('id', '<=', todoId(9)))).toBe(10);
    const keys: unknown[] = [];
    for await (const [key] of plain.kv.scan({ prefix: [] })) keys.push(key[0]);
    expect(new Set(keys)).toEqual(new Set(['data', 'format']));
  });

  test('a transaction explains its own reads', async () => {
    await db
      .transact(async (tx) => {
        await tx.insert('todos', { ...(await db.fetchById('todos', todoId(1))), id: 'new', rank: 9_999 } as never);
        const explanation = await tx.explain({ collectionName: 'todos', where: [['rank', '>', 4_997]] });
        expect(explanation).toMatchObject({ rowsExamined: 3, rowsReturned: 3, access: { kind: 'index' } });
        throw new Error('roll back');
      })
      .catch((error: Error) => expect(error.message).toBe('roll back'));
  });

  test('explaining applies permissions, and looks no further than the session may', async () => {
    const guarded = new DB({
      schema: {
        roles: { user: { match: { sub: '$uid' } } },
        collections: {
          notes: {
            schema: S.Schema({ id: S.Id(), owner: S.String() }),
            permissions: { user: { read: { filter: [['owner', '=', '$role.uid']] } } },
          },
        },
      } as never,
    });
    for (let i = 0; i < 40; i++)
      await guarded.insert('notes', { id: `n${i}`, owner: `u${i % 2}` } as never, { skipRules: true });
    const explanation = await guarded.withSessionVars({ sub: 'u1' }).explain({ collectionName: 'notes' } as never);
    expect(explanation).toMatchObject({ rowsExamined: 20, rowsReturned: 20, access: { kind: 'index' } });
  });
});
