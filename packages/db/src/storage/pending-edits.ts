/**
 * Edits that lie over a store until they are part of it, in key order. An edit whose value is undefined is a delete.
 * Reads through both see the store with the edits applied.
 */
import { OrderedMap } from './memory/ordered-map.ts';
import type { StorageEntry, StorageRange } from './port.ts';

export interface PendingEdit {
  readonly value: unknown;
}

/** What is needed of the store below. Its entries carry whatever `decode` turns into a value. */
export interface EntriesBelow<Raw> {
  has(key: string): boolean;
  entries(range: StorageRange): Iterable<readonly [key: string, raw: Raw]>;
  count(range: StorageRange, cap: number): number;
  decode(key: string, raw: Raw): unknown;
}

export class PendingEdits<Edit extends PendingEdit = PendingEdit> extends OrderedMap<Edit> {
  /** The entries of the range in its direction, with the edits applied. */
  *through<Raw>(below: EntriesBelow<Raw>, range: StorageRange): Generator<StorageEntry> {
    let remaining = range.limit ?? Infinity;
    if (!(remaining > 0)) return;
    // Each edit in the range can hide at most one entry.
    const limit = range.limit === undefined ? undefined : range.limit + this.count({ ...range, limit: undefined });
    const edits = this.range({ ...range, limit: undefined });
    let edit = edits.next();
    for (const [key, raw] of below.entries({ ...range, limit })) {
      for (; !edit.done && (range.reverse ? edit.value[0] > key : edit.value[0] < key); edit = edits.next()) {
        const { value } = edit.value[1];
        if (value === undefined) continue;
        yield [edit.value[0], value];
        if (--remaining === 0) return;
      }
      if (!edit.done && edit.value[0] === key) continue;
      yield [key, below.decode(key, raw)];
      if (--remaining === 0) return;
    }
    for (; !edit.done; edit = edits.next()) {
      const { value } = edit.value[1];
      if (value === undefined) continue;
      yield [edit.value[0], value];
      if (--remaining === 0) return;
    }
  }

  /** The number of entries in the range with the edits applied, at most `cap`. */
  countThrough<Raw>(below: EntriesBelow<Raw>, range: StorageRange, cap: number): number {
    const limit = Math.min(cap, range.limit ?? Infinity);
    const unlimited = { ...range, limit: undefined };
    let count = below.count(unlimited, limit + this.count(unlimited));
    for (const [key, { value }] of this.range(unlimited)) {
      const exists = below.has(key);
      if (value === undefined && exists) count--;
      else if (value !== undefined && !exists) count++;
    }
    return Math.min(count, limit);
  }
}
