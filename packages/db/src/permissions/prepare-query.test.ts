import { describe, expect, it, test } from 'vitest';
import type { CollectionQuery } from '../ast/query.ts';
import { and, exists, or } from '../query/filters.ts';
import { queryBuilder, relationBuilder } from '../query/query-builder.ts';
import type { VariableScopes } from '../query/variables.ts';
import { Schema as S } from '../schema/builder.ts';
import { prepareQuery } from './prepare-query.ts';

const collections = S.Collections({
  posts: {
    schema: S.Schema({
      id: S.Id(),
      title: S.String({ nullable: true }),
      views: S.Number(),
      published: S.Boolean(),
      created: S.Date(),
      tags: S.Set(S.String()),
      ratings: S.Set(S.Number()),
      meta: S.Optional(S.Record({ lang: S.String(), at: S.Date() })),
      data: S.Json(),
      authorId: S.String(),
    }),
    relationships: {
      author: S.RelationById('users', '$authorId'),
      latest: S.RelationOne('comments', { where: [['postId', '=', '$id']], order: [['created', 'DESC']], limit: 1 }),
      comments: S.RelationMany('comments', { where: [['postId', '=', '$id']] }),
    },
  },
  comments: {
    schema: S.Schema({ id: S.Id(), postId: S.String(), created: S.Date(), text: S.String() }),
    relationships: { post: S.RelationById('posts', '$1.postId') },
  },
  users: {
    schema: S.Schema({ id: S.Id(), name: S.String(), friends: S.Set(S.String()), profileId: S.String() }),
    relationships: {
      profile: S.RelationById('profiles', '$profileId'),
      posts: S.RelationMany('posts', { where: [['authorId', '=', '$id']] }),
    },
  },
  profiles: { schema: S.Schema({ id: S.Id(), bio: S.String() }) },
  as: {
    schema: S.Schema({ id: S.Id(), aProp1: S.String(), aProp2: S.Number(), b_id: S.String(), c_id: S.String() }),
    relationships: { b: S.RelationById('bs', '$b_id'), c: S.RelationById('cs', '$c_id') },
  },
  bs: { schema: S.Schema({ id: S.Id(), bProp1: S.String(), bSet: S.Set(S.String()) }) },
  cs: { schema: S.Schema({ id: S.Id(), cProp1: S.String() }) },
  endless: {
    schema: S.Schema({ id: S.Id() }),
    relationships: {
      self: S.RelationMany('endless', { where: [['self.id', '=', 'x']] }),
      same: S.RelationMany('endless', { where: [['id', '=', '$1.same.id']] }),
    },
  },
});

const variables: VariableScopes = {
  $global: { limit: 5, list: ['a', 'b'], date: new Date('2020-01-01'), price: '$0.title' },
  $session: { sub: 'me', city: { id: 'c1' } },
};
const prepare = (query: CollectionQuery, schema: typeof collections | undefined = collections, options = {}) =>
  prepareQuery(query, schema, variables, undefined, { applyPermission: undefined, ...options });
const where = (...filters: unknown[]) => prepare({ collectionName: 'posts', where: filters as [] }).where;
const schemaless = (query: CollectionQuery) =>
  prepareQuery(query, undefined, variables, undefined, { applyPermission: undefined });

describe('a prepared query', () => {
  it('has every clause, those that were not given undefined', () => {
    expect(prepare({ collectionName: 'posts', where: [], order: [], include: {} })).toStrictEqual({
      collectionName: 'posts',
      select: undefined,
      include: undefined,
      where: undefined,
      order: undefined,
      limit: undefined,
      after: undefined,
    });
    expect(prepare({ collectionName: 'posts', limit: 0, select: [] })).toMatchObject({ limit: 0, select: [] });
  });

  it('comes from a builder as well as from plain data, and leaves both as they were', () => {
    const query = Object.freeze({
      collectionName: 'posts',
      where: Object.freeze([Object.freeze(['tags', '=', '$global.list'])]),
      include: Object.freeze({ author: true }),
    }) as unknown as CollectionQuery;
    const text = JSON.stringify(query);
    const built = queryBuilder('posts').Where('tags', '=', '$global.list').Include('author');
    expect(prepare(built as CollectionQuery)).toEqual(prepare(query));
    expect(JSON.stringify(query)).toBe(text);
  });

  it('ignores clauses that do not exist', () => {
    expect(prepare({ collectionName: 'posts', traceId: '1' } as CollectionQuery)).toEqual(
      prepare({ collectionName: 'posts' }),
    );
    expect(prepare({ collectionName: 'posts', where: null, order: null, limit: null } as never).where).toBeUndefined();
  });
});

