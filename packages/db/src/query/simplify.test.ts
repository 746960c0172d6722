import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { PreparedFilter, PreparedQuery } from '../ast/query.ts';
import { satisfiesFilters } from './evaluate.ts';
import { hashFilter, hashPreparedQuery, hashQuery } from './hash-query.ts';
import { simplified, simplifyFilterGroup, simplifyQuery } from './simplify.ts';

const a = ['a', '=', 1] as const;
const b = ['b', '=', 2] as const;
const c = ['c', '=', 3] as const;
const and = (...filters: PreparedFilter[]): PreparedFilter => ({ mod: 'and', filters });
const or = (...filters: PreparedFilter[]): PreparedFilter => ({ mod: 'or', filters });
const exists = (...where: PreparedFilter[]): PreparedFilter => ({ exists: { collectionName: 'd', where } });
const simplify = (...where: PreparedFilter[]) => simplified({ collectionName: 'c', where }).where;

describe('simplification', () => {
  test.each<[string, PreparedFilter[], PreparedFilter[] | undefined]>([
    ['removes duplicates and keeps the first', [a, a, true, true], [a, true]],
    [
      'finds duplicates whatever the order inside',
      [or(a, b), or(b, a), exists(a, b), exists(b, a)],
      [or(a, b), exists(a, b)],
    ],
    ['lets false decide a list', [true, false], [false]],
    ['lets true decide an or', [or(a, true, b)], [true]],
    ['keeps false in an or', [or(false, a)], [or(false, a)]],
    ['drops empty groups', [or(), and(), a], [a]],
    ['drops groups that become empty', [or(and(or()))], undefined],
    ['unwraps groups of one', [or(a)], [a]],
    ['flattens groups into their like', [and(a, and(b, c))], [a, b, c]],
    ['flattens what was unwrapped', [or(and(a, b))], [a, b]],
    ['flattens or into or', [or(a, or(b, c))], [or(a, b, c)]],
    ['removes duplicates that flattening brings', [or(or(a, b), or(b, a))], [or(a, b)]],
    ['knows that nothing exists under false', [exists(a, false)], [false]],
    ['knows it in groups and inside exists', [or(exists(exists(false)), a)], [or(false, a)]],
    ['keeps an exists of anything', [exists(true)], [exists(true)]],
    [
      'tells types apart',
      [
        ['a', '=', true],
        ['a', '=', 'true'],
      ],
      [
        ['a', '=', true],
        ['a', '=', 'true'],
      ],
    ],
  ])('%s', (_, where, expected) => {
    expect(simplify(...where)).toEqual(expected);
  });

  it('reaches inclusions, order subqueries and what they contain', () => {
    const subquery: PreparedQuery = { collectionName: 'd', where: [and(a)], include: {}, order: [] };
    const simple = { collectionName: 'd', where: [a] };
    expect(
      simplified({
        collectionName: 'c',
        include: {
          d: { subquery: { ...subquery, include: { e: { subquery, cardinality: 'one' } } }, cardinality: 'many' },
        },
        order: [['d.x', 'ASC', { subquery, cardinality: 'one' }]],
      }),
    ).toEqual({
      collectionName: 'c',
      include: {
        d: { subquery: { ...simple, include: { e: { subquery: simple, cardinality: 'one' } } }, cardinality: 'many' },
      },
      order: [['d.x', 'ASC', { subquery: simple, cardinality: 'one' }]],
    });
  });

  it('happens in place when asked by its public name', () => {
    const query: PreparedQuery = { collectionName: 'c', where: [and(a, a)], order: [] };
    expect(simplifyQuery(query)).toBe(query);
    expect(query).toEqual({ collectionName: 'c', where: [a] });
    expect(simplifyFilterGroup({ mod: 'or', filters: [a, a] })).toEqual(a);
    expect(simplifyFilterGroup({ mod: 'or', filters: [] })).toBeUndefined();
  });

  const statement = fc.constantFrom<PreparedFilter>(a, b, ['a', '=', 2], ['b', '!=', 2]);
  const { filter } = fc.letrec<{ filter: PreparedFilter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4 },
      statement,
      fc.boolean(),
      fc.record({
        mod: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { minLength: 1, maxLength: 4 }),
      }),
    ),
  }));

  it('never changes what a filter means, and has nothing to do a second time', () => {
    const row = fc.record({ a: fc.integer({ min: 1, max: 2 }), b: fc.integer({ min: 1, max: 2 }) });
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 4 }), row, (where, entity) => {
        const simple = simplify(...where) ?? [];
        expect(satisfiesFilters(entity, simple)).toBe(satisfiesFilters(entity, where));
        expect(simplify(...simple) ?? []).toEqual(simple);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the hash of a prepared query', () => {
  const base: PreparedQuery = {
    collectionName: 'c',
    select: ['x', 'y'],
    where: [a, or(b, exists(a, c))],
    order: [
      ['x', 'ASC'],
      ['y', 'ASC'],
    ],
    limit: 1,
    after: [[1, 2], true],
    include: {
      d: { subquery: { collectionName: 'd' }, cardinality: 'one' },
      e: { subquery: { collectionName: 'e' }, cardinality: 'one' },
    },
  };
  const { d, e } = base.include!;

  it('is an unsigned 32-bit number', () => {
    const hash = hashPreparedQuery(base);
    expect(hash >>> 0).toBe(hash);
  });

  test.each<[string, Partial<PreparedQuery>]>([
    ['filters', { where: [or(exists(c, a), b), a] }],
    ['selected paths', { select: ['y', 'x'] }],
    ['inclusions', { include: { e: e!, d: d! } }],
  ])('does not depend on the sequence of %s', (_, clauses) => {
    expect(hashPreparedQuery({ ...base, ...clauses })).toBe(hashPreparedQuery(base));
  });

  test.each<[string, Partial<PreparedQuery>]>([
    ['collection', { collectionName: 'd' }],
    ['no selection', { select: undefined }],
    ['an empty selection', { select: [] }],
    ['operator', { where: [['a', '!=', 1], or(b, exists(a, c))] }],
    ['value type', { where: [['a', '=', '1'], or(b, exists(a, c))] }],
    ['group', { where: [a, and(b, exists(a, c))] }],
    [
      'sequence of orders',
      {
        order: [
          ['y', 'ASC'],
          ['x', 'ASC'],
        ],
      },
    ],
    [
      'direction',
      {
        order: [
          ['x', 'DESC'],
          ['y', 'ASC'],
        ],
      },
    ],
    ['limit', { limit: 0 }],
    ['no limit', { limit: undefined }],
    ['cursor', { after: [[2, 1], true] }],
    ['cursor flag', { after: [[1, 2], false] }],
    ['alias', { include: { d: d!, f: e! } }],
    ['cardinality', { include: { d: d!, e: { ...e!, cardinality: 'many' } } }],
  ])('depends on: %s', (_, clauses) => {
    expect(hashPreparedQuery({ ...base, ...clauses })).not.toBe(hashPreparedQuery(base));
  });

  it('of a filter comes with the text that it is made of', () => {
    expect(hashFilter(or(a, b))).toEqual(hashFilter(or(b, a)));
    expect(typeof hashFilter(a).sortKey).toBe('string');
  });
});

test('the hash of a query as written ignores unknown and absent clauses and the sequence of keys', () => {
  const query = { collectionName: 'c', limit: 1, where: [a] };
  expect(hashQuery({ where: [a], limit: 1, collectionName: 'c', traceId: 'x', select: undefined } as never)).toBe(
    hashQuery(query),
  );
  expect(hashQuery({ ...query, limit: 2 })).not.toBe(hashQuery(query));
  expect(hashQuery(query)).toMatch(/^\d+$/);
});
