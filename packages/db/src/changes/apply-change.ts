/**
 * Puts a change on a row. Nothing is mutated: the new row shares every part that did not change, and the effective
 * change holds exactly the leaves that did.
 */
import { equalValue } from '../values/equal-values.ts';
import { getOwn, setOwn } from '../values/own-property.ts';
import { isArrayPatch, isRecord } from './json-kind.ts';
import type { Change, Row } from './types.ts';

export interface AppliedChange {
  readonly prev: Row | undefined;
  /** `prev` itself when the change has no effect; undefined when there is still no row. */
  readonly next: Row | undefined;
  /** Empty when the change has no effect. */
  readonly change: Change;
}

const NO_CHANGE: Change = Object.freeze({});

/**
 * Objects merge by key, `{ "3": x }` on an array sets that element, undefined removes a key, anything else replaces. A
 * change of an absent row stores it when it has an `id`, else does nothing. `clone` is accepted for compatibility: the
 * current row is never changed, so there is nothing to protect by a copy.
 */
export function applyChange(current: Row | undefined, sets: Change, _options?: { clone?: boolean }): AppliedChange {
  if (current === undefined) {
    return sets['id']
      ? { prev: current, next: sets, change: sets }
      : { prev: current, next: current, change: NO_CHANGE };
  }
  const merge = mergeRecord(current, sets);
  if (merge === undefined) return { prev: current, next: current, change: NO_CHANGE };
  return { prev: current, next: merge.next as Row, change: merge.change as Change };
}

/** A new value and the part of the patch that made it; undefined stands for "no effect". */
interface Merge {
  readonly next: unknown;
  readonly change: unknown;
}

function mergeValue(current: unknown, patch: unknown): Merge | undefined {
  if (current === patch) return undefined;
  if (isRecord(patch)) {
    if (isRecord(current)) return mergeRecord(current, patch);
    if (Array.isArray(current) && isArrayPatch(current, patch)) return mergeArray(current, patch);
  } else if (equalValue(current, patch)) {
    return undefined;
  }
  return { next: patch, change: patch };
}

function mergeRecord(current: Row, patch: Change): Merge | undefined {
  let next: Change | undefined;
  const change: Change = {};
  for (const key of Object.keys(patch)) {
    const value: unknown = patch[key];
    if (value === undefined) {
      if (getOwn(current, key) === undefined) continue;
      next ??= { ...current };
      delete next[key];
      setOwn(change, key, undefined);
      continue;
    }
    const merge = mergeValue(getOwn(current, key), value);
    if (merge === undefined) continue;
    next ??= { ...current };
    setOwn(next, key, merge.next);
    setOwn(change, key, merge.change);
  }
  return next && { next, change };
}

/** Gaps become null, as in JSON. */
function mergeArray(current: readonly unknown[], patch: Change): Merge | undefined {
  let next: unknown[] | undefined;
  const change: Change = {};
  for (const key of Object.keys(patch)) {
    if (key === 'length') continue;
    const index = Number(key);
    const merge = mergeValue((next ?? current)[index], patch[key] ?? null);
    if (merge === undefined) continue;
    next ??= [...current];
    while (next.length < index) next.push(null);
    next[index] = merge.next;
    change[key] = merge.change;
  }
  const length: unknown = getOwn(patch, 'length');
  if (typeof length === 'number' && length !== (next ?? current).length) {
    next ??= [...current];
    while (next.length < length) next.push(null);
    next.length = length;
    change['length'] = length;
  }
  return next && { next, change };
}

/**
 * Joins two changes of one row into one that has the effect of both in turn. Neither is mutated. (One effect cannot be
 * kept: after a null, an object in the later change merges with what was there before the null.)
 */
export function mergeChange(earlier: Change, later: Change): Change {
  const merged: Change = { ...earlier };
  for (const key of Object.keys(later)) setOwn(merged, key, mergeMember(getOwn(earlier, key), later[key]));
  return merged;
}

function mergeMember(earlier: unknown, later: unknown): unknown {
  if (!isRecord(later)) return later;
  if (isRecord(earlier)) return mergeChange(earlier, later);
  if (Array.isArray(earlier) && isArrayPatch(earlier, later)) return mergeArray(earlier, later)?.next ?? earlier;
  return later;
}
