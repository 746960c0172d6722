/** The bounds of a range, made definite: at most one lower and one upper bound, and nothing at all when they cross. */
import type { StorageKey, StorageRange } from './port.ts';

export interface RangeBounds {
  /** The empty key, inclusive, when the range is open below. */
  readonly lower: StorageKey;
  readonly lowerInclusive: boolean;
  /** Undefined when the range is open above. */
  readonly upper: StorageKey | undefined;
  readonly upperInclusive: boolean;
}

/** Undefined when no key can lie within. Where two bounds of one side are given, the tighter one counts. */
export function boundsOf({ gt, gte, lt, lte }: StorageRange): RangeBounds | undefined {
  const lowerInclusive = gt === undefined || (gte !== undefined && gte > gt);
  const lower = lowerInclusive ? (gte ?? '') : gt;
  const upperInclusive = lt === undefined || (lte !== undefined && lte < lt);
  const upper = upperInclusive ? lte : lt;
  if (upper !== undefined && (lower > upper || (lower === upper && !(lowerInclusive && upperInclusive))))
    return undefined;
  return { lower, lowerInclusive, upper, upperInclusive };
}

export function isWithin(key: StorageKey, { lower, lowerInclusive, upper, upperInclusive }: RangeBounds): boolean {
  if (lowerInclusive ? key < lower : key <= lower) return false;
  return upper === undefined || (upperInclusive ? key <= upper : key < upper);
}
