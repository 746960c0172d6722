/**
 * The oracle's side of a history: what transactions do to rows, by looking at one row at a time. Operations are plain data,
 * so that a failing case can be printed, shrunk and replayed.
 */
import { at, encode, equal, isEmpty, isOptional, isPlain, keyOf } from './naive-values.ts';
import type { NaiveType, Row } from './naive-values.ts';
import { typeOf as typeOfRows } from './naive-database.ts';
import type { NaiveData, NaiveSchema } from './naive-database.ts';

/** One act of an updater function on the entity that it is given. */
export type Edit =
  | { act: 'assign'; path: string; value: unknown }
  | { act: 'delete'; path: string }
  | { act: 'add' | 'remove' | 'push'; path: string; value: unknown }
  | { act: 'clear'; path: string };
export type Operation =
  | { kind: 'insert'; collection: string; document: Row }
  | { kind: 'patch'; collection: string; id: string; patch: Row }
  | { kind: 'edit'; collection: string; id: string; edits: Edit[] }
  | { kind: 'delete'; collection: string; id: string };

/** What a transaction has done to one entity so far: patches over what is stored, or over nothing. */
interface Pending {
  collection: string;
  id: string;
  deleted: boolean;
  patch: Row | undefined;
}

/** What a transaction does to one row in the end: a permission is asked for each. */
export type Write =
  | { kind: 'insert'; collection: string; row: Row; prev?: undefined }
  | { kind: 'update' | 'delete'; collection: string; row: Row; prev: Row };

/** The data after the transaction; undefined when it is refused whoever makes it. */
export function afterTransaction(
  schema: NaiveSchema,
  data: NaiveData,
  operations: readonly Operation[],
): NaiveData | undefined {
  return effectOf(schema, data, operations)?.after;
}

/**
 * The data after the transaction, and its writes; the given data is not changed. Undefined when the transaction is
 * refused, because a new entity lacks what its schema requires.
 */
export function effectOf(
  schema: NaiveSchema,
  data: NaiveData,
  operations: readonly Operation[],
): { after: NaiveData; writes: Write[] } | undefined {
  const writes: Write[] = [];
  const after: NaiveData = new Map([...data].map(([collection, rows]) => [collection, new Map(rows)]));
  const pendings = new Map<string, Pending>();
  for (const operation of operations) {
    const { kind, collection } = operation;
    const type = typeOfRows(schema, collection);
    const id = kind === 'insert' ? operation.document['id'] : operation.id;
    if (typeof id !== 'string') throw new Error('The oracle makes no ids: a document needs one.');
    const pending = pendings.get(`${collection} ${id}`) ?? { collection, id, deleted: false, patch: undefined };
    pendings.set(`${collection} ${id}`, pending);
    if (kind === 'insert') {
      pending.patch = encode(type, completed(type, operation.document)) as Row;
    } else if (kind === 'delete') {
      // Taking back an insert of this transaction leaves what was there before.
      if (pending.patch?.['id'] === undefined) pending.deleted = true;
      pending.patch = undefined;
    } else {
      const row = resultOf(pending, data);
      const patch =
        kind === 'patch' ? (encode(type, operation.patch) as Row) : row && editsAsPatch(type, row, operation.edits);
      if (patch === undefined || Object.keys(patch).length === 0) continue;
      pending.patch = pending.patch === undefined ? patch : (merged(pending.patch, patch) as Row);
    }
  }
  for (const pending of pendings.values()) {
    const row = resultOf(pending, data);
    const { collection } = pending;
    const stored = data.get(collection)?.get(pending.id);
    const isNew = pending.deleted || stored === undefined;
    if (pending.deleted && stored !== undefined) writes.push({ kind: 'delete', collection, row: stored, prev: stored });
    if (row !== undefined && isNew) writes.push({ kind: 'insert', collection, row });
    if (row !== undefined && !isNew && !equal(row, stored))
      writes.push({ kind: 'update', collection, row, prev: stored });
    if (row !== undefined && isNew && !isComplete(typeOfRows(schema, collection), row)) return undefined;
    const rows = after.get(collection) ?? new Map<string, Row>();
    after.set(collection, rows);
    if (row === undefined) rows.delete(pending.id);
    else rows.set(pending.id, withoutRemoved(typeOfRows(schema, collection), row) as Row);
  }
  return { after, writes };
}

/** A database of its own keeps no removed members, so that removing one again is a write again. */
function withoutRemoved(type: NaiveType, value: unknown): unknown {
  if (!isPlain(value) || (type.type !== 'set' && type.type !== 'record')) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    type.type === 'set'
      ? entries.filter(([, isMember]) => isMember !== false)
      : entries.map(([key, member]) => [key, withoutRemoved(type.properties![key]!, member)]),
  );
}

function resultOf({ collection, id, deleted, patch }: Pending, data: NaiveData): Row | undefined {
  const stored = deleted ? undefined : data.get(collection)?.get(id);
  if (patch === undefined) return stored;
  if (stored !== undefined) return merged(stored, patch) as Row;
  return patch['id'] === undefined ? undefined : (merged({}, patch) as Row);
}

