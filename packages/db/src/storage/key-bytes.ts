/**
 * Storage keys as bytes, for stores that compare keys byte by byte. Invariant: bytes order exactly as the strings do by
 * UTF-16 code unit, and every string comes back, lone surrogates included. ASCII is one byte per character; other code
 * units are written one by one in the form of UTF-8 (a surrogate pair takes six bytes, not four). The empty key and keys
 * that begin with U+0000 get a leading zero byte, since stores refuse a key without bytes.
 */

/** No byte of an encoded key reaches this one: a bound above every key. */
export const KEY_BYTE_LIMIT = 0xff;

export function keyByteLength(key: string): number {
  let length = key.length + (startsWithZero(key) ? 1 : 0);
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit >= 0x80) length += unit >= 0x800 ? 2 : 1;
  }
  return length;
}

/** Whether the key takes at most so many bytes; cheap for keys of ordinary length. */
export function fitsInBytes(key: string, maxBytes: number): boolean {
  return key.length * 3 < maxBytes || keyByteLength(key) <= maxBytes;
}

/** Writes the key at `start` and returns where it ends. The target must be long enough. */
export function writeKeyBytes(key: string, target: Uint8Array, start: number): number {
  let end = start;
  if (startsWithZero(key)) target[end++] = 0;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit < 0x80) {
      target[end++] = unit;
    } else if (unit < 0x800) {
      target[end++] = 0xc0 | (unit >> 6);
      target[end++] = 0x80 | (unit & 0x3f);
    } else {
      target[end++] = 0xe0 | (unit >> 12);
      target[end++] = 0x80 | ((unit >> 6) & 0x3f);
      target[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return end;
}

export function keyToBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(keyByteLength(key));
  writeKeyBytes(key, bytes, 0);
  return bytes;
}

export function readKeyBytes(source: Uint8Array, start: number, end: number): string {
  const first = end > start && source[start] === 0 ? start + 1 : start;
  let i = first;
  while (i < end && source[i]! < 0x80) i++;
  if (i === end && end - first <= MAX_ARGUMENTS)
    return String.fromCharCode.apply(null, source.subarray(first, end) as unknown as number[]);
  let key = '';
  const units: number[] = [];
  for (i = first; i < end;) {
    const byte = source[i++]!;
    if (byte < 0x80) units.push(byte);
    else if (byte < 0xe0) units.push(((byte & 0x1f) << 6) | (source[i++]! & 0x3f));
    else units.push(((byte & 0x0f) << 12) | ((source[i++]! & 0x3f) << 6) | (source[i++]! & 0x3f));
    if (units.length === MAX_ARGUMENTS) key += String.fromCharCode(...units.splice(0));
  }
  return key + String.fromCharCode(...units);
}

/** Far below what engines accept as the number of arguments of one call. */
const MAX_ARGUMENTS = 4096;

function startsWithZero(key: string): boolean {
  return key.length === 0 || key.charCodeAt(0) === 0;
}
