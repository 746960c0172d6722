/** What merging must tell apart: an object merges by key, an array takes patches by index, anything else is replaced. */
import type { Change } from './types.ts';

export function isRecord(value: unknown): value is Change {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How far beyond the end of an array a patch may write. Bounds what one small change from outside can allocate. */
export const MAX_ARRAY_GROWTH = 10_000;

/** Whether every key of the patch addresses the array: an index, or `length`. */
export function isArrayPatch(array: readonly unknown[], patch: Change): boolean {
  for (const key of Object.keys(patch)) {
    const position = key === 'length' ? patch[key] : indexOf(key);
    if (!Number.isInteger(position) || position < 0 || position > array.length + MAX_ARRAY_GROWTH) return false;
  }
  return true;
}

function indexOf(key: string): number {
  const index = Number(key);
  return String(index) === key ? index : NaN;
}
