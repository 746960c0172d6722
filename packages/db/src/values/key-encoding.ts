/**
 * Tuples as strings whose UTF-16 code unit order is the order of `compareTuple`. A component is a type letter and a
 * payload, ended by \x01; the control characters \x00–\x02 are escaped by \x02 inside payloads, so an end sorts below
 * everything that could stand in its place.
 */
import { encodingByte, sortedEntries } from './compare-values.ts';

export type Tuple = readonly unknown[];

const END = '\x01';
const ESCAPE = '\x02';
const MAX_ESCAPED_LENGTH = 1 << 20;
// oxlint-disable-next-line no-control-regex -- these characters are the format
const EVERY_SPECIAL = /[\x00-\x02]/g;
// oxlint-disable-next-line no-control-regex -- these characters are the format
const EVERY_ESCAPED = /\x02([\x00-\x02])/g;

/**
 * `limit`: whoever needs no more code units of the key than that may get a longer one, which is right up to there. The whole
 * key of a nested value doubles in length with each level.
 */
export function encodeTuple(tuple: Tuple, limit = Infinity): string {
  let key = '';
  for (let i = 0; i < tuple.length && key.length < limit; i++) key += encodeValue(tuple[i], limit) + END;
  return key;
}

/** Throws a `TypeError` when the key is not an encoded tuple. */
export function decodeTuple(key: string): unknown[] {
  const tuple: unknown[] = [];
  let start = 0;
  for (let i = 0; i < key.length; i++) {
    const character = key[i];
    if (character === ESCAPE) {
      i++;
    } else if (character === END) {
      tuple.push(decodeValue(key.slice(start, i)));
      start = i + 1;
    }
  }
  if (start !== key.length)
    throw new TypeError(`Not an encoded tuple: ${JSON.stringify(key)} ends inside a component.`);
  return tuple;
}

/** One component without its end. Undefined is encoded as null, -0 as 0. `limit` as for `encodeTuple`. */
export function encodeValue(value: unknown, limit = Infinity): string {
  switch (typeof value) {
    case 'string':
      return encodingByte.string + escape(value.slice(0, limit));
    case 'number':
      return encodingByte.number + encodeNumber(value);
    case 'boolean':
      return encodingByte.boolean + String(value);
    case 'undefined':
      return encodingByte.null;
    case 'object':
      if (value === null) return encodingByte.null;
      if (Array.isArray(value)) return encodingByte.array + escape(encodeTuple(value, limit).slice(0, limit));
      return encodingByte.object + escape(encodeTuple(sortedEntries(value), limit).slice(0, limit));
    default:
      throw new TypeError(`A ${typeof value} cannot be part of a key. Only JSON values can.`);
  }
}

export function decodeValue(component: string): unknown {
  const payload = component.slice(1);
  switch (component[0]) {
    case encodingByte.string:
      return unescape(payload);
    case encodingByte.number:
      return decodeNumber(payload);
    case encodingByte.boolean:
      return payload === 'true';
    case encodingByte.null:
      return null;
    case encodingByte.array:
      return decodeTuple(unescape(payload));
    case encodingByte.object:
      return fromEntries(decodeTuple(unescape(payload)));
    default:
      throw new TypeError(`Not an encoded value: ${JSON.stringify(component)} begins with no type letter.`);
  }
}

function escape(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 2) continue;
    // Far more, and V8 ends the process instead of throwing.
    if (text.length > MAX_ESCAPED_LENGTH) throw new RangeError('A key is too long, or nested too deeply.');
    return text.replace(EVERY_SPECIAL, '\x02$&');
  }
  return text;
}
function unescape(text: string): string {
  return text.includes(ESCAPE) ? text.replace(EVERY_ESCAPED, '$1') : text;
}

function fromEntries(flat: readonly unknown[]): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (let i = 0; i < flat.length; i += 2) entries.push([flat[i] as string, flat[i + 1]]);
  return Object.fromEntries(entries);
}

const SIGN = 0x80000000;
const WORD_DIGITS = 8;
const numberBits = new DataView(new ArrayBuffer(8));

/**
 * The bits of the double, flipped so that they order as unsigned, in hexadecimal without trailing zeros (the end of a
 * component sorts below every digit, so they carry no information). NaN is empty: below everything.
 */
function encodeNumber(value: number): string {
  if (Number.isNaN(value)) return '';
  numberBits.setFloat64(0, value === 0 ? 0 : value);
  let high = numberBits.getUint32(0);
  let low = numberBits.getUint32(4);
  if (high >= SIGN) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else {
    high = (high | SIGN) >>> 0;
  }
  if (low === 0) return trimZeros(wordText(high));
  return wordText(high) + trimZeros(wordText(low));
}

function decodeNumber(digits: string): number {
  if (digits === '') return NaN;
  const padded = digits.padEnd(2 * WORD_DIGITS, '0');
  const high = Number.parseInt(padded.slice(0, WORD_DIGITS), 16);
  const low = Number.parseInt(padded.slice(WORD_DIGITS), 16);
  const isPositive = high >= SIGN;
  numberBits.setUint32(0, isPositive ? high & ~SIGN : ~high);
  numberBits.setUint32(4, isPositive ? low : ~low);
  return numberBits.getFloat64(0);
}

function wordText(word: number): string {
  return word.toString(16).padStart(WORD_DIGITS, '0');
}
function trimZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}
