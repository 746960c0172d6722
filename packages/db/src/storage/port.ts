/**
 * The storage port: an ordered key space with synchronous reads and asynchronous durability. Keys are strings, ordered
 * by UTF-16 code unit; values are JSON values, immutable once written. Everything above storage sees only this.
 */
import type { Cell } from './cell.ts';

export type StorageKey = string;
export type StorageEntry = readonly [key: StorageKey, value: unknown];

/** Removes the key when `value` is undefined, else sets it. */
export interface StorageEdit {
  readonly key: StorageKey;
  readonly value: unknown;
}

/** Bounds of a range; an absent bound is open. `reverse` walks from the upper bound down. `limit` counts entries. */
export interface StorageRange {
  readonly gt?: StorageKey;
  readonly gte?: StorageKey;
  readonly lt?: StorageKey;
  readonly lte?: StorageKey;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** What a write returns that is already as durable as it will ever be, so that nobody has to wait for it. */
export const DURABLE: Promise<void> = Promise.resolve();

export interface StorageEngine {
  /**
   * Settles when the engine can serve reads; undefined when it can already. Reading or writing before it settles is a
   * programming error and throws.
   */
  readonly ready: Promise<void> | undefined;
  /** The value, or undefined when the key is absent. */
  get(key: StorageKey): unknown;
  /**
   * Where the value of a key is kept, for engines that keep values by reference: to replace the value there is to write it,
   * for as long as the key is there.
   */
  cell?(key: StorageKey): Cell<unknown> | undefined;
  /** Entries in key order. The iteration sees the state at its start or later, never a torn write; it must be consumed synchronously. */
  range(range: StorageRange): Iterable<StorageEntry>;
  /** The values of `range(range)`, for engines that can give them out without their keys. */
  values?(range: StorageRange): Iterable<unknown>;
  /** The number of keys in the range, counted up to `cap` (default: all). */
  count(range: StorageRange, cap?: number): number;
  /**
   * Applies the edits atomically, in order (a later edit of a key wins). Reads see them when this returns; the promise
   * settles when they are durable, and rejects when they could not be made so. Writes of one turn of the event loop
   * share one durable batch. Pass-through for memory: the promise is already settled.
   */
  write(edits: readonly StorageEdit[]): Promise<void>;
  /** Settles when every write so far is durable. */
  flush(): Promise<void>;
  /** Flushes and releases what is held. Idempotent. */
  close(): Promise<void>;
}