function isComplete(type: NaiveType, row: Row): boolean {
  if (type.type === 'any') return true;
  return Object.entries(type.properties!).every(([key, property]) => {
    const value = row[key];
    if (isEmpty(value)) return isOptional(property);
    return property.type !== 'record' || isComplete(property, value as Row);
  });
}

/** Objects merge by key; undefined takes a key away; indexes are keys of a list; anything else replaces. */
function merged(current: unknown, patch: unknown): unknown {
  if (Array.isArray(current) && isPlain(patch) && Object.keys(patch).every((key) => /^(0|[1-9]\d*)$/.test(key))) {
    const list = [...(current as unknown[])];
    for (const key of Object.keys(patch)) list[Number(key)] = merged(current[Number(key)], patch[key]);
    return Array.from(list, (element) => element ?? null);
  }
  if (!isPlain(current) || !isPlain(patch)) return patch;
  const result: Row = { ...current };
  for (const [key, value] of Object.entries(patch)) result[key] = merged(current[key], value);
  return result;
}

/** Defaults for what is undefined, in records that are there. */
function completed(type: NaiveType, document: Row): Row {
  if (type.type === 'any') return document;
  const result: Row = {};
  for (const [key, property] of Object.entries(type.properties!)) {
    const value = document[key];
    const complete =
      property.type === 'record' && isPlain(value)
        ? completed(property, value)
        : value === undefined
          ? (property.config?.default ?? undefined)
          : value;
    if (complete !== undefined) result[key] = complete;
  }
  return result;
}

/**
 * Edits that do not apply (a set that is null, a record that is missing) are passed over, here and in `applyEdits`. What is
 * assigned takes the place of what was there before the updater ran.
 */
function editsAsPatch(type: NaiveType, row: Row, edits: readonly Edit[]): Row {
  const patch: Row = {};
  for (const edit of edits) {
    const keys = edit.path.split('.');
    const now = merged(row, patch) as Row;
    if (keys.length > 1 && !isPlain(at(now, keys.slice(0, -1).join('.')))) continue;
    const change = changeOf(edit, at(row, edit.path), at(now, edit.path), typeOf(type, keys));
    if (change === undefined) continue;
    const last = keys.pop()!;
    let parent = patch;
    for (const key of keys) parent = (isPlain(parent[key]) ? parent[key] : (parent[key] = {})) as Row;
    const isMember = edit.act === 'add' || edit.act === 'remove' || edit.act === 'clear';
    parent[last] = isMember ? merged(parent[last], change) : change;
  }
  return patch;
}

function changeOf(edit: Edit, before: unknown, now: unknown, type: NaiveType): unknown {
  switch (edit.act) {
    case 'delete':
      return null;
    case 'assign':
      return replacement(before, encode(type, edit.value) ?? null, type);
    case 'push':
      return Array.isArray(now) ? [...(now as unknown[]), structuredClone(edit.value)] : undefined;
    case 'clear':
      return isPlain(now) ? Object.fromEntries(liveKeys(now).map((key) => [key, false])) : undefined;
    case 'add':
    case 'remove': {
      if (!isPlain(now)) return undefined;
      const key = keyOf(edit.value);
      return liveKeys(now).includes(key) === (edit.act === 'add') ? undefined : { [key]: edit.act === 'add' };
    }
  }
}

const liveKeys = (set: Row): string[] => Object.keys(set).filter((key) => set[key] === true);

/** An object takes another's place by nulling what it lacks; a set by unflagging it. */
function replacement(current: unknown, value: unknown, type: NaiveType): unknown {
  if (!isPlain(current) || !isPlain(value)) return value;
  const gone = type.type === 'set' ? false : null;
  const change: Row = {};
  // A key without a value, which a patch may have left, is as good as none.
  const had = Object.keys(current).filter((key) => current[key] !== undefined);
  for (const key of had) if (gone === null || current[key] === true) change[key] = gone;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    change[key] = replacement(current[key], member, type.properties?.[key] ?? type);
  }
  return change;
}

function typeOf(type: NaiveType, keys: readonly string[]): NaiveType {
  let current = type;
  for (const key of keys) if (current.type === 'record') current = current.properties![key]!;
  return current;
}

/** Does the same to the entity that the database's updater gets. */
export function applyEdits(entity: Row, edits: readonly Edit[]): void {
  for (const edit of edits) {
    const keys = edit.path.split('.');
    const last = keys.pop()!;
    const parent = keys.length === 0 ? entity : at(entity, keys.join('.'));
    if (!isPlain(parent)) continue;
    const value = parent[last];
    if (edit.act === 'assign') parent[last] = edit.value;
    else if (edit.act === 'delete') delete parent[last];
    else if (edit.act === 'push') {
      if (Array.isArray(value)) value.push(edit.value);
    } else if (!isEmpty(value) && typeof (value as Set<unknown>).add === 'function') {
      const set = value as Set<unknown>;
      if (edit.act === 'clear') set.clear();
      else if (edit.act === 'add') set.add(edit.value);
      else for (const member of [...set]) if (keyOf(member) === keyOf(edit.value)) set.delete(member);
    }
  }
}
