import { expect, it } from 'vitest';
import { halfSipHash } from './half-sip-hash.ts';

/** Of the reference implementation, for the key 00 01 … 07 and the input 00 01 02 …, by the input's number of bytes. */
const vectors: readonly (readonly [bytes: number, hash: string])[] = [
  [0, '218d1f59b9b83cc8'],
  [2, '064f39ef7c50eb57'],
];

it.each(vectors)('gives the value of the reference for %i bytes', (bytes, hash) => {
  const text = String.fromCharCode(...Array.from({ length: bytes / 2 }, (_, i) => 2 * i + ((2 * i + 1) << 8)));
  expect(hex(halfSipHash([0x03020100, 0x07060504], text))).toBe(hash);
});

function hex(words: readonly number[]): string {
  return Buffer.from(Int32Array.from(words).buffer).toString('hex');
}
