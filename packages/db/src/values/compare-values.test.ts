import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTuple, compareValue, encodingRank, encodingTypeOf, MAX, MIN } from './compare-values.ts';

const sorted = (values: unknown[]) => [...values].sort(compareValue);

describe('compareValue', () => {
  it('orders types: null, object, array, number, string, boolean', () => {
    expect(sorted([false, 'a', 1, [], {}, null])).toEqual([null, {}, [], 1, 'a', false]);
  });

  it('orders strings by code unit, numbers by size and false before true', () => {
    expect(sorted(['a', 'B', '9', '10'])).toEqual(['10', '9', 'B', 'a']);
    expect(sorted([2, -1, 10, -Infinity, Infinity, 0])).toEqual([-Infinity, -1, 0, 2, 10, Infinity]);
    expect(sorted([true, false])).toEqual([false, true]);
  });

  it('orders objects by their sorted entries', () => {
    expect(sorted([{ a: '2' }, { a: 3 }, {}, { a: 1 }])).toEqual([{}, { a: 1 }, { a: 3 }, { a: '2' }]);
    expect(compareValue({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(0);
    expect(compareValue({ a: 1, b: undefined }, { a: 1 })).toBe(0);
  });

  it('orders arrays by element, then length', () => {
    expect(sorted([[2], [1, 5], [1], []])).toEqual([[], [1], [1, 5], [2]]);
    const zeros = new Array<number>(10).fill(0);
    expect(compareValue([...zeros, 1], [0, 0, 1, ...zeros.slice(3), 0])).toBeLessThan(0);
  });

  it('takes undefined for null, NaN for the lowest number and -0 for 0', () => {
    expect(compareValue(undefined, null)).toBe(0);
    expect(compareValue(NaN, NaN)).toBe(0);
    expect(compareValue(NaN, -Infinity)).toBeLessThan(0);
    expect(compareValue(-Infinity, NaN)).toBeGreaterThan(0);
    expect(compareValue(-0, 0)).toBe(0);
  });

  it('has no place for what is no JSON value', () => {
    expect(() => compareValue(() => 1, 1)).toThrow('A function has no place in the order of values.');
    expect(encodingTypeOf(() => 1)).toBeUndefined();
  });

  it('orders types as their letters in keys are ordered', () => {
    const ofTypes = [undefined, null, {}, [], 1, 'a', true];
    expect(ofTypes.map(encodingTypeOf)).toEqual(['null', 'null', 'object', 'array', 'number', 'string', 'boolean']);
    expect([...encodingRank]).toEqual([
      ['null', 0],
      ['object', 1],
      ['array', 2],
      ['number', 3],
      ['string', 4],
      ['boolean', 5],
    ]);
    for (const value of ofTypes) {
      expect(compareValue(MIN, value)).toBeLessThanOrEqual(0);
      expect(compareValue(MAX, value)).toBeGreaterThanOrEqual(0);
    }
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        expect(Math.sign(compareValue(a, b))).toBe(-Math.sign(compareValue(b, a)) + 0);
        if (compareValue(a, b) <= 0 && compareValue(b, c) <= 0) expect(compareValue(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('compareTuple', () => {
  it('puts a tuple before those that begin with it', () => {
    expect([['c', 'd'], ['b', 'a'], ['c'], ['a']].sort(compareTuple)).toEqual([['a'], ['b', 'a'], ['c'], ['c', 'd']]);
  });
});
