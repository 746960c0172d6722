import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { applyChange, mergeChange } from './apply-change.ts';
import { changesToTriples } from './changes-to-triples.ts';
import { MAX_ARRAY_GROWTH } from './json-kind.ts';
import {
  areChangesEmpty,
  deepIsEmpty,
  deepObjectAssign,
  emptyChanges,
  isEmpty,
  mergeDBChanges,
} from './merge-changes.ts';
import type { Change, DBChanges } from './types.ts';

describe('applyChange', () => {
  it('merges objects in depth and reports what really changed', () => {
    const row = { id: '1', a: 1, nested: { x: 1, y: 2 }, other: { z: 1 } };
    const { prev, next, change } = applyChange(row, { a: 1, nested: { x: 5, y: 2 } });
    expect(prev).toBe(row);
    expect(next).toEqual({ id: '1', a: 1, nested: { x: 5, y: 2 }, other: { z: 1 } });
    expect(change).toEqual({ nested: { x: 5 } });
    expect(next!['other']).toBe(row.other);
    expect(row.nested.x).toBe(1);
  });

  it('keeps the very row when nothing changes', () => {
    const row = { id: '1', tags: { a: true }, list: [1, { x: 1 }] };
    const { next, change } = applyChange(row, { tags: { a: true }, list: [1, { x: 1 }], tagsOfOthers: undefined });
    expect(next).toBe(row);
    expect(isEmpty(change)).toBe(true);
  });

  it('stores a change with an id when there is no row, and ignores one without', () => {
    const insert = { id: '1', a: 1 };
    expect(applyChange(undefined, insert)).toEqual({ prev: undefined, next: insert, change: insert });
    expect(applyChange(undefined, { a: 1 })).toEqual({ prev: undefined, next: undefined, change: {} });
  });

  it('replaces arrays and scalars, sets null and removes what is undefined', () => {
    const row = { id: '1', list: [1, 2], a: 1, b: 2 };
    const { next, change } = applyChange(row, { list: [3], a: null, b: undefined });
    expect(next).toStrictEqual({ id: '1', list: [3], a: null });
    expect(change).toStrictEqual({ list: [3], a: null, b: undefined });
  });

  it('puts a patch by index into an array', () => {
    const list = (patch: Change) => applyChange({ list: [1, 2, { x: 1 }] }, { list: patch }).next!['list'];
    expect(list({ '3': 4 })).toEqual([1, 2, { x: 1 }, 4]);
    expect(list({ '5': 4 })).toEqual([1, 2, { x: 1 }, null, null, 4]);
    expect(list({ '2': { y: 2 } })).toEqual([1, 2, { x: 1, y: 2 }]);
    expect(list({ '3': 4, length: 4 })).toEqual([1, 2, { x: 1 }, 4]);
    expect(list({ length: 1 })).toEqual([1]);
    expect(list({ '0': undefined })).toStrictEqual([null, 2, { x: 1 }]);
    expect(list({ '0': 1, '1': 5 })).toEqual([1, 5, { x: 1 }]);
    expect(list({})).toEqual([1, 2, { x: 1 }]);
    expect(list({ '1': 2, other: 1 })).toEqual({ '1': 2, other: 1 });
    expect(list({ '01': 2 })).toEqual({ '01': 2 });
    expect(list({ [3 + MAX_ARRAY_GROWTH + 1]: 2 })).not.toBeInstanceOf(Array);
  });

  it('makes an array longer or shorter by its length, and says so', () => {
    const row = { id: '1', list: [1, 2, 3] };
    expect(applyChange(row, { list: { length: 5 } }).next!['list']).toStrictEqual([1, 2, 3, null, null]);
    expect(applyChange(row, { list: { length: 1 } })).toMatchObject({
      next: { list: [1] },
      change: { list: { length: 1 } },
    });
    expect(applyChange(row, { list: { '1': 2, length: 3 } }).next).toBe(row);
  });

  it('treats __proto__ and constructor as data', () => {
    const change = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ) as Change;
    const { next } = applyChange({ id: '1', nested: {} }, { nested: change });
    expect(Object.keys(next!['nested'] as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.keys(applyChange(next, { nested: { ['constructor']: null } }).next!['nested'] as object)).toEqual([
      '__proto__',
      'constructor',
    ]);
    expect(({} as Change)['polluted']).toBeUndefined();
  });

  it('is idempotent, and its reported change has the same effect', () => {
    fc.assert(
      fc.property(row, patch, (before, sets) => {
        const { next, change } = applyChange(before, sets);
        expect(applyChange(next, sets).next).toBe(next);
        expect(applyChange(before, change).next).toEqual(next);
      }),
    );
  });
});

