/**
 * HalfSipHash-2-4 with a result of 64 bits (Aumasson, Bernstein; reference code CC0), over UTF-16 code units in
 * little-endian order. Keyed: who does not know the key cannot make two texts with one hash.
 */

/** Two words of 32 bits, signed. */
export type Words = readonly [low: number, high: number];

/** Both halves of the hash. */
export function halfSipHash(key: Words, text: string): Words {
  // It runs for every id that a client holds, before the code is compiled: without calls, and nothing is taken apart.
  let a = key[0] | 0;
  let b = key[1] ^ 0xee;
  let c = key[0] ^ 0x6c796765;
  let d = key[1] ^ 0x74656462;
  const length = text.length;
  const lastWord = length >>> 1;
  let low = 0;
  for (let step = 0; step <= lastWord + 2; step++) {
    const isInput = step <= lastWord;
    let word = 0;
    if (isInput) {
      // Two code units; the last word has one or none, and the length in bytes.
      const at = 2 * step;
      word =
        at + 1 < length
          ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
          : (at < length ? text.charCodeAt(at) : 0) | (length << 25);
    }
    d ^= word;
    if (step === lastWord + 1) c ^= 0xee;
    if (step === lastWord + 2) {
      low = b ^ d;
      b ^= 0xdd;
    }
    for (let round = isInput ? 2 : 4; round > 0; round--) {
      a = (a + b) | 0;
      b = ((b << 5) | (b >>> 27)) ^ a;
      a = (a << 16) | (a >>> 16);
      c = (c + d) | 0;
      d = ((d << 8) | (d >>> 24)) ^ c;
      a = (a + d) | 0;
      d = ((d << 7) | (d >>> 25)) ^ a;
      c = (c + b) | 0;
      b = ((b << 13) | (b >>> 19)) ^ c;
      c = (c << 16) | (c >>> 16);
    }
    a ^= word;
  }
  return [low, b ^ d];
}
