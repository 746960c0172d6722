import { describe, expect, it, test } from 'vitest';
import type { QueryAfter } from './types.ts';
import { and, exists, or } from './filters.ts';
import { QueryBuilder, RelationBuilder, queryBuilder, relationBuilder } from './query-builder.ts';

const where = (...input: unknown[]) =>
  (queryBuilder('c').Where('x', '=', 0).Where as (...args: unknown[]) => QueryBuilder)(...input);

describe('a query builder', () => {
  it('is a query', () => {
    const query = queryBuilder('todos').Select(['id', 'text']).Where('done', '=', false).Order('text', 'ASC').Limit(2);
    expect({ ...query }).toEqual({
      collectionName: 'todos',
      select: ['id', 'text'],
      where: [['done', '=', false]],
      order: [['text', 'ASC']],
      limit: 2,
      include: undefined,
      after: undefined,
      vars: undefined,
    });
  });

  it('has exactly the clauses of a query as its own properties', () => {
    const clauses = ['collectionName', 'select', 'where', 'limit', 'order', 'include', 'after', 'vars'];
    expect(Object.keys(queryBuilder('x')).sort()).toEqual(clauses.sort());
    expect(JSON.stringify(queryBuilder('x'))).toBe('{"collectionName":"x"}');
    expect(JSON.stringify(new QueryBuilder('x', { limit: 1 }))).toBe('{"collectionName":"x","limit":1}');
  });

  it('never changes: every step returns another one', () => {
    const first = queryBuilder('c').Id('123').Order('a', 'ASC').Where(['name', '=', 'foo']);
    const second = first.Id('234').Order('b', 'DESC').Where(['age', '=', 21]).Include('r').Limit(1).Vars({ a: 1 });
    expect(second.where).toEqual([
      ['name', '=', 'foo'],
      ['id', '=', '234'],
      ['age', '=', 21],
    ]);
    expect(second.order).toEqual([
      ['a', 'ASC'],
      ['b', 'DESC'],
    ]);
    expect(first.where).toEqual([
      ['id', '=', '123'],
      ['name', '=', 'foo'],
    ]);
    expect(first.order).toEqual([['a', 'ASC']]);
    expect(first.include).toBeUndefined();
  });
});

describe('Where', () => {
  const subquery = { exists: { collectionName: 'd' } };
  test.each<[unknown[], unknown[]]>([
    [['a', '=', 1], [['a', '=', 1]]],
    [[['a', '=', 1]], [['a', '=', 1]]],
    [
      [['a', '=', 1], or([['b', '=', 2]]), true],
      [['a', '=', 1], { mod: 'or', filters: [['b', '=', 2]] }, true],
    ],
    [[[['a', '=', 1], false]], [['a', '=', 1], false]],
    [
      [
        [
          ['a', '=', 1],
          ['b', '=', 2],
          ['c', '=', 3],
        ],
      ],
      [
        ['a', '=', 1],
        ['b', '=', 2],
        ['c', '=', 3],
      ],
    ],
    [[true], [true]],
    [[subquery], [subquery]],
    [[exists('r')], [{ exists: { _extends: 'r' } }]],
    [[and([])], [{ mod: 'and', filters: [] }]],
    [[], []],
    [[undefined], []],
    [[undefined, ['a', '=', 1]], []],
    [[[]], []],
  ])('accepts %j', (input, added) => {
    expect(where(...input).where).toEqual([['x', '=', 0], ...added]);
  });

  test.each([[['a', '=']], [[[undefined]]], [[null]], [[{}]], [[1]], [['a']], [[['a', '=', 1], 'b']]])(
    'refuses %j',
    (input) => {
      expect(() => where(...(input as unknown[]))).toThrow(
        expect.objectContaining({ name: 'QueryClauseFormattingError' }),
      );
    },
  );

  it('gives an empty list when there is nothing to add to nothing', () => {
    expect(queryBuilder('c').Where().where).toEqual([]);
    expect(queryBuilder('c').Where(undefined).where).toEqual([]);
    expect(queryBuilder('c').Order().order).toEqual([]);
  });
});

