/**
 * Reads and writes the text of `Date.prototype.toISOString`, several times faster than `Date` does. Other forms of text, and
 * years that are not written in four digits, are left to `Date`.
 */

/** Milliseconds since the epoch; NaN when the text is no date. */
export function millisecondsOf(text: string): number {
  if (text.length !== 24 || !hasSeparators(text)) return Date.parse(text);
  const century = twoDigits(text, 0);
  const yearOfCentury = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const tens = twoDigits(text, 20);
  const millisecond = text.charCodeAt(22) - 0x30;
  // Out of range: let the platform decide. Every month has 28 days.
  if (century + yearOfCentury >= NO_DIGITS || month < 1 || month > 12 || day < 1 || day > 28) return Date.parse(text);
  if (hour > 23 || minute > 59 || second > 59 || tens > 99 || millisecond < 0 || millisecond > 9)
    return Date.parse(text);
  const days = daysBeforeMonth(century * 100 + yearOfCentury, month) + day - 1;
  return days * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000 + tens * 10 + millisecond;
}

const DAY_MS = 86_400_000;
/** More than any two digits, or four of them in two pairs, can stand for. */
const NO_DIGITS = 1000;

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? NO_DIGITS : tens * 10 + ones;
}

/** What `toISOString` writes. The date must be a valid one. */
export function isoTextOf(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return date.toISOString();
  const month = date.getUTCMonth() + 1;
  const day = date.getUTCDate();
  // Asking the date for each of these would take longer.
  const time = date.getTime() % DAY_MS;
  const millisecondOfDay = time < 0 ? time + DAY_MS : time;
  const hour = quotient(millisecondOfDay, 3_600_000);
  const minute = quotient(millisecondOfDay, 60_000) % 60;
  const second = quotient(millisecondOfDay, 1000) % 60;
  const millisecond = millisecondOfDay % 1000;
  return String.fromCharCode(
    digit(year, 1000),
    digit(year, 100),
    digit(year, 10),
    digit(year, 1),
    0x2d,
    digit(month, 10),
    digit(month, 1),
    0x2d,
    digit(day, 10),
    digit(day, 1),
    0x54,
    digit(hour, 10),
    digit(hour, 1),
    0x3a,
    digit(minute, 10),
    digit(minute, 1),
    0x3a,
    digit(second, 10),
    digit(second, 1),
    0x2e,
    digit(millisecond, 100),
    digit(millisecond, 10),
    digit(millisecond, 1),
    0x5a,
  );
}

/** Of numbers that are not negative and less than 2^31, in whole numbers. */
const quotient = (dividend: number, divisor: number): number => (dividend / divisor) | 0;

/** The character code of one decimal digit of a number. */
const digit = (number: number, place: number): number => 0x30 + (quotient(number, place) % 10);

function hasSeparators(text: string): boolean {
  return (
    text.charCodeAt(4) === 0x2d &&
    text.charCodeAt(7) === 0x2d &&
    text.charCodeAt(10) === 0x54 &&
    text.charCodeAt(13) === 0x3a &&
    text.charCodeAt(16) === 0x3a &&
    text.charCodeAt(19) === 0x2e &&
    text.charCodeAt(23) === 0x5a
  );
}

/** Days from the epoch to the first of a month, by counting years from March so that the leap day comes last. */
function daysBeforeMonth(year: number, month: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const century = Math.floor(marchYear / 100);
  const daysFromMarch = quotient(153 * (month <= 2 ? month + 9 : month - 3) + 2, 5);
  return marchYear * 365 + (marchYear >> 2) - century + (century >> 2) + daysFromMarch - DAYS_BEFORE_EPOCH;
}

/** From 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_EPOCH = 719_468;
