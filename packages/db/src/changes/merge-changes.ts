/** Change sets of whole databases: joining them, and asking whether anything is in them. */
import { getOwn, setOwn } from '../values/own-property.ts';
import { mergeChange } from './apply-change.ts';
import { isRecord } from './json-kind.ts';
import type { Change, CollectionChanges, CollectionName, DBChanges } from './types.ts';

export function emptyChanges(): DBChanges {
  return {};
}

/** The changes of one collection, created when absent. Safe for names such as `__proto__`. */
export function changesOfCollection(changes: DBChanges, collection: CollectionName): CollectionChanges {
  const existing = getOwn(changes, collection) as CollectionChanges | undefined;
  if (existing) return existing;
  const created: CollectionChanges = { sets: new Map(), deletes: new Set() };
  setOwn(changes, collection, created);
  return created;
}

/**
 * Adds the sources to the target, which is mutated and returned; sources are neither mutated nor shared. Per collection
 * deletes come first and drop pending sets. A later set does not take a delete back: both together mean "replace".
 */
export function mergeDBChanges(target: DBChanges, ...sources: DBChanges[]): DBChanges {
  for (const source of sources) {
    for (const collection of Object.keys(source)) {
      mergeCollectionChanges(changesOfCollection(target, collection), source[collection]!);
    }
  }
  return target;
}

function mergeCollectionChanges(target: CollectionChanges, source: CollectionChanges): void {
  for (const id of source.deletes) {
    target.sets.delete(id);
    target.deletes.add(id);
  }
  for (const [id, change] of source.sets) {
    const pending = target.sets.get(id);
    target.sets.set(id, pending ? mergeChange(pending, change) : change);
  }
}

/** Whether no collection has a set or a delete. */
export function areChangesEmpty(changes: DBChanges): boolean {
  return Object.values(changes).every(({ sets, deletes }) => sets.size === 0 && deletes.size === 0);
}

/** Whether the object has no keys. */
export function isEmpty(object: object): boolean {
  for (const key in object) if (Object.hasOwn(object, key)) return false;
  return true;
}

/** Whether the object holds nothing but empty objects at any depth. Nulls, undefined and arrays are something. */
export function deepIsEmpty(object: object): boolean {
  for (const key of Object.keys(object)) {
    const value = (object as Change)[key] as unknown;
    if (!isRecord(value) || !deepIsEmpty(value)) return false;
  }
  return true;
}

/** Merges the sources into the target, which is mutated at its top level only, and returns it. Undefined sources are skipped. */
export function deepObjectAssign(target: Change, ...sources: (Change | undefined)[]): Change {
  for (const source of sources) {
    if (source === undefined) continue;
    const merged = mergeChange(target, source);
    for (const key of Object.keys(source)) setOwn(target, key, merged[key]);
  }
  return target;
}

export { deepIsEmpty as isChangeEmpty };