describe('Order', () => {
  const order = (...input: unknown[]) =>
    (queryBuilder('c').Order as (...args: unknown[]) => QueryBuilder).call(queryBuilder('c'), ...input);
  test.each<[unknown[], unknown[]]>([
    [['a', 'ASC'], [['a', 'ASC']]],
    [[['a', 'ASC']], [['a', 'ASC']]],
    [
      [
        ['a', 'ASC'],
        ['b', 'DESC'],
      ],
      [
        ['a', 'ASC'],
        ['b', 'DESC'],
      ],
    ],
    [
      [
        [
          ['a', 'ASC'],
          ['b', 'DESC'],
        ],
      ],
      [
        ['a', 'ASC'],
        ['b', 'DESC'],
      ],
    ],
    [[undefined], []],
  ])('accepts %j', (input, expected) => {
    expect(order(...input).order).toEqual(expected);
  });
  test.each([[['a']], [[['a', 1]]], [[null]], [['a', 'ASC', 'b']]])('refuses %j', (input) => {
    expect(() => order(...(input as unknown[]))).toThrow(
      expect.objectContaining({ name: 'QueryClauseFormattingError' }),
    );
  });
});

describe('After', () => {
  const ordered = queryBuilder('c').Order(['a', 'ASC'], ['r.b', 'DESC']);
  test.each<[unknown, QueryAfter | undefined]>([
    [
      [1, 'x'],
      [[1, 'x'], false],
    ],
    [{ a: 1, r: { b: 'x' }, c: 3 }, [[1, 'x'], false]],
    [{ a: 1 }, [[1, null], false]],
    [undefined, undefined],
    [null, undefined],
  ])('%j', (cursor, expected) => {
    expect(ordered.After(cursor as object).after).toEqual(expected);
  });

  it('can include the row of the cursor', () => {
    expect(ordered.After([1, 2], true).after).toEqual([[1, 2], true]);
  });

  it('does not take an attribute that was not selected for null', () => {
    expect(ordered.Select(['a']).After({ a: 1 }).after).toEqual([[1, undefined], false]);
  });

  it('needs an order and something like a cursor', () => {
    expect(() => queryBuilder('c').After([1])).toThrow(
      expect.objectContaining({ name: 'AfterClauseWithNoOrderError' }),
    );
    expect(queryBuilder('c').After(undefined).after).toBeUndefined();
    for (const bad of ['x', 5, new Date(0), new Set([1]), new Map()]) {
      expect(() => ordered.After(bad as never)).toThrow(
        expect.objectContaining({ name: 'QueryClauseFormattingError' }),
      );
    }
  });
});

describe('inclusions', () => {
  it('are relations, extended relations or subqueries, by alias', () => {
    const query = queryBuilder('c')
      .Include('r')
      .Include('s', { _extends: 'r', limit: 1 })
      .Include('t', (rel) => rel('r').Where('a', '=', 1).Include('u'))
      .SubqueryOne('one', queryBuilder('d'))
      .SubqueryMany('many', (sub) => sub('d').Limit(3));
    expect(query.include).toEqual({
      r: null,
      s: { _extends: 'r', limit: 1 },
      t: new RelationBuilder('r', { where: [['a', '=', 1]], include: { u: null } }),
      one: { subquery: queryBuilder('d'), cardinality: 'one' },
      many: { subquery: new QueryBuilder('d', { limit: 3 }), cardinality: 'many' },
    });
    expect(query.Include('r', { _extends: 'x' }).include.r).toEqual({ _extends: 'x' });
  });
});

test('a function that returns no builder is refused, not an inclusion of nothing', () => {
  const forgetful = (() => undefined) as never;
  const error = expect.objectContaining({
    name: 'QueryClauseFormattingError',
    message: expect.stringContaining('must return the builder'),
  });
  for (const builder of [queryBuilder('c'), relationBuilder('r') as unknown as QueryBuilder]) {
    expect(() => builder.Include('x', forgetful)).toThrow(error);
    expect(() => builder.SubqueryOne('x', forgetful)).toThrow(error);
    expect(() => builder.SubqueryMany('x', forgetful)).toThrow(error);
  }
});

describe('a relation builder', () => {
  it('is an inclusion', () => {
    expect(Object.keys(relationBuilder('r')).sort()).toEqual(
      ['_extends', 'select', 'where', 'limit', 'order', 'include'].sort(),
    );
    const built = relationBuilder('r').Select(['a']).Id('1').Id('2').Order('a', 'ASC').Limit(1);
    expect(JSON.parse(JSON.stringify(built))).toEqual({
      _extends: 'r',
      select: ['a'],
      where: [['id', '=', '2']],
      order: [['a', 'ASC']],
      limit: 1,
    });
  });
});
