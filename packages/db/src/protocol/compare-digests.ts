/**
 * What two sets of entity ids differ in, from their digests. Invariant: the answer is right or there is none, whatever
 * the other side has made its digest of; and the work is bounded by the length of a digest.
 */
import type { Words } from './half-sip-hash.ts';
import { CELL_WORDS, cellOf, checkOf, DIGEST_CELLS, FIRST_CELL, ONE, putHash, ROWS } from './id-digest.ts';
import type { IdDigest } from './id-digest.ts';

/** The hashes that only one side has: high words by low words. */
export interface DigestDifferences {
  readonly onlyMine: ReadonlyMap<number, number>;
  readonly onlyTheirs: ReadonlyMap<number, number>;
}

/** Both must have the same key. Undefined when there are too many differences (up to some 60 can be told), or a doubt. */
export function compareDigests(mine: IdDigest, theirs: IdDigest): DigestDifferences | undefined {
  const rest = difference(mine, theirs);
  const onlyMine = new Map<number, number>();
  const onlyTheirs = new Map<number, number>();
  const waiting = Array.from({ length: DIGEST_CELLS }, (_, cell) => FIRST_CELL + CELL_WORDS * cell);
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    const count = rest[cell + 2]! >>> 16;
    if (count !== 1 && count !== 0xffff) continue;
    const hash: Words = [rest[cell]!, rest[cell + 1]!];
    const cells = Array.from({ length: ROWS }, (_, row) => cellOf(...hash, row));
    if (!cells.includes(cell) || checkOf(hash) !== (rest[cell + 2]! & 0xffff)) continue;
    // What comes out twice is none. Two that share a low word could not be told apart, and are too rare to matter.
    if (onlyMine.has(hash[0]) || onlyTheirs.has(hash[0])) return undefined;
    if (onlyMine.size + onlyTheirs.size === DIGEST_CELLS) return undefined;
    (count === 1 ? onlyMine : onlyTheirs).set(...hash);
    putHash(rest, hash, count === 1 ? -ONE : ONE);
    waiting.push(...cells);
  }
  const isComplete = rest.every((word, index) => index < FIRST_CELL || word === 0);
  const isCounted = mine[2]! - onlyMine.size === theirs[2]! - onlyTheirs.size;
  return isComplete && isCounted ? { onlyMine, onlyTheirs } : undefined;
}

/** Cells of what only one of the two has; those of theirs count down. */
function difference(mine: IdDigest, theirs: IdDigest): IdDigest {
  return mine.map((word, index) => {
    const other = theirs[index]!;
    const isLastOfCell = index >= FIRST_CELL && (index - FIRST_CELL) % CELL_WORDS === 2;
    return isLastOfCell ? (((word >>> 16) - (other >>> 16)) << 16) | ((word ^ other) & 0xffff) : word ^ other;
  });
}