describe('inclusions', () => {
  const include = (inclusions: unknown, collectionName = 'users') =>
    prepare({ collectionName, include: inclusions } as CollectionQuery).include;

  it('of a relation become its subquery', () => {
    const expected = {
      profile: { subquery: { collectionName: 'profiles', where: [['id', '=', '$1.profileId']] }, cardinality: 'one' },
    };
    expect(include({ profile: true })).toEqual(expected);
    expect(include({ profile: null })).toEqual(expected);
    expect(include({ profile: { _extends: 'profile' } })).toEqual(expected);
  });

  it('add to what the relation asks for', () => {
    expect(
      include({
        best: {
          _extends: 'posts',
          select: ['id'],
          where: [['views', '>', 10]],
          order: [['views', 'DESC']],
          limit: 3,
          include: { author: true },
        },
      }),
    ).toEqual({
      best: {
        subquery: {
          collectionName: 'posts',
          select: ['id'],
          where: [
            ['authorId', '=', '$1.id'],
            ['views', '>', 10],
          ],
          order: [['views', 'DESC']],
          limit: 3,
          include: {
            author: { subquery: { collectionName: 'users', where: [['id', '=', '$1.authorId']] }, cardinality: 'one' },
          },
        },
        cardinality: 'many',
      },
    });
  });

  it('keep the order and limit of the relation unless they bring their own', () => {
    const latest = { order: [['created', 'DESC']], limit: 1 };
    expect(include({ latest: true }, 'posts')?.['latest']?.subquery).toMatchObject(latest);
    expect(include({ latest: relationBuilder('latest').Select(['id']) }, 'posts')?.['latest']?.subquery).toMatchObject(
      latest,
    );
    expect(
      include({ latest: relationBuilder('latest').Order('id', 'ASC') }, 'posts')?.['latest']?.subquery,
    ).toMatchObject({
      order: [['id', 'ASC']],
      limit: 1,
    });
  });

  it('of a query need no relation', () => {
    const subquery = { collectionName: 'users', where: [['id', '=', '$1.authorId']] as const };
    expect(schemaless({ collectionName: 'x', include: { author: { subquery, cardinality: 'one' } } }).include).toEqual({
      author: { subquery, cardinality: 'one' },
    });
  });
});

