import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StorageRange } from '../port.ts';
import type { Cell } from '../cell.ts';
import { OrderedMap } from './ordered-map.ts';

type Entries = [string, number][];

/** The naive twin: a sorted array. */
function naiveRange(entries: Entries, { gt, gte, lt, lte, reverse, limit }: StorageRange): Entries {
  const inside = entries.filter(
    ([key]) =>
      (gt === undefined || key > gt) &&
      (gte === undefined || key >= gte) &&
      (lt === undefined || key < lt) &&
      (lte === undefined || key <= lte),
  );
  if (reverse) inside.reverse();
  return inside.slice(0, limit);
}

const sortedEntries = (map: Map<string, number>): Entries => [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

const key = fc.oneof(
  fc.integer({ min: 0, max: 2000 }).map((n) => `k${n.toString(36)}`),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('', '\uD800', '\uDFFF', '\uE000', '\uFFFF', '\u{1F600}', 'a', 'ab'),
);
const range: fc.Arbitrary<StorageRange> = fc.record(
  { gt: key, gte: key, lt: key, lte: key, reverse: fc.boolean(), limit: fc.integer({ min: 0, max: 300 }) },
  { requiredKeys: [] },
);

test('gives entries back in key order', () => {
  const map = new OrderedMap<number>();
  for (const [index, letter] of ['c', 'a', 'b'].entries()) map.set(letter, index);
  expect([...map.range({})]).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 0],
  ]);
  expect([...map.range({ reverse: true, limit: 2 })].map(([k]) => k)).toEqual(['c', 'b']);
  expect(map.count({ gte: 'b' })).toBe(2);
});

test('a key that was set again has its last value and is counted once', () => {
  const map = new OrderedMap<number>();
  map.set('a', 1);
  map.set('a', 2);
  expect([map.get('a'), map.size, [...map.range({})]]).toEqual([2, 1, [['a', 2]]]);
});

test('a cleared map is empty and usable', () => {
  const map = new OrderedMap<number>();
  for (let i = 0; i < 1000; i++) map.set(`k${i}`, i);
  map.clear();
  expect([map.size, [...map.range({})], map.count({ gte: 'a' })]).toEqual([0, [], 0]);
  map.set('a', 1);
  expect([...map.range({})]).toEqual([['a', 1]]);
});

test('bounds that cross hold nothing, in both directions', () => {
  const map = new OrderedMap<number>();
  for (let i = 0; i < 1000; i++) map.set(`k${String(i).padStart(4, '0')}`, i);
  for (const reverse of [false, true]) {
    const crossed = { gte: 'k0900', lt: 'k0100', reverse };
    expect([[...map.range(crossed)], map.count(crossed)]).toEqual([[], 0]);
  }
});

test('an iteration goes on correctly when keys are deleted and added under it', () => {
  for (const reverse of [false, true]) {
    const map = new OrderedMap<number>();
    const name = (i: number): string => `k${String(i).padStart(4, '0')}`;
    for (let i = 0; i < 1000; i++) map.set(name(i), i);
    const seen: string[] = [];
    for (const [k] of map.range({ gte: name(100), lt: name(900), reverse })) {
      seen.push(k);
      map.delete(k);
      map.set(`j${k}`, 0);
    }
    const expected = Array.from({ length: 800 }, (_, i) => name(100 + i));
    expect(seen).toEqual(reverse ? expected.reverse() : expected);
  }
});

describe.each([
  ['mostly inserts', 9, 1],
  ['as many deletes as inserts', 1, 1],
  ['mostly deletes', 1, 4],
])('after random histories of %s', (_name, setWeight, deleteWeight) => {
  const step = fc.oneof(
    { weight: setWeight, arbitrary: fc.record({ key, value: fc.nat() }) },
    { weight: deleteWeight, arbitrary: fc.record({ key, value: fc.constant(undefined) }) },
    { weight: setWeight, arbitrary: fc.record({ key, value: fc.nat(), inCell: fc.constant(true) }) },
  );
  test('it agrees with a sorted array', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 2000 }), { maxLength: 1500, size: 'max' }),
        fc.array(step, { maxLength: 1500, size: 'max' }),
        fc.array(range, { minLength: 5, maxLength: 20 }),
        (initial, steps, ranges) => {
          const map = new OrderedMap<number>();
          const model = new Map<string, number>();
          for (const n of initial) {
            map.set(`k${n.toString(36)}`, n);
            model.set(`k${n.toString(36)}`, n);
          }
          const cells = new Map<string, Cell<number>>();
          for (const { key: k, value, inCell } of steps as { key: string; value?: number; inCell?: true }[]) {
            if (value === undefined) {
              expect(map.delete(k)).toBe(model.delete(k));
              cells.delete(k);
            } else if (inCell === true) {
              const cell = cells.get(k) ?? map.cell(k);
              expect(cell?.value).toBe(model.get(k));
              if (cell === undefined) continue;
              cells.set(k, cell);
              cell.value = value;
              model.set(k, value);
            } else {
              map.set(k, value);
              model.set(k, value);
            }
          }
          const entries = sortedEntries(model);
          expect([...map.range({})]).toEqual(entries);
          expect([...map.range({ reverse: true })]).toEqual(entries.toReversed());
          expect(map.size).toBe(model.size);
          for (const [k, value] of entries) expect(map.get(k)).toBe(value);
          for (const bounds of ranges) {
            const expected = naiveRange(entries, bounds);
            expect([...map.range(bounds)]).toEqual(expected);
            expect(map.count(bounds)).toBe(expected.length);
            expect(map.count(bounds, 7)).toBe(Math.min(7, expected.length));
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

test.each(['ascending', 'descending', 'interleaved'])(
  '100 000 keys inserted %s come back, and deleting all of them leaves nothing',
  (order) => {
    const count = 100_000;
    const name = (i: number): string => String(i).padStart(6, '0');
    const at = {
      ascending: (i: number) => i,
      descending: (i: number) => count - 1 - i,
      interleaved: (i: number) => (i * 7919) % count,
    };
    const map = new OrderedMap<number>();
    for (let i = 0; i < count; i++) map.set(name(at[order as keyof typeof at](i)), i);
    let next = 0;
    for (const [k] of map.range({})) if (k === name(next)) next++;
    expect(next).toBe(count);
    expect(map.count({ gt: name(9), lte: name(99_990) })).toBe(99_981);
    for (let i = 0; i < count; i++) map.delete(name((i * 7907) % count));
    expect([map.size, [...map.range({})]]).toEqual([0, []]);
  },
);
