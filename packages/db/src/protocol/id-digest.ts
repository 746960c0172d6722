/**
 * A digest of a set of entity ids, of one length however large the set: two sets that differ little can be compared by
 * their digests alone (`compareDigests`). It is an invertible Bloom lookup table (Goodrich, Mitzenmacher 2011) over keyed
 * hashes of 64 bits. Layout, in words of 32 bits: the two words of the key, the size of the set, and cells of three words
 * each: low and high words of the hashes in it, and their number (16 bits) above their checks (16 bits), all combined.
 */
import { platform } from '../base/platform.ts';
import { halfSipHash } from './half-sip-hash.ts';
import type { Words } from './half-sip-hash.ts';

/** Each hash is in one cell of each row. */
export const ROWS = 4;
const ROW_CELLS = 24;
export const DIGEST_CELLS = ROWS * ROW_CELLS;
export const CELL_WORDS = 3;
export const FIRST_CELL = 3;
const DIGEST_WORDS = FIRST_CELL + DIGEST_CELLS * CELL_WORDS;
const BYTES_PER_WORD = 4;
const DIGEST_TEXT = new RegExp(`^[A-Za-z0-9+/]{${(DIGEST_WORDS * BYTES_PER_WORD * 4) / 3}}$`);
/** To count up in the upper half of a cell's last word. */
export const ONE = 0x10000;

export type IdDigest = Int32Array<ArrayBuffer>;
/** Ids by collection. */
export type IdSets = Iterable<readonly [collection: string, ids: Iterable<string>]>;

/** `key`: 64 random bits, so that nobody can choose ids whose hashes collide. Default: new ones. */
export function digestOf(sets: IdSets, key: Words = randomKey()): IdDigest {
  const digest = new Int32Array(DIGEST_WORDS);
  digest.set(key);
  for (const [collection, ids] of sets) {
    const hashOf = idHash(key, collection);
    for (const id of ids) {
      digest[2]!++;
      putHash(digest, hashOf(id), ONE);
    }
  }
  return digest;
}

/** The hash of the ids of a collection; its key is the hash of the collection's name. */
export function idHash(key: Words, collection: string): (id: string) => Words {
  const ownKey = halfSipHash(key, collection);
  return (id) => halfSipHash(ownKey, id);
}

/** `count`: `ONE`, or `-ONE` to take the hash out again. */
export function putHash(digest: IdDigest, hash: Words, count: number): void {
  const check = checkOf(hash);
  const low = hash[0];
  const high = hash[1];
  for (let row = 0; row < ROWS; row++) {
    const cell = cellOf(low, high, row);
    digest[cell]! ^= low;
    digest[cell + 1]! ^= high;
    digest[cell + 2] = (digest[cell + 2]! + count) ^ check;
  }
}

/** The index of the cell of a hash in a row: 16 bits of the hash for each. */
export function cellOf(low: number, high: number, row: number): number {
  const part = ((row < 2 ? low : high) >>> (16 * (row & 1))) & 0xffff;
  return FIRST_CELL + CELL_WORDS * (row * ROW_CELLS + (part % ROW_CELLS));
}

/** 16 bits. */
export function checkOf(hash: Words): number {
  return Math.imul(hash[0] ^ Math.imul(hash[1], 0x9e3779b1), 0x85ebca6b) >>> 16;
}

/** Base64 of the words in little-endian order. */
export function encodeDigest(digest: IdDigest): string {
  let binary = '';
  for (const word of digest)
    binary += String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24);
  return btoa(binary);
}

export function isDigestText(text: unknown): text is string {
  return typeof text === 'string' && DIGEST_TEXT.test(text);
}

/** The text must be one: see `isDigestText`. */
export function decodeDigest(text: string): IdDigest {
  const binary = atob(text);
  const digest = new Int32Array(DIGEST_WORDS);
  for (let i = 0; i < binary.length; i++) digest[i >>> 2]! |= binary.charCodeAt(i) << (8 * (i % BYTES_PER_WORD));
  return digest;
}

function randomKey(): Words {
  const bytes = platform.randomBytes(new Uint8Array(8));
  const [low, high] = new Int32Array(bytes.buffer);
  return [low!, high!];
}
