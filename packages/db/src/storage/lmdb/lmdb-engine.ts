/**
 * The storage engine over LMDB, through the `lmdb` package: reads come from the memory map, writes are committed in the
 * background, one transaction at a time. Invariant: an edit is visible from the moment of `write` on, first in the
 * pending edits, and leaves them only when reads of the store show it. One process at a time may have the store open for
 * writing, since decoded values are cached.
 */
import { fitsInBytes, keyByteLength, readKeyBytes, writeKeyBytes } from '../key-bytes.ts';
import { fromJsonText, toJsonText } from '../json-text.ts';
import { PendingEdits } from '../pending-edits.ts';
import type { EntriesBelow } from '../pending-edits.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from '../port.ts';
import { closedError, StorageError } from '../storage-error.ts';
import { ValueCache } from '../value-cache.ts';
import { WriteBehind } from '../write-behind.ts';
import type { LmdbRootDatabase, LmdbStore } from './lmdb-database.ts';
import { countStored, MAX_LMDB_KEY_BYTES, storedEntries } from './lmdb-range.ts';

/** The name of the sub-database that holds everything of Triplit's. */
const STORE_NAME = 'triplit';
export interface LmdbEngineOptions {
  /** How many decoded values to keep for repeated reads. */
  readonly cachedValues?: number;
  /** Whether closing the engine closes the database as well. By default whoever opened it closes it. */
  readonly ownsDatabase?: boolean;
}

interface LmdbEdit {
  readonly value: unknown;
  readonly text: string | undefined;
}

export class LmdbEngine implements StorageEngine {
  readonly ready: Promise<void> | undefined = undefined;
  readonly #db: LmdbRootDatabase;
  readonly #ownsDatabase: boolean;
  readonly #store: LmdbStore;
  readonly #below: EntriesBelow<string>;
  readonly #cache: ValueCache;
  readonly #pending = new PendingEdits<LmdbEdit>();
  readonly #writes = new WriteBehind<LmdbEdit>((edits) => this.#commit(edits));
  #closed = false;

  /** `db` is an opened root database of the `lmdb` package. */
  constructor(db: LmdbRootDatabase, { cachedValues, ownsDatabase = false }: LmdbEngineOptions = {}) {
    this.#ownsDatabase = ownsDatabase;
    this.#cache = new ValueCache(cachedValues);
    const store = db.openDB(STORE_NAME, {
      encoding: 'string',
      keyEncoder: { writeKey: writeKeyBytes, readKey: readKeyBytes },
    });
    this.#db = db;
    this.#store = store;
    const decode = (key: string, text: string): unknown => this.#decode(key, text);
    this.#below = {
      has: (key) => fitsInBytes(key, MAX_LMDB_KEY_BYTES) && store.doesExist(key),
      entries: (range) => storedEntries(store, range),
      count: (range, cap) => countStored(store, range, cap),
      decode,
    };
  }

  get(key: StorageKey): unknown {
    if (this.#closed) throw closedError();
    if (this.#pending.size > 0) {
      const edit = this.#pending.get(key);
      if (edit !== undefined) return edit.value;
    }
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    if (!fitsInBytes(key, MAX_LMDB_KEY_BYTES)) return undefined;
    const text = this.#store.get(key);
    return text === undefined ? undefined : this.#decode(key, text);
  }

  range(range: StorageRange): Iterable<StorageEntry> {
    if (this.#closed) throw closedError();
    return this.#pending.through(this.#below, range);
  }

  count(range: StorageRange, cap: number = Infinity): number {
    if (this.#closed) throw closedError();
    return this.#pending.countThrough(this.#below, range, cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    if (this.#writes.refusal !== undefined) return Promise.reject(this.#writes.refusal);
    if (edits.length === 0) return Promise.resolve();
    let encoded: LmdbEdit[];
    try {
      encoded = edits.map(encodeEdit);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    const batch = this.#writes.open();
    for (const [index, { key }] of edits.entries()) {
      const edit = encoded[index]!;
      this.#pending.set(key, edit);
      batch.edits.set(key, edit);
    }
    return batch.promise;
  }

  flush(): Promise<void> {
    return this.#writes.flush();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#writes.close();
    } finally {
      this.#closed = true;
      this.#cache.clear();
      this.#pending.clear();
      if (this.#ownsDatabase) await this.#db.close();
    }
  }

  async #commit(edits: ReadonlyMap<StorageKey, LmdbEdit>): Promise<void> {
    const store = this.#store;
    // LMDB would throw out of its own timer, where nobody can catch.
    if (this.#db.isOperational?.() === false) throw new Error('the lmdb database was closed under it');
    // A batch enters LMDB as one transaction. It resolves when committed; `flushed`, when the disk has it.
    await store.batch(() => {
      for (const [key, { text }] of edits) {
        if (text === undefined) void store.remove(key);
        else void store.put(key, text);
      }
    });
    await store.flushed;
    store.resetReadTxn();
    for (const [key, edit] of edits) {
      if (edit.text === undefined) this.#cache.delete(key);
      else this.#cache.set(key, edit.value);
      if (this.#pending.get(key) === edit) this.#pending.delete(key);
    }
  }

  #decode(key: string, text: string): unknown {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const value = fromJsonText(text);
    this.#cache.set(key, value);
    return value;
  }
}

function encodeEdit({ key, value }: StorageEdit): LmdbEdit {
  if (!fitsInBytes(key, MAX_LMDB_KEY_BYTES)) {
    throw new StorageError(
      `The key ${JSON.stringify(key.slice(0, 100))}… takes ${keyByteLength(key)} bytes; LMDB allows ${MAX_LMDB_KEY_BYTES}. Shorten the id or collection name that it is made of.`,
    );
  }
  return { value, text: value === undefined ? undefined : toJsonText(value) };
}
