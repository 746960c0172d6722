import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitsInBytes, KEY_BYTE_LIMIT, keyByteLength, keyToBytes, readKeyBytes, writeKeyBytes } from './key-bytes.ts';

/** Texts of arbitrary UTF-16 code units, well-formed or not, rich in common prefixes. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(0, 1, 0x61, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff),
      fc.nat(0xffff),
    ),
    { maxLength: 6 },
  )
  .map((units) => String.fromCharCode(...units));

test('an ASCII key is its own bytes', () => {
  expect([...keyToBytes('ab\u0001')]).toEqual([0x61, 0x62, 1]);
});

test('every string comes back from its bytes', () => {
  fc.assert(
    fc.property(text, (key) => {
      const bytes = keyToBytes(key);
      expect(bytes.length).toBe(keyByteLength(key));
      expect(bytes.length).toBeGreaterThan(0);
      expect(bytes.every((byte) => byte < KEY_BYTE_LIMIT)).toBe(true);
      expect(readKeyBytes(bytes, 0, bytes.length)).toBe(key);
    }),
    { numRuns: 1000 },
  );
});

test('bytes order as the strings do by code unit', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(Buffer.compare(keyToBytes(a), keyToBytes(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
    { numRuns: 3000 },
  );
});

test('keys are written to and read from the middle of a buffer', () => {
  const buffer = new Uint8Array(20).fill(0xee);
  const end = writeKeyBytes('hé', buffer, 5);
  expect([end, readKeyBytes(buffer, 5, end), buffer[4], buffer[end]]).toEqual([8, 'hé', 0xee, 0xee]);
});

test('very long keys come back as well', () => {
  for (const key of ['x'.repeat(100_000), 'é'.repeat(100_000)]) {
    const bytes = keyToBytes(key);
    expect(readKeyBytes(bytes, 0, bytes.length)).toBe(key);
  }
});

test('tells whether a key fits', () => {
  expect([
    fitsInBytes('abc', 3),
    fitsInBytes('abcd', 3),
    fitsInBytes('éé', 4),
    fitsInBytes('éé', 3),
    fitsInBytes('', 1),
  ]).toEqual([true, false, true, false, true]);
});
