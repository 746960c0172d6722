/** Queries that version 1.1.10 of the published database answers wrongly or not at all, each asked in every way. */
import { describe, expect, test } from 'vitest';
import { Schema as S, relationBuilder } from '@triplit/db';
import { expectIds, expectResults, fill, onEveryStorage, watch } from './every-way.ts';
import type { Query } from './every-way.ts';

const collections = S.Collections({
  authors: {
    schema: S.Schema({ id: S.Id(), name: S.String(), age: S.Number(), teamId: S.Optional(S.String()) }),
    relationships: {
      posts: S.RelationMany('posts', { where: [['authorId', '=', '$id']] }),
      latest: S.RelationOne('posts', { where: [['authorId', '=', '$id']], order: [['rank', 'DESC']], limit: 1 }),
      top: S.RelationMany('posts', { where: [['authorId', '=', '$id']], order: [['rank', 'DESC']], limit: 2 }),
    },
  },
  posts: {
    schema: S.Schema({
      id: S.Id(),
      authorId: S.Optional(S.String()),
      rank: S.Number(),
      year: S.Number({ default: 0 }),
      scores: S.Set(S.Number(), { default: S.Default.Set.empty() }),
      flags: S.Set(S.Boolean(), { default: S.Default.Set.empty() }),
      days: S.Set(S.Date(), { default: S.Default.Set.empty() }),
      meta: S.Optional(S.Json()),
      place: S.Optional(S.Record({ city: S.Optional(S.String()) }, { nullable: true })),
    }),
    relationships: { author: S.RelationById('authors', '$authorId') },
  },
  empties: { schema: S.Schema({ id: S.Id() }) },
});
const schema = { collections };

const rows = {
  authors: [
    { id: 'ada', name: 'Ada', age: 2, teamId: 'x' },
    { id: 'bob', name: 'Bob', age: 4 },
    { id: 'cem', name: 'Cem', age: 6 },
  ],
  posts: [
    { id: 'p1', authorId: 'ada', rank: 1, year: 2 },
    { id: 'p2', authorId: 'ada', rank: 3, year: 4 },
    { id: 'p3', authorId: 'ada', rank: 5, year: 6 },
    { id: 'p4', authorId: 'bob', rank: 4, year: 9 },
    { id: 'p5', rank: 9 },
  ],
};

const authorsWhere = (...where: unknown[]): Query => ({ collectionName: 'authors', where });
const existing = (collectionName: string, ...where: unknown[]) => ({ exists: { collectionName, where } });

