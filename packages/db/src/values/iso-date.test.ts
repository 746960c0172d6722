import fc from 'fast-check';
import { expect, test } from 'vitest';
import { millisecondsOf } from './iso-date.ts';

test('reads what toISOString wrote', () => {
  expect(millisecondsOf('2024-02-29T23:59:58.123Z')).toBe(Date.parse('2024-02-29T23:59:58.123Z'));
  expect(millisecondsOf('1969-12-31T23:59:59.999Z')).toBe(-1);
});

test('agrees with Date.parse on every date', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(millisecondsOf(date.toISOString())).toBe(date.getTime());
    }),
    { numRuns: 2_000 },
  );
});

test('agrees with Date.parse on texts that only look like dates', () => {
  const almost = fc
    .tuple(
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
      fc.nat(23),
      fc.constantFrom(...'0189-:.TZx '),
    )
    .map(([date, at, character]) => {
      const text = date.toISOString();
      return text.slice(0, at) + character + text.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(almost, fc.string()), (text) => {
      expect(millisecondsOf(text)).toBe(Date.parse(text));
    }),
    { numRuns: 5_000 },
  );
});