const leaf = fc.constantFrom<unknown>(0, 1, 'a', true, null, [1], [1, 2, 3]);
const tree = fc.letrec((tie) => ({
  object: fc.dictionary(
    fc.constantFrom('a', 'b', '__proto__', 'constructor'),
    fc.oneof({ depthSize: 'small' }, leaf, tie('object')),
    {
      noNullPrototype: true,
    },
  ),
})).object as fc.Arbitrary<Change>;
const row = tree.map((value) => ({ ...value, id: '1' }));
const patch = tree;
describe('mergeChange', () => {
  const member = fc.record({ c: leaf, d: leaf }, { requiredKeys: [] });
  const change = fc.record({ a: leaf, b: member }, { requiredKeys: [] }) as fc.Arbitrary<Change>;

  it('has the effect of both changes in turn when objects stay objects', () => {
    fc.assert(
      fc.property(change, change, change, (before, first, second) => {
        const current = { ...before, id: '1' };
        const inTurn = applyChange(applyChange(current, first).next, second).next;
        expect(applyChange(current, mergeChange(first, second)).next).toEqual(inTurn);
      }),
    );
  });

  it('is associative when objects stay objects', () => {
    fc.assert(
      fc.property(change, change, change, (a, b, c) => {
        expect(mergeChange(mergeChange(a, b), c)).toEqual(mergeChange(a, mergeChange(b, c)));
      }),
    );
  });

  it('puts a patch by index into a pending array and joins two patches', () => {
    expect(mergeChange({ list: [1, 2] }, { list: { '2': 3 } })).toEqual({ list: [1, 2, 3] });
    expect(mergeChange({ list: { '2': 3 } }, { list: { '3': 4 } })).toEqual({ list: { '2': 3, '3': 4 } });
    expect(mergeChange({ list: [1, 2] }, { list: {} })).toEqual({ list: [1, 2] });
    expect(mergeChange({ list: [1, 2] }, { list: { x: 1 } })).toEqual({ list: { x: 1 } });
    expect(mergeChange({ list: 5 }, { list: { '0': 1 } })).toEqual({ list: { '0': 1 } });
  });
});

describe('mergeDBChanges', () => {
  const changes = (sets: Record<string, Change>, deletes: string[] = []): DBChanges => ({
    todos: { sets: new Map(Object.entries(sets)), deletes: new Set(deletes) },
  });

  it('merges sets, and lets a delete drop the pending set', () => {
    expect(mergeDBChanges(changes({ '1': { a: { x: 1 } } }), changes({ '1': { a: { y: 2 } } }))).toEqual(
      changes({ '1': { a: { x: 1, y: 2 } } }),
    );
    expect(mergeDBChanges(changes({ '1': { id: '1' } }), changes({}, ['1']))).toEqual(changes({}, ['1']));
  });

  it('keeps a delete beside a later set: the entity is replaced', () => {
    expect(mergeDBChanges(changes({}, ['1']), changes({ '1': { id: '1' } }))).toEqual(
      changes({ '1': { id: '1' } }, ['1']),
    );
    expect(mergeDBChanges(changes({ '1': { old: 1 } }), changes({ '1': { id: '1' } }, ['1']))).toEqual(
      changes({ '1': { id: '1' } }, ['1']),
    );
  });

  it('leaves its sources alone, also later', () => {
    const source = changes({ '1': { a: { x: 1 } } });
    const target = mergeDBChanges({}, source);
    mergeDBChanges(target, changes({ '1': { a: { y: 2 } } }));
    expect(source).toEqual(changes({ '1': { a: { x: 1 } } }));
  });

  it('takes any collection name', () => {
    const source = { ['__proto__']: { sets: new Map([['1', { id: '1' }]]), deletes: new Set<string>() } };
    expect(Object.keys(mergeDBChanges({}, source))).toEqual(['__proto__']);
  });
});

test('emptiness', () => {
  expect(areChangesEmpty(emptyChanges())).toBe(true);
  expect(areChangesEmpty({})).toBe(true);
  expect(areChangesEmpty({ a: { sets: new Map(), deletes: new Set() } })).toBe(true);
  expect(areChangesEmpty({ a: { sets: new Map(), deletes: new Set(['1']) } })).toBe(false);
  expect(isEmpty({})).toBe(true);
  expect(isEmpty({ a: undefined })).toBe(false);
  expect(isEmpty(Object.create({ inherited: 1 }) as object)).toBe(true);
  expect(deepIsEmpty({ a: { b: {} } })).toBe(true);
  expect(deepIsEmpty({ a: { b: null } })).toBe(false);
  expect(deepIsEmpty({ a: [] })).toBe(false);
});

test('deepObjectAssign changes its target', () => {
  const target = { a: { x: 1 }, b: 1 };
  expect(deepObjectAssign(target, undefined, { a: { y: 2 }, c: [1] }, { b: null })).toBe(target);
  expect(target).toEqual({ a: { x: 1, y: 2 }, b: null, c: [1] });
});

test('changesToTriples lists the leaves', () => {
  const changes = { todos: { sets: new Map([['1', { a: { b: 1, c: null }, d: [1] }]]), deletes: new Set(['2']) } };
  expect(changesToTriples(changes, [1, 0, 'c'])).toEqual([
    { id: '1', collection: 'todos', attribute: ['a', 'b'], value: 1, timestamp: [1, 0, 'c'] },
    { id: '1', collection: 'todos', attribute: ['a', 'c'], value: null, timestamp: [1, 0, 'c'] },
    { id: '1', collection: 'todos', attribute: ['d'], value: [1], timestamp: [1, 0, 'c'] },
  ]);
});
