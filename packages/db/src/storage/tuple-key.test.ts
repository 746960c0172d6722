import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeTuple } from '../values/key-encoding.ts';
import { keyOfTuple, tupleOfKey } from './tuple-key.ts';

test('an encoded tuple is its tuple', () => {
  expect(tupleOfKey(encodeTuple(['data', 'todos', 1, null]))).toEqual(['data', 'todos', 1, null]);
});

test('every key comes back, encoded tuple or not', () => {
  const key = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean())).map(encodeTuple),
    fc.constantFrom('fx\u0002', 'f\u0001\u0001', 'dfa', 'gmaybe\u0001', 'e0zz\u0001', encodeTuple(['_rawKey', 'x'])),
  );
  fc.assert(
    fc.property(key, (k) => {
      expect(keyOfTuple(tupleOfKey(k))).toBe(k);
    }),
    { numRuns: 500 },
  );
});
