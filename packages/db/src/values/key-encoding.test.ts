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
