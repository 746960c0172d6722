import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { canonicalText } from './canonical-text.ts';
import { cloneJson } from './clone-json.ts';
import { equalValue } from './equal-values.ts';
import { hash, hashObject } from './hash.ts';
import { decodeMember, encodeMember, isMemberKey, memberTypeOf } from './set-member.ts';
import { ValuePointer } from './value-pointer.ts';

test('known hashes', () => {
  expect(hashObject({})).toBe(1415952421);
  expect(hashObject('abc')).toBe(440920331);
  expect(hashObject({ b: 1, a: { c: [true, 'x'] } })).toBe(3849750076);
  expect(hashObject({ a: 1, b: [1, null, undefined, 'x'] })).toBe(3453289835);
  expect(hash('abc')).toBe('440920331');
});

describe('equalValue', () => {
  it('compares in depth and exactly', () => {
    expect(equalValue({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
    expect(equalValue({ a: null }, { a: undefined })).toBe(false);
    expect(equalValue({ a: undefined }, {})).toBe(false);
    expect(equalValue([], {})).toBe(false);
    expect(equalValue(NaN, NaN)).toBe(true);
    expect(equalValue(new Date(5), new Date(5))).toBe(true);
    expect(equalValue(new Date(5), {})).toBe(false);
    expect(equalValue(new Set([1, 2]), new Set([2, 1]))).toBe(true);
    expect(equalValue(new Set([new Date(5)]), new Set([new Date(6)]))).toBe(false);
    expect(equalValue({ constructor: 1 }, { other: 1 })).toBe(false);
  });
});

describe('canonicalText', () => {
  it('is shared exactly by equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(canonicalText(a)).toBe(canonicalText(structuredClone(a)));
        expect(canonicalText(a) === canonicalText(b)).toBe(equalValue(cloneJson(a), cloneJson(b)) || isZeroPair(a, b));
      }),
    );
  });
  const isZeroPair = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

  it('tells types apart and ignores key and member order', () => {
    const values = [
      1,
      '1',
      true,
      'true',
      null,
      'null',
      undefined,
      [],
      {},
      new Set(),
      new Date(1),
      ['1'],
      new Set(['1']),
      [1],
    ];
    expect(new Set(values.map(canonicalText)).size).toBe(values.length);
    expect(canonicalText({ a: 1, b: 2, c: undefined })).toBe(canonicalText({ b: 2, a: 1 }));
    expect(canonicalText(new Set(['a', 'b']))).toBe(canonicalText(new Set(['b', 'a'])));
  });
});

describe('ValuePointer', () => {
  it('walks objects and arrays', () => {
    expect(ValuePointer.Get({ a: [{ b: 1 }] }, 'a.0.b')).toBe(1);
    expect(ValuePointer.Get({ a: [{ b: 1 }] }, ['a', '0', 'b'])).toBe(1);
    expect(ValuePointer.Get({ a: null }, 'a.b.c')).toBeUndefined();
    expect(ValuePointer.Get({}, 'constructor')).toBeUndefined();
    expect(ValuePointer.Get({}, '__proto__.toString')).toBeUndefined();
  });

  it('creates what is missing', () => {
    const target = { a: 1 };
    ValuePointer.Set(target, 'b.c.d', 5);
    ValuePointer.Set(target, 'a.x', 6);
    expect(target).toEqual({ a: { x: 6 }, b: { c: { d: 5 } } });
  });

  it('never reaches a prototype', () => {
    const target = {};
    ValuePointer.Set(target, '__proto__.polluted', true);
    ValuePointer.Set(target, 'constructor.prototype.polluted', true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(ValuePointer.Get(target, '__proto__.polluted')).toBe(true);
  });
});

describe('cloneJson', () => {
  it('copies JSON and shares nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const clone = cloneJson(value);
        // As JSON has it: without a negative zero.
        expect(clone).toEqual(JSON.parse(JSON.stringify(value)));
        if (typeof value === 'object' && value !== null) expect(clone).not.toBe(value);
      }),
    );
  });

  it('makes JSON of what is nearly JSON', () => {
    expect(cloneJson({ at: new Date(0), set: new Set([1]), gone: undefined, list: [undefined] })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      set: [1],
      list: [null],
    });
  });

  it('keeps __proto__ as a plain key', () => {
    const clone = cloneJson(JSON.parse('{"__proto__":{"polluted":true}}') as object);
    expect(Object.keys(clone)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(clone)).toBe(Object.prototype);
  });

  it('refuses cycles and functions in words', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => cloneJson(cycle)).toThrow(/cyclic or nested deeper/);
    expect(() => cloneJson({ f: () => 1 })).toThrow(/function is not a JSON value/);
  });
});

describe('set members', () => {
  it('come back from their keys', () => {
    const member = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.date({ noInvalidDate: true }));
    fc.assert(
      fc.property(member, (value) => {
        const type = memberTypeOf(value)!;
        const key = encodeMember(type, value)!;
        expect(isMemberKey(type, key)).toBe(true);
        expect(decodeMember(type, key)).toEqual(Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  it('have the type of the set', () => {
    expect(encodeMember('number', '1')).toBeUndefined();
    expect(encodeMember('string', null)).toBeUndefined();
    expect(encodeMember('date', 'no date')).toBeUndefined();
    expect(encodeMember('date', 0)).toBe('1970-01-01T00:00:00.000Z');
    expect(isMemberKey('number', 'x')).toBe(false);
  });
});