describe('filters', () => {
  it('on sets have prefixed operators', () => {
    expect(where(['tags', '=', 'x'])).toEqual([['tags', 'SET_=', 'x']]);
    expect(where(['tags', 'SET_has', 'x'])).toEqual([['tags', 'SET_has', 'x']]);
  });

  it('hold Dates as ISO text and lists as Sets', () => {
    expect(where(['created', '>', new Date(0)])).toEqual([['created', '>', '1970-01-01T00:00:00.000Z']]);
    expect(where(['title', 'in', ['a', 'b']])).toEqual([['title', 'in', new Set(['a', 'b'])]]);
    expect(where(['data.when', 'in', [new Date(0)]])).toEqual([
      ['data.when', 'in', new Set(['1970-01-01T00:00:00.000Z'])],
    ]);
  });

  it('reach into records and json', () => {
    expect(where(['meta.lang', '=', 'en'], ['data.a.0.b', '<', 3])).toEqual([
      ['meta.lang', '=', 'en'],
      ['data.a.0.b', '<', 3],
    ]);
  });

  it('over relations become exists subqueries', () => {
    expect(where(['author.profile.bio', '=', 'x'])).toEqual([
      {
        exists: {
          collectionName: 'users',
          where: [
            ['id', '=', '$1.authorId'],
            {
              exists: {
                collectionName: 'profiles',
                where: [
                  ['id', '=', '$1.profileId'],
                  ['bio', '=', 'x'],
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  it('may name relations to exist, with conditions at the end of the path', () => {
    expect(where(exists('author.profile', { where: [['bio', '=', '$2.title']] }))).toEqual([
      {
        exists: {
          collectionName: 'users',
          where: [
            ['id', '=', '$1.authorId'],
            {
              exists: {
                collectionName: 'profiles',
                where: [
                  ['id', '=', '$1.profileId'],
                  ['bio', '=', '$2.title'],
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  it('use only the where of a subquery or relation', () => {
    const inner = {
      collectionName: 'users',
      where: [['name', '=', 'x']],
      limit: 1,
      order: [['name', 'ASC']],
      select: ['id'],
    };
    expect(where({ exists: inner })).toEqual([{ exists: { collectionName: 'users', where: [['name', '=', 'x']] } }]);
    expect(where(exists('latest'))).toEqual([
      { exists: { collectionName: 'comments', where: [['postId', '=', '$1.id']] } },
    ]);
  });
});

describe('variables', () => {
  it('without scope refer to the enclosing row', () => {
    expect(where(['title', '=', '$name'])).toEqual([['title', '=', '$1.name']]);
    expect(where(['title', '=', '$address.city'])).toEqual([['title', '=', '$1.address.city']]);
  });

  it('of static scopes become values', () => {
    expect(where(['views', '=', '$global.limit'])).toEqual([['views', '=', 5]]);
    expect(where(['title', '=', '$session.sub'])).toEqual([['title', '=', 'me']]);
    expect(where(['title', '=', '$token.city.id'])).toEqual([['title', '=', 'c1']]);
    expect(where(['title', 'in', '$global.list'])).toEqual([['title', 'in', new Set(['a', 'b'])]]);
    expect(where(['created', '=', '$global.date'])).toEqual([['created', '=', '2020-01-01T00:00:00.000Z']]);
    expect(where(['title', '=', '$session.typo.x'])).toEqual([['title', '=', undefined]]);
    expect(where(['title', '=', '$session.constructor'])).toEqual([['title', '=', undefined]]);
  });

  it('stay text when asked for', () => {
    const query = { collectionName: 'posts', where: [['title', '=', '$session.sub']] } as const;
    expect(prepare(query, collections, { replaceStaticVariables: false }).where).toEqual(query.where);
  });

  it('of the query are visible in its subqueries', () => {
    const query = {
      collectionName: 'posts',
      vars: { name: 'x' },
      where: [['author.name', '=', '$query.name']],
      include: { author: { _extends: 'author', where: [['name', '=', '$query.name']] } },
    } as const;
    expect(JSON.stringify(prepare(query)).match(/"name","=","x"/g)).toHaveLength(2);
  });

  it('never come out of data', () => {
    expect(where(['title', '=', '$global.price'])).toEqual([['title', '=', '$$0.title']]);
    expect(where(['title', '=', '$$5.00'])).toEqual([['title', '=', '$$5.00']]);
  });

  it('that refer to the row itself count one more for each relation crossed', () => {
    expect(where(['author.profile.bio', '=', '$0.id'])).toEqual([
      {
        exists: {
          collectionName: 'users',
          where: [
            ['id', '=', '$1.authorId'],
            {
              exists: {
                collectionName: 'profiles',
                where: [
                  ['id', '=', '$1.profileId'],
                  ['bio', '=', '$2.id'],
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  const related = (...filters: unknown[]) => prepare({ collectionName: 'as', where: filters as [] }).where;

  test.each([
    ['=', '='],
    ['!=', '!='],
    ['<', '>'],
    ['>=', '<='],
  ])('that cross a relation are turned around: %s becomes %s', (operator, flipped) => {
    expect(related(['aProp1', operator, '$0.b.bProp1'])).toEqual([
      {
        exists: {
          collectionName: 'bs',
          where: [
            ['id', '=', '$1.b_id'],
            ['bProp1', flipped, '$1.aProp1'],
          ],
        },
      },
    ]);
  });

  it('that cross a relation to a set are turned around to membership', () => {
    expect(related(['aProp1', 'in', '$0.b.bSet'])).toEqual([
      {
        exists: {
          collectionName: 'bs',
          where: [
            ['id', '=', '$1.b_id'],
            ['bSet', 'SET_has', '$1.aProp1'],
          ],
        },
      },
    ]);
    expect(() => related(['aProp1', 'like', '$0.b.bProp1'])).toThrow('Cannot flip operator like');
  });

  it('may cross relations on both sides', () => {
    expect(related(['b.bProp1', '=', '$0.c.cProp1'])).toEqual([
      {
        exists: {
          collectionName: 'bs',
          where: [
            ['id', '=', '$1.b_id'],
            {
              exists: {
                collectionName: 'cs',
                where: [
                  ['id', '=', '$2.c_id'],
                  ['cProp1', '=', '$1.bProp1'],
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  it('of an enclosing row may cross its relations', () => {
    expect(
      prepare({
        collectionName: 'as',
        include: {
          same: { subquery: { collectionName: 'cs', where: [['cProp1', '=', '$1.b.bProp1']] }, cardinality: 'many' },
        },
      }).include?.['same']?.subquery.where,
    ).toEqual([
      {
        exists: {
          collectionName: 'bs',
          where: [
            ['id', '=', '$2.b_id'],
            ['bProp1', '=', '$1.cProp1'],
          ],
        },
      },
    ]);
  });
});

describe('an order over relations', () => {
  it('brings the subquery of the related row', () => {
    expect(
      prepare({
        collectionName: 'posts',
        order: [
          ['author.profile.bio', 'ASC'],
          ['id', 'DESC'],
        ],
      }).order,
    ).toEqual([
      [
        'author.profile.bio',
        'ASC',
        {
          cardinality: 'one',
          subquery: {
            collectionName: 'users',
            where: [['id', '=', '$1.authorId']],
            include: {
              profile: {
                cardinality: 'one',
                subquery: { collectionName: 'profiles', where: [['id', '=', '$1.profileId']] },
              },
            },
          },
        },
      ],
      ['id', 'DESC'],
    ]);
  });

  it('uses the same row as an inclusion of that relation', () => {
    expect(prepare({ collectionName: 'posts', order: [['latest.text', 'ASC']] }).order?.[0]?.[2]?.subquery).toEqual(
      prepare({ collectionName: 'posts', include: { latest: true } }).include?.['latest']?.subquery,
    );
  });
});

describe('a cursor', () => {
  it('is encoded by the types of the order', () => {
    const after = [[new Date(0), 'x'], true] as const;
    const order = [
      ['created', 'ASC'],
      ['id', 'ASC'],
    ] as const;
    const expected = [['1970-01-01T00:00:00.000Z', 'x'], true];
    expect(prepare({ collectionName: 'posts', order, after }).after).toEqual(expected);
    expect(schemaless({ collectionName: 'any', order, after }).after).toEqual(expected);
    expect(prepare({ collectionName: 'posts', order: [['title', 'ASC']], after: [[null], false] }).after).toEqual([
      [null],
      false,
    ]);
  });
});

describe('an invalid query', () => {
  const posts = { collectionName: 'posts' };
  const order = [['title', 'ASC']] as const;
  test.each<[string, object, string, string?]>([
    ['no collection', {}, 'InvalidCollectionNameError', 'Collection name must be provided'],
    [
      'a collection that is no text',
      { collectionName: 1 },
      'InvalidCollectionNameError',
      'Collection name must be a string',
    ],
    [
      'an unknown collection',
      { collectionName: 'bad' },
      'InvalidCollectionNameError',
      "Collection 'bad' does not exist in the schema",
    ],
    ['an inherited name', { collectionName: 'toString' }, 'InvalidCollectionNameError'],
    ['an unknown selection', { ...posts, select: ['nope'] }, 'InvalidSelectClauseError'],
    ['a selected relation', { ...posts, select: ['author'] }, 'InvalidSelectClauseError'],
    ['a selection inside a relation', { ...posts, select: ['author.name'] }, 'InvalidSelectClauseError'],
    ['a selection that is no text', { ...posts, select: [1] }, 'InvalidSelectClauseError'],
    ['an unknown relation', { ...posts, include: { nope: true } }, 'RelationDoesNotExistError'],
    ['an unknown extended relation', { ...posts, include: { a: { _extends: 'nope' } } }, 'RelationDoesNotExistError'],
    ['an included attribute', { ...posts, include: { title: true } }, 'IncludedNonRelationError'],
    ['an inclusion of nothing', { ...posts, include: { a: 1 } }, 'InvalidQueryInclusionError'],
    [
      'an unknown cardinality',
      { ...posts, include: { a: { subquery: posts, cardinality: 'some' } } },
      'InvalidQueryCardinalityError',
    ],
    ['a where that is no list', { ...posts, where: ['title', '=', 'x'] }, 'InvalidFilterError'],
    ['a where that is an object', { ...posts, where: {} }, 'InvalidQueryWhereError'],
    ['an unknown kind of filter', { ...posts, where: [{ not: [] }] }, 'InvalidFilterError'],
    ['an unknown group', { ...posts, where: [{ mod: 'xor', filters: [] }] }, 'InvalidFilterError'],
    [
      'an unknown path',
      { ...posts, where: [['nope', '=', 1]] },
      'InvalidFilterError',
      "Could not find property 'nope' in the schema",
    ],
    ['a path into a scalar', { ...posts, where: [['title.x', '=', 1]] }, 'InvalidFilterError'],
    [
      'an operator that the type lacks',
      { ...posts, where: [['published', 'in', [true]]] },
      'InvalidFilterError',
      "Operator 'in' is not valid for property 'published' of type 'boolean'",
    ],
    ['an operator on a record', { ...posts, where: [['meta', '=', {}]] }, 'InvalidFilterError'],
    ['a comparison with a relation', { ...posts, where: [['author', '=', 'x']] }, 'InvalidFilterError'],
    ['the same inside or', { ...posts, where: [or([['author', '=', 'x'], true])] }, 'InvalidFilterError'],
    ['exists of no relation', { ...posts, where: [exists('title')] }, 'InvalidFilterError'],
    ['exists of an unknown relation further on', { ...posts, where: [exists('author.nope')] }, 'InvalidFilterError'],
    ['a direction', { ...posts, order: [['title', 'UP']] }, 'InvalidOrderClauseError'],
    ['an unknown order path', { ...posts, order: [['nope', 'ASC']] }, 'InvalidOrderClauseError'],
    ['an order by a relation', { ...posts, order: [['author', 'ASC']] }, 'InvalidOrderClauseError'],
    ['an order by a set', { ...posts, order: [['tags', 'ASC']] }, 'InvalidOrderClauseError'],
    ['an order by a record', { ...posts, order: [['meta', 'ASC']] }, 'InvalidOrderClauseError'],
    ['an order by one of many', { ...posts, order: [['comments.text', 'ASC']] }, 'InvalidOrderClauseError'],
    ['a limit that is no number', { ...posts, limit: '1' }, 'InvalidQueryLimitError'],
    ['a negative limit', { ...posts, limit: -1 }, 'InvalidQueryLimitError'],
    ['a cursor alone', { ...posts, order, after: ['x'] }, 'InvalidQueryAfterError'],
    ['a cursor that is no list', { ...posts, order, after: ['x', true] }, 'InvalidQueryAfterError'],
    ['a cursor without order', { ...posts, after: [['x'], true] }, 'InvalidQueryAfterError'],
    ['a cursor that is too long', { ...posts, order, after: [['x', 'y'], true] }, 'InvalidQueryAfterError'],
    ['a cursor flag', { ...posts, order, after: [['x'], 1] }, 'InvalidQueryAfterError'],
    ['an undefined cursor value', { ...posts, order, after: [[undefined], true] }, 'InvalidQueryAfterError'],
    ['a cursor value of another type', { ...posts, order, after: [[1], true] }, 'InvalidQueryAfterError'],
    [
      'a cursor over a relation',
      { ...posts, order: [['author.name', 'ASC']], after: [['x'], true] },
      'InvalidQueryAfterError',
    ],
    [
      'a bad order and a cursor',
      { ...posts, order: [['nope', 'ASC']], after: [['x'], true] },
      'InvalidOrderClauseError',
    ],
    ['a variable without attribute', { ...posts, where: [['title', '=', '$1']] }, 'InvalidFilterError'],
    [
      'an endless relation',
      { collectionName: 'endless', include: { self: true } },
      'InvalidOperationError',
      'refers to itself',
    ],
    [
      'one by its variable',
      { collectionName: 'endless', include: { same: true } },
      'InvalidOperationError',
      'refers to itself',
    ],
  ])('is refused: %s', (_, query, name, context) => {
    expect(() => prepare(query as CollectionQuery)).toThrow(expect.objectContaining({ name }));
    if (context !== undefined) expect(() => prepare(query as CollectionQuery)).toThrow(context);
  });

  test.each<[string, object, string]>([
    ['a relation by name', { include: { author: true } }, 'InvalidQueryInclusionError'],
    ['an extended relation', { include: { a: { _extends: 'author' } } }, 'InvalidQueryInclusionError'],
    ['exists of a relation', { where: [exists('author')] }, 'InvalidFilterError'],
    ['a negative limit', { limit: -1 }, 'InvalidQueryLimitError'],
  ])('is refused without a schema: %s', (_, clauses, name) => {
    expect(() => schemaless({ collectionName: 'posts', ...clauses })).toThrow(expect.objectContaining({ name }));
  });

  it('may have any path and operator without a schema, and on system collections', () => {
    const query = { where: [['a.b', 'whatever', 1]], order: [['x.y', 'ASC']], select: ['q'] } as const;
    expect(schemaless({ collectionName: 'posts', ...query })).toMatchObject(query);
    expect(prepare({ collectionName: '_metadata', ...query })).toMatchObject(query);
  });

  it('may combine groups', () => {
    expect(where(or([and([['views', '>', 1], true]), ['title', '=', 'x']]))).toEqual([
      { mod: 'or', filters: [{ mod: 'and', filters: [['views', '>', 1], true] }, ['title', '=', 'x']] },
    ]);
  });
});