onEveryStorage((openDatabase) => {
  const openFilled = async () => {
    const db = openDatabase(schema);
    await fill(db, rows);
    return db;
  };

  describe('exists', () => {
    test('without correlation asks whether the other collection has such a row', async () => {
      const db = await openFilled();
      await expectIds(db, authorsWhere(existing('empties')), []);
      await expectIds(db, authorsWhere(existing('posts')), ['ada', 'bob', 'cem']);
      await expectIds(db, authorsWhere(existing('posts', ['rank', '>', 100])), []);
      await expectIds(db, authorsWhere({ mod: 'or', filters: [existing('empties'), ['age', '=', 2]] }), ['ada']);
      const live = watch(db, authorsWhere(existing('empties')));
      expect(await live.current()).toEqual([]);
      await db.insert('empties', { id: 'e' });
      expect(await live.current()).toHaveLength(3);
      await db.delete('empties', 'e');
      expect(await live.current()).toEqual([]);
    });

    test.each([
      ['=', ['bob']],
      ['!=', ['ada', 'bob', 'cem']],
      ['>', ['ada', 'bob', 'cem']],
      ['>=', ['ada', 'bob', 'cem']],
      ['<', ['ada', 'bob', 'cem']],
      ['<=', ['ada', 'bob', 'cem']],
    ] as const)('with one correlation by %s compares as the operator says', async (operator, ids) => {
      const db = await openFilled();
      await expectIds(db, authorsWhere(existing('posts', ['rank', operator, '$1.age'])), ids);
    });

    test.each([
      ['>', ['ada', 'bob']],
      ['>=', ['ada', 'bob', 'cem']],
      ['<', ['cem']],
      ['<=', ['bob', 'cem']],
    ] as const)('by %s is exact at the edges', async (operator, ids) => {
      const db = openDatabase(schema);
      await fill(db, { authors: rows.authors, posts: [{ id: 'p', rank: operator.startsWith('>') ? 6 : 4 }] });
      await expectIds(db, authorsWhere(existing('posts', ['rank', operator, '$1.age'])), [...ids]);
    });

    test('with several correlations, inside or, inside and, and inside each other', async () => {
      const db = await openFilled();
      const both = existing('posts', ['authorId', '=', '$1.id'], ['year', '=', '$1.age']);
      await expectIds(db, authorsWhere(both), ['ada']);
      await expectIds(db, authorsWhere({ mod: 'or', filters: [both, ['name', '=', 'Cem']] }), ['ada', 'cem']);
      const range = existing('posts', ['authorId', '=', '$1.id'], ['rank', '<', '$1.age'], ['year', '>=', '$1.age']);
      await expectIds(db, authorsWhere({ mod: 'or', filters: [range, { mod: 'and', filters: [both, true] }] }), [
        'ada',
      ]);
      const nested = existing(
        'posts',
        ['authorId', '=', '$1.id'],
        existing('authors', ['id', '=', '$1.authorId'], ['age', '=', '$2.age'], ['age', '<', '$1.rank']),
      );
      await expectIds(db, authorsWhere(nested), ['ada']);
      const live = watch(db, authorsWhere({ mod: 'or', filters: [both, ['name', '=', 'Cem']] }));
      await live.current();
      await db.update('posts', 'p4', { year: 4 });
      expect(await live.current()).toMatchObject([{ id: 'ada' }, { id: 'bob' }, { id: 'cem' }]);
      await db.update('posts', 'p1', { year: 0 });
      expect(await live.current()).toMatchObject([{ id: 'bob' }, { id: 'cem' }]);
    });

    test('inside an included subquery that compares with its parent is not dropped', async () => {
      const db = await openFilled();
      const subquery = {
        collectionName: 'posts',
        where: [
          ['authorId', '=', '$1.id'],
          ['rank', '>', '$1.age'],
          existing('authors', ['id', '=', '$1.authorId'], ['name', '=', 'Bob']),
        ],
        select: ['id'],
      };
      const query = { collectionName: 'authors', select: ['id'], include: { hits: { subquery, cardinality: 'many' } } };
      const none = { ...subquery, where: [...subquery.where.slice(0, 2), existing('empties')] };
      await expectResults(db, query, [
        { id: 'ada', hits: [] },
        { id: 'bob', hits: [] },
        { id: 'cem', hits: [] },
      ]);
      await expectResults(
        db,
        { ...query, include: { hits: { subquery: none, cardinality: 'many' } } },
        ['ada', 'bob', 'cem'].map((id) => ({ id, hits: [] })),
      );
      await db.update('authors', 'bob', { age: 3 });
      await expectResults(db, query, [
        { id: 'ada', hits: [] },
        { id: 'bob', hits: [{ id: 'p4' }] },
        { id: 'cem', hits: [] },
      ]);
    });
  });

  test.each([
    ['=', { ada: [], bob: ['p4'], cem: [] }],
    ['!=', { ada: ['p1', 'p2', 'p3', 'p4', 'p5'], bob: ['p1', 'p2', 'p3', 'p5'], cem: ['p1', 'p2', 'p3', 'p4', 'p5'] }],
    ['<', { ada: ['p1'], bob: ['p1', 'p2'], cem: ['p1', 'p2', 'p3', 'p4'] }],
    ['<=', { ada: ['p1'], bob: ['p1', 'p2', 'p4'], cem: ['p1', 'p2', 'p3', 'p4'] }],
    ['>', { ada: ['p2', 'p3', 'p4', 'p5'], bob: ['p3', 'p5'], cem: ['p5'] }],
    ['>=', { ada: ['p2', 'p3', 'p4', 'p5'], bob: ['p3', 'p4', 'p5'], cem: ['p5'] }],
  ] as const)('an inclusion correlated by %s has exactly the rows that compare so', async (operator, expected) => {
    const db = await openFilled();
    const subquery = { collectionName: 'posts', where: [['rank', operator, '$1.age']], select: ['id'] };
    await expectResults(
      db,
      { collectionName: 'authors', select: ['id'], include: { posts: { subquery, cardinality: 'many' } } },
      Object.entries(expected).map(([id, posts]) => ({
        id,
        posts: (posts as readonly string[]).map((post) => ({ id: post })),
      })),
    );
  });

  describe('relations', () => {
    test('extended by a builder keep their own order and limit', async () => {
      const db = await openFilled();
      const extended = (relation: string) => relationBuilder(relation).Where('rank', '<', 5).Select(['id']);
      const query = {
        collectionName: 'authors',
        select: ['id'],
        where: [['id', '=', 'ada']],
        include: {
          latest: extended('latest'),
          top: extended('top'),
          all: relationBuilder('top').Limit(1).Select(['id']),
        },
      };
      await expectResults(db, query, [
        { id: 'ada', latest: { id: 'p2' }, top: [{ id: 'p2' }, { id: 'p1' }], all: [{ id: 'p3' }] },
      ]);
    });

    test('that lead nowhere count as null in an order', async () => {
      const db = await openFilled();
      await db.insert('posts', { id: 'p6', authorId: 'gone', rank: 0 });
      const order = [['author.name', 'ASC']];
      await expectIds(db, { collectionName: 'posts', order }, ['p5', 'p6', 'p1', 'p2', 'p3', 'p4']);
      await expectIds(db, { collectionName: 'posts', order: [['author.name', 'DESC']], limit: 2 }, ['p4', 'p1']);
    });

    test('by a missing key match no row whose own key is missing', async () => {
      const db = await openFilled();
      const subquery = { collectionName: 'posts', where: [['authorId', '=', '$1.teamId']], select: ['id'] };
      await expectResults(
        db,
        { collectionName: 'authors', select: ['id'], include: { mates: { subquery, cardinality: 'one' } } },
        ['ada', 'bob', 'cem'].map((id) => ({ id, mates: null })),
      );
    });
  });

  describe('values', () => {
    test('sets of numbers and booleans know their members by value', async () => {
      const db = openDatabase(schema);
      await fill(db, {
        posts: [
          { id: 'a', rank: 0, scores: new Set([5, 7]), flags: new Set([true]) },
          { id: 'b', rank: 0, scores: new Set([50]), flags: new Set([false]) },
          { id: 'c', rank: 0 },
        ],
      });
      const posts = (...where: unknown[]): Query => ({ collectionName: 'posts', where });
      await expectIds(db, posts(['scores', 'in', [5, 6]]), ['a']);
      await expectIds(db, posts(['scores', 'nin', [5]]), ['a', 'b']);
      await expectIds(db, posts(['scores', 'nin', [5, 7]]), ['b']);
      await expectIds(db, posts(['scores', 'has', 5]), ['a']);
      await expectIds(db, posts(['scores', '!has', 5]), ['b', 'c']);
      await expectIds(db, posts(['scores', '>', 10]), ['b']);
      await expectIds(db, posts(['flags', '=', true]), ['a']);
      await expectIds(db, posts(['scores', 'has', '5']), []);
    });

    test('dates in sets are found by date and by text, and removed ones are gone', async () => {
      const db = openDatabase(schema);
      const [first, second] = [new Date('2024-01-01T00:00:00Z'), new Date('2025-01-01T00:00:00Z')];
      await fill(db, {
        posts: [
          { id: 'a', rank: 0, days: new Set([first, second]) },
          { id: 'b', rank: 0, days: new Set([second]) },
        ],
      });
      const has = (value: unknown): Query => ({ collectionName: 'posts', where: [['days', 'has', value]] });
      await expectIds(db, has(first), ['a']);
      await expectIds(db, has(first.toISOString()), ['a']);
      await expectIds(db, { collectionName: 'posts', where: [['days', '<', second]] }, ['a']);
      await db.update('posts', 'a', (post) => void post['days'].delete([...post['days']][0]));
      await expectIds(db, has(first), []);
      await expectIds(db, has(second), ['a', 'b']);
    });

    test('has and !has on json are membership of an array', async () => {
      const db = openDatabase(schema);
      await fill(db, {
        posts: [
          { id: 'a', rank: 0, meta: ['x', 1, { k: 1 }] },
          { id: 'b', rank: 0, meta: { list: ['x'] } },
          { id: 'c', rank: 0, meta: 'x' },
          { id: 'd', rank: 0 },
        ],
      });
      const posts = (...where: unknown[]): Query => ({ collectionName: 'posts', where });
      await expectIds(db, posts(['meta', 'has', 'x']), ['a']);
      await expectIds(db, posts(['meta', 'has', 1]), ['a']);
      await expectIds(db, posts(['meta', 'has', '1']), []);
      await expectIds(db, posts(['meta', 'has', { k: 1 }]), ['a']);
      await expectIds(db, posts(['meta.list', 'has', 'x']), ['b']);
      await expectIds(db, posts(['meta', '!has', 'x']), ['b', 'c', 'd']);
      const live = watch(db, posts(['meta.list', 'has', 'y']));
      await live.current();
      await db.update('posts', 'b', { meta: { list: ['y'] } });
      expect(await live.current()).toMatchObject([{ id: 'b' }]);
    });

    test('a null inside a path is a missing value, in filters, selections and orders', async () => {
      const db = openDatabase(schema);
      await fill(db, {
        posts: [
          { id: 'a', rank: 0, place: null, meta: { deep: null } },
          { id: 'b', rank: 0, place: { city: 'Bonn' }, meta: { deep: { down: 1 } } },
        ],
      });
      const posts = { collectionName: 'posts' };
      await expectIds(db, { ...posts, where: [['place.city', '=', 'Bonn']] }, ['b']);
      await expectIds(db, { ...posts, where: [['place.city', '=', null]] }, ['a']);
      await expectIds(db, { ...posts, where: [['meta.deep.down', 'isDefined', false]] }, ['a']);
      await expectIds(db, { ...posts, order: [['meta.deep.down', 'DESC']] }, ['b', 'a']);
      await expectIds(db, { ...posts, order: [['place.city', 'ASC']], limit: 1 }, ['a']);
      expect(await db.fetch({ ...posts, select: ['place.city', 'meta.deep.down'] } as never)).toHaveLength(2);
    });

    test('an id that is a number finds nothing, and harms nothing', async () => {
      const db = await openFilled();
      for (const id of [1, null, true]) {
        await expectIds(db, authorsWhere(['id', '=', id]), []);
        await expectIds(db, authorsWhere(['id', 'in', [id, 'ada']]), ['ada']);
        expect(await db.fetchById('authors', id as never)).toBeNull();
      }
    });

    test('an in list beside an exists keeps its values', async () => {
      const db = await openFilled();
      await expectIds(db, authorsWhere(['name', 'in', ['Ada', 'Cem']], existing('posts', ['authorId', '=', '$1.id'])), [
        'ada',
      ]);
      await expectIds(db, authorsWhere(['name', 'nin', ['Ada']], existing('posts', ['authorId', '=', '$1.id'])), [
        'bob',
      ]);
    });
  });
});
