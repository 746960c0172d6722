/** The asynchronous key/value interface that storage adapters have. Keys are tuples, ordered component by component. */

export type TupleItem = string | number | boolean | null | object;
export type Tuple = TupleItem[];

/** A JSON value. Untyped, since only the reader knows what was written. */
export type KVValue = any;

export type MaybeAsyncIterable<T> = Iterable<T> | AsyncIterable<T>;

/** What is counted: the keys under a prefix. */
export type CountOptions = ScanOptions;

export interface ScanOptions {
  /** Visits the keys that begin with these components; `[]` visits all. */
  prefix: Tuple;
}

/** Values are JSON values, immutable once written. `scope` is put before every key; `KVStore.scope` is the usual way. */
export interface KVStoreAPI {
  /** The value, or undefined when the key is absent. `null` is a value. */
  get(key: Tuple, scope?: Tuple): Promise<KVValue>;
  set(key: Tuple, value: KVValue, scope?: Tuple): Promise<void>;
  delete(key: Tuple, scope?: Tuple): Promise<void>;
  /** Entries in ascending key order, without the scope and prefix in their keys; not the key that equals the prefix. */
  scan(options: ScanOptions, scope?: Tuple): AsyncIterable<[Tuple, KVValue]>;
  /** As `scan`, the values only. */
  scanValues(options: ScanOptions, scope?: Tuple): AsyncIterable<KVValue>;
  clear(scope?: Tuple): Promise<void>;
  /** The number of keys with the prefix, including a key that equals it. */
  count(options: ScanOptions, scope?: Tuple): Promise<number>;
}

export interface KVStore extends KVStoreAPI {
  /** The part of the store below the prefix, with keys relative to it. */
  scope(prefix: Tuple): KVStore;
  transact(): KVStoreTransaction;
  /** Applies the deletes, then the sets, all or nothing. */
  applyEdits(sets: MaybeAsyncIterable<[Tuple, KVValue]>, deletes: MaybeAsyncIterable<Tuple>): Promise<void>;
}

/** Reads see the transaction's own edits; nobody else does before `commit`. Once finished, every call throws. */
export interface KVStoreTransaction extends KVStoreAPI {
  scope(prefix: Tuple): KVStoreTransaction;
  commit(): Promise<void>;
  cancel(): void;
  readonly status: 'open' | 'committed' | 'cancelled';
}
