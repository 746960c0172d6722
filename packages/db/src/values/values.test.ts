import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { canonicalText } from './canonical-text.ts';
import { cloneJson } from './clone-json.ts';
import { equalValue } from './equal-values.ts';
import { hash, hashObject } from './hash.ts';
import { decodeMember, encodeMember, isMemberKey, liveMemberKeys, memberTypeOf, scalarsOfKey } from './set-member.ts';
import type { MemberType } from './set-member.ts';
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

  test.each<[unknown, unknown, boolean]>([
    [1, 2, false],
    [NaN, 1, false],
    ['1', 1, false],
    [null, undefined, false],
    [null, {}, false],
    ['a', { 0: 'a' }, false],
    [['a'], { 0: 'a', length: 1 }, false],
    [[1], [1, 2], false],
    [[1, 2], [1, 3], false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [{ toString: undefined }, { a: undefined }, false],
    [new Date(5), new Date(6), false],
    [new Date(NaN), new Date(NaN), true],
    [new Date(NaN), new Date(5), false],
    [new Set(), { size: 0 }, false],
    [new Set(), new Date(5), false],
    [new Set([1]), new Set([1, 2]), false],
    [new Set([1, 2]), new Set([1, 3]), false],
    [new Set([new Date(5)]), new Set([new Date(5)]), true],
  ])('of %j and %j is %j, either way round', (a, b, expected) => {
    expect(equalValue(a, b)).toBe(expected);
    expect(equalValue(b, a)).toBe(expected);
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

  test.each<[MemberType, unknown, string | undefined]>([
    ['string', 'a', 'a'],
    ['string', 1, undefined],
    ['string', null, undefined],
    ['number', 1.5, '1.5'],
    ['number', '1', undefined],
    ['boolean', false, 'false'],
    ['boolean', 'true', undefined],
    ['date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['date', 0, '1970-01-01T00:00:00.000Z'],
    ['date', '1970-01-01', '1970-01-01T00:00:00.000Z'],
    ['date', 'no date', undefined],
    ['date', new Date(NaN), undefined],
    ['date', null, undefined],
    ['date', true, undefined],
  ])('of a set of type %s: %j is %j', (type, value, key) => {
    expect(encodeMember(type, value)).toBe(key);
  });

  test.each<[MemberType, string[], string[]]>([
    ['string', ['', 'a'], []],
    ['number', ['0', '-1.5', 'NaN', 'Infinity'], ['', ' ', 'x']],
    ['boolean', ['true', 'false'], ['', '1', 'yes']],
    ['date', ['1970-01-01T00:00:00.000Z', '2020-01-01'], ['', 'x']],
  ])('of type %s have the keys %j and not %j', (type, good, bad) => {
    expect(good.filter((key) => !isMemberKey(type, key))).toEqual([]);
    expect(bad.filter((key) => isMemberKey(type, key))).toEqual([]);
  });

  it('show their type where they have one', () => {
    expect(['a', 1, true, new Date(0), null, undefined, {}].map(memberTypeOf)).toEqual([
      'string',
      'number',
      'boolean',
      'date',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are those that are flagged, or the items of a list', () => {
    expect(liveMemberKeys({ a: true, b: false, c: null, d: 1 })).toEqual(['a']);
    expect(liveMemberKeys(['a', 1])).toEqual(['a', '1']);
    for (const none of [null, undefined, 'text', 5]) expect(liveMemberKeys(none)).toEqual([]);
  });

  it('may be any scalar that is written as the key, where no schema tells', () => {
    expect(['a', '5', '05', 'true', 'false'].map(scalarsOfKey)).toEqual([
      ['a'],
      ['5', 5],
      ['05'],
      ['true', true],
      ['false', false],
    ]);
  });
});
