/**
 * HalfSipHash-2-4 with a result of 64 bits (Aumasson, Bernstein; reference code CC0), over UTF-16 code units in
 * little-endian order. Keyed: who does not know the key cannot make two texts with one hash.
 */

/** Two unsigned words of 32 bits. */
export type Words = readonly [low: number, high: number];

/** Both halves of the hash. */
export function halfSipHash([k0, k1]: Words, text: string): Words {
  // Local variables and one loop: it runs for every id that a client holds.
  let [a, b, c, d] = [k0 | 0, k1 ^ 0xee, k0 ^ 0x6c796765, k1 ^ 0x74656462];
  const { length } = text;
  const lastWord = length >>> 1;
  let low = 0;
  for (let step = 0; step <= lastWord + 2; step++) {
    const isInput = step <= lastWord;
    const word = isInput ? wordAt(text, step, length) : 0;
    d ^= word;
    if (step === lastWord + 1) c ^= 0xee;
    if (step === lastWord + 2) {
      low = (b ^ d) >>> 0;
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
  return [low, (b ^ d) >>> 0];
}

/** Two code units; the last word has one or none, and the length in bytes. */
function wordAt(text: string, index: number, length: number): number {
  const at = 2 * index;
  if (at + 1 < length) return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
  return (at < length ? text.charCodeAt(at) : 0) | (length << 25);
}
