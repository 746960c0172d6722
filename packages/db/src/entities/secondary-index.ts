/**
 * One secondary index: ordered entries of (value at a path, id), or of (live set member, id). Its entries always equal
 * what its rows imply; they are written in the same batch as the row.
 */
import type { Row } from '../changes/types.ts';
import type { ValueBounds } from '../query/entity-source.ts';
import type { StorageEdit, StorageRange } from '../storage/port.ts';
import { encodeTuple } from '../values/key-encoding.ts';
import { liveMemberKeys } from '../values/set-member.ts';
import { compilePath } from '../query/evaluate.ts';
import { encodeText, indexPrefix, prefixEnd } from './entity-keys.ts';

export type IndexKind = 'value' | 'member';

/** Longer encoded values are cut to this many code units in index keys; such entries are only a superset and roughly ordered. */
export const MAX_INDEXED_VALUE_LENGTH = 400;

export class SecondaryIndex {
  readonly kind: IndexKind;
  readonly path: string;
  readonly prefix: string;
  readonly #read: (row: Row) => unknown;

  constructor(collection: string, kind: IndexKind, path: string) {
    this.kind = kind;
    this.path = path;
    this.prefix = indexPrefix + encodeTuple([collection, kind, path]);
    this.#read = compilePath(path);
  }

  /** Appends the edits that take the index from `prev` to `next`. */
  addEdits(edits: StorageEdit[], id: string, prev: Row | undefined, next: Row | undefined): void {
    const before = prev === undefined ? undefined : this.#read(prev);
    const after = next === undefined ? undefined : this.#read(next);
    if (prev !== undefined && next !== undefined && before === after) return;
    if (this.kind === 'member') {
      for (const member of liveMemberKeys(before)) {
        if (next === undefined || !isLiveMember(after, member))
          edits.push({ key: this.#entryKey(member, id), value: undefined });
      }
      for (const member of liveMemberKeys(after)) {
        if (prev === undefined || !isLiveMember(before, member))
          edits.push({ key: this.#entryKey(member, id), value: id });
      }
      return;
    }
    const oldKey = prev === undefined ? undefined : this.#entryKey(before ?? null, id);
    const newKey = next === undefined ? undefined : this.#entryKey(after ?? null, id);
    if (oldKey === newKey) return;
    if (oldKey !== undefined) edits.push({ key: oldKey, value: undefined });
    if (newKey !== undefined) edits.push({ key: newKey, value: id });
  }

  /** The storage range that holds every entry within the bounds (a superset where long values were cut). */
  range(bounds: ValueBounds): StorageRange {
    return boundedRange(this.prefix, bounds, indexedValue);
  }

  #entryKey(value: unknown, id: string): string {
    return this.prefix + indexedValue(value) + encodeText(id);
  }
}

/** The keys below a prefix that go on with a value within the bounds. */
export function boundedRange(prefix: string, bounds: ValueBounds, encode: (value: unknown) => string): StorageRange {
  const range: { gte?: string; gt?: string; lt?: string; lte?: string } = { gte: prefix, lt: prefixEnd(prefix) };
  if ('gte' in bounds || 'gt' in bounds) {
    const value = encode('gte' in bounds ? bounds.gte : bounds.gt);
    range.gte = prefix + value;
    if ('gt' in bounds && !isCut(value)) {
      delete range.gte;
      range.gt = prefixEnd(prefix + value);
    }
  }
  if ('lte' in bounds || 'lt' in bounds) {
    const value = encode('lte' in bounds ? bounds.lte : bounds.lt);
    range.lt = 'lt' in bounds && !isCut(value) ? prefix + value : prefixEnd(prefix + value);
  }
  return range;
}

/** Whether a value is too long for its key, so that its entries need a look at the row. */
export function isCutValue(value: unknown): boolean {
  // Every code unit of a text takes at most two in a key.
  if (typeof value === 'string' ? value.length * 2 < MAX_INDEXED_VALUE_LENGTH - 2 : typeof value !== 'object')
    return false;
  return value !== null && isCut(indexedValue(value));
}

function isCut(encodedValue: string): boolean {
  return encodedValue.length >= MAX_INDEXED_VALUE_LENGTH;
}

/** The text that stands for a value in the keys of its entries. */
export function indexedValue(value: unknown): string {
  const encoded = encodeTuple([value ?? null], MAX_INDEXED_VALUE_LENGTH);
  if (encoded.length < MAX_INDEXED_VALUE_LENGTH) return encoded;
  return `${encoded.slice(0, MAX_INDEXED_VALUE_LENGTH - 1)}\u0001`;
}

/** The same with texts of any length: rows are stored under the whole of their ids. */
export function encodedId(value: unknown): string {
  return typeof value === 'string' ? encodeText(value) : indexedValue(value);
}

function isLiveMember(set: unknown, member: string): boolean {
  if (typeof set !== 'object' || set === null) return false;
  if (Array.isArray(set)) return set.map(String).includes(member);
  return Object.hasOwn(set, member) && (set as Record<string, unknown>)[member] === true;
}
