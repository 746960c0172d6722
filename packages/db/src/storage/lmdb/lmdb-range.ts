/**
 * Ranges of the port as ranges of LMDB. A bound may be longer than LMDB's longest key, although no stored key is: such a
 * bound is loosened to a prefix of itself and the keys that the prefix lets through are filtered.
 */
import { fitsInBytes } from '../key-bytes.ts';
import type { StorageRange } from '../port.ts';
import { boundsOf, isWithin } from '../range-bounds.ts';
import type { RangeBounds } from '../range-bounds.ts';
import type { LmdbRange, LmdbStore } from './lmdb-database.ts';

/** What LMDB allows with its usual page size of 4096 bytes. */
export const MAX_LMDB_KEY_BYTES = 1978;
/** So many code units fit into a key whatever they are. */
const LOOSE_BOUND_LENGTH = 600;
/** Up to this cap counting by iteration, which can stop early, beats LMDB's own counting of the whole range. */
const COUNT_BY_ITERATION_CAP = 1000;

export function* storedEntries(store: LmdbStore, range: StorageRange): Generator<readonly [key: string, text: string]> {
  const bounds = boundsOf(range);
  if (bounds === undefined) return;
  if (areStorable(bounds)) {
    for (const { key, value } of store.getRange(lmdbRange(bounds, range))) yield [key, value];
    return;
  }
  let remaining = range.limit ?? Infinity;
  if (!(remaining > 0)) return;
  for (const { key, value } of store.getRange(lmdbRange(loosened(bounds), { reverse: range.reverse }))) {
    if (!isWithin(key, bounds)) continue;
    yield [key, value];
    if (--remaining === 0) return;
  }
}

export function countStored(store: LmdbStore, range: StorageRange, cap: number): number {
  const bounds = boundsOf(range);
  const limit = Math.min(cap, range.limit ?? Infinity);
  if (bounds === undefined || !(limit > 0)) return 0;
  if (areStorable(bounds) && limit > COUNT_BY_ITERATION_CAP) {
    return Math.min(limit, store.getKeysCount(lmdbRange(bounds, {})));
  }
  let count = 0;
  for (const key of store.getKeys(lmdbRange(loosened(bounds), {}))) {
    if (isWithin(key, bounds) && ++count >= limit) break;
  }
  return count;
}

function areStorable({ lower, upper }: RangeBounds): boolean {
  return fitsInBytes(lower, MAX_LMDB_KEY_BYTES) && (upper === undefined || fitsInBytes(upper, MAX_LMDB_KEY_BYTES));
}

function loosened(bounds: RangeBounds): RangeBounds {
  const { lower, upper } = bounds;
  const lowerFits = fitsInBytes(lower, MAX_LMDB_KEY_BYTES);
  const upperFits = upper === undefined || fitsInBytes(upper, MAX_LMDB_KEY_BYTES);
  return {
    lower: lowerFits ? lower : lower.slice(0, LOOSE_BOUND_LENGTH),
    lowerInclusive: lowerFits ? bounds.lowerInclusive : true,
    upper: upperFits ? upper : afterPrefix(upper.slice(0, LOOSE_BOUND_LENGTH)),
    upperInclusive: upperFits ? bounds.upperInclusive : false,
  };
}

/** The least string above every string with the prefix, or undefined when there is none. */
function afterPrefix(prefix: string): string | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const unit = prefix.charCodeAt(last);
    if (unit < 0xffff) return prefix.slice(0, last) + String.fromCharCode(unit + 1);
  }
  return undefined;
}

function lmdbRange(bounds: RangeBounds, { reverse, limit }: StorageRange): LmdbRange {
  const { lower, lowerInclusive, upper, upperInclusive } = bounds;
  return reverse
    ? { start: upper, exclusiveStart: !upperInclusive, end: lower, inclusiveEnd: lowerInclusive, reverse, limit }
    : { start: lower, exclusiveStart: !lowerInclusive, end: upper, inclusiveEnd: upperInclusive, limit };
}
