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

test('agrees with Date.parse on every text that differs from a date in one character', () => {
  const dates = [
    '2000-01-01T00:00:00.000Z',
    '1999-12-28T23:59:59.999Z',
    '2024-02-29T10:20:30.040Z',
    '0100-10-10T11:11:11.110Z',
  ];
  for (const date of dates) {
    for (let at = 0; at < date.length; at++) {
      for (const character of '/0123456789:-.TZ ') {
        const text = date.slice(0, at) + character + date.slice(at + 1);
        expect([text, millisecondsOf(text)]).toEqual([text, Date.parse(text)]);
      }
    }
    for (const text of [date.slice(1), `${date} `, date.slice(0, 10)])
      expect(millisecondsOf(text)).toBe(Date.parse(text));
  }
});
