import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTuple } from './compare-values.ts';
import { decodeTuple, encodeTuple } from './key-encoding.ts';

const controlText = fc.string({ unit: fc.constantFrom('\x00', '\x01', '\x02', '\x03', 'a', 'b', '\ud83d', '\uffff') });
const component = fc.oneof(
  { weight: 3, arbitrary: controlText },
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(controlText, fc.integer()), { maxLength: 3 }),
  fc.dictionary(controlText, fc.oneof(controlText, fc.constant(null)), { maxKeys: 3, noNullPrototype: true }),
  fc.jsonValue(),
);
const tuple = fc.array(component, { maxLength: 3 });

describe('encoded tuples', () => {
  it('look like this', () => {
    expect(encodeTuple(['data', 'x', '1'])).toBe('fdata\x01fx\x01f1\x01');
    expect(encodeTuple([null, true, false, 'a\x01\x02'])).toBe('b\x01gtrue\x01gfalse\x01fa\x02\x01\x02\x02\x01');
    expect(encodeTuple([1, 0, NaN])).toBe('ebff\x01e8\x01e\x01');
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(tuple, (value) => {
        expect(decodeTuple(encodeTuple(value))).toEqual(withoutNegativeZero(value));
      }),
    );
  });

  it('sort as text exactly as the tuples sort as values', () => {
    fc.assert(
      fc.property(tuple, tuple, (a, b) => {
        const [keyA, keyB] = [encodeTuple(a), encodeTuple(b)];
        const textOrder = keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
        expect(textOrder).toBe(Math.sign(compareTuple(a, b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('sort numbers exactly, at all magnitudes', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (a, b) => {
        const [keyA, keyB] = [encodeTuple([a]), encodeTuple([b])];
        expect(keyA < keyB ? -1 : keyA > keyB ? 1 : 0).toBe(Math.sign(compareTuple([a], [b])));
      }),
    );
  });

  it('extend the key of the tuple that they begin with', () => {
    fc.assert(
      fc.property(tuple, tuple, (prefix, rest) => {
        const key = encodeTuple([...prefix, ...rest]);
        expect(key.startsWith(encodeTuple(prefix))).toBe(true);
        expect(key < `${encodeTuple(prefix)}\uffff`).toBe(true);
      }),
    );
  });

  it('are refused when broken', () => {
    expect(() => decodeTuple('fdata')).toThrow(TypeError);
    expect(() => decodeTuple('zdata\x01')).toThrow(TypeError);
    expect(() => encodeTuple([Symbol('x')])).toThrow(TypeError);
  });
});

function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNegativeZero(member)]));
}

/** Longer and longer by each level: the whole key of a value nested thirty levels deep would have a thousand million code units. */
describe('the beginning of a key', () => {
  const nested = (levels: number) => Array.from({ length: levels }).reduce<unknown>((inner) => [{ a: inner }], 'x');

  it('is that of the whole key', () => {
    fc.assert(
      fc.property(tuple, fc.nat(60), (value, limit) => {
        const whole = encodeTuple(value);
        const beginning = encodeTuple(value, limit);
        expect(beginning.slice(0, limit)).toBe(whole.slice(0, limit));
        if (beginning.length < limit) expect(beginning).toBe(whole);
      }),
    );
    expect(encodeTuple([nested(4)], 50).slice(0, 50)).toBe(encodeTuple([nested(4)]).slice(0, 50));
  });

  it('of deep, long and wide values is found without the rest', () => {
    for (const value of [nested(400), '\x01'.repeat(30_000_000), Array.from({ length: 50_000 }, () => nested(3))])
      expect(encodeTuple([value], 400).length).toBeLessThan(2_000);
  });

  it('is all that can be had of a value that is too deep or too long', () => {
    for (const value of [nested(30), '\x01'.repeat(2_000_000)])
      expect(() => encodeTuple([value])).toThrow('A key is too long, or nested too deeply.');
  });
});
