import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTextOf, millisecondsOf } from './iso-date.ts';

test('reads what toISOString wrote', () => {
  expect(millisecondsOf('2024-02-29T23:59:58.123Z')).toBe(Date.parse('2024-02-29T23:59:58.123Z'));
  expect(millisecondsOf('1969-12-31T23:59:59.999Z')).toBe(-1);
});

/** Any year that Date knows, and more often those that are written in four digits. */
const anyDate = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }),
);

test('agrees with Date on every date, in both directions', () => {
  fc.assert(
    fc.property(anyDate, (date) => {
      expect(millisecondsOf(date.toISOString())).toBe(date.getTime());
      expect(isoTextOf(date)).toBe(date.toISOString());
    }),
    { numRuns: 5_000 },
  );
});

test('agrees with Date at the ends of years, months, days, and of what it knows', () => {
  const years = [
    -271_821, -1, 0, 1, 4, 100, 400, 1582, 1600, 1899, 1900, 1969, 1970, 2000, 2023, 2024, 9999, 10_000, 275_760,
  ];
  for (const year of years) {
    for (let month = 0; month < 12; month++) {
      const first = new Date(Date.UTC(2000, month, 1)).setUTCFullYear(year);
      for (const milliseconds of [first - 1, first, first + 28 * 86_400_000 - 1, first + 28 * 86_400_000]) {
        if (Number.isNaN(new Date(milliseconds).getTime())) continue;
        const text = new Date(milliseconds).toISOString();
        expect(isoTextOf(new Date(milliseconds))).toBe(text);
        expect(millisecondsOf(text)).toBe(milliseconds);
      }
    }
  }
  for (const milliseconds of [-8.64e15, 8.64e15, 0, -1])
    expect(isoTextOf(new Date(milliseconds))).toBe(new Date(milliseconds).toISOString());
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
