import fc from 'fast-check';
import { expect, test } from 'vitest';
import { equalValue } from '../values/equal-values.ts';
import { fromJsonText, toJsonText } from './json-text.ts';

test('a value is stored as plain JSON', () => {
  expect(toJsonText({ a: [1, null], b: 'null' })).toBe('{"a":[1,null],"b":"null"}');
});

test('numbers that JSON lacks come back', () => {
  const row = { id: 'a', n: NaN, list: [Infinity, null, { deep: -Infinity }], ['__proto__']: 1 };
  Object.defineProperty(row, '__proto__', { value: { x: NaN }, enumerable: true });
  expect(equalValue(fromJsonText(toJsonText(row)), row)).toBe(true);
  for (const number of [NaN, Infinity, -Infinity]) expect(fromJsonText(toJsonText(number))).toBe(number);
});

test('law: what was stored comes back, whatever its keys and numbers', () => {
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, NaN, Infinity, -Infinity, '!', 'null', true),
      fc.double().map((number) => (number === 0 ? 0 : number)),
      fc.string({ unit: 'binary' }),
      fc.array(tie('any')),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('value', 'numbers', '!', 'constructor')), tie('any')),
    ),
  })).any;
  fc.assert(fc.property(value, (given) => equalValue(fromJsonText(toJsonText(given)), given)));
});
