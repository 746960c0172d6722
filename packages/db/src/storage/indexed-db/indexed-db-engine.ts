/**
 * The storage engine of browsers: everything is loaded from IndexedDB into memory when it opens, and writes go behind in
 * one IndexedDB transaction at a time. Invariant: a write's promise resolves only when the browser has completed the
 * transaction. One engine at a time may have a database open; what another tab writes is not seen.
 */
import { HydratedEngine } from '../hydrated-engine.ts';
import type { Backing } from '../hydrated-engine.ts';
import type { StorageKey } from '../port.ts';
import { reasonOf } from '../storage-error.ts';
import { idbGlobals } from './idb.ts';
import type { IdbDatabase, IdbRequest } from './idb.ts';
import { OBJECT_STORE, openDatabase } from './open-database.ts';

/** How many values are asked for at once while loading. */
const DEFAULT_BATCH_SIZE = 10_000;

export interface IndexedDbKVOptions {
  /** Accepted for compatibility: reads are always served from memory. */
  useCache?: boolean;
  /** How many values are asked for at once while loading (default 10 000). */
  batchSize?: number;
}

export class IndexedDbEngine extends HydratedEngine {
  /** The name of a database, which the engine opens and closes, or a database that somebody else opens and closes. */
  constructor(nameOrDatabase: string | IdbDatabase | Promise<IdbDatabase>, options: IndexedDbKVOptions = {}) {
    super(new IndexedDbBacking(nameOrDatabase, options));
  }
}

class IndexedDbBacking implements Backing {
  readonly #opened: Promise<IdbDatabase>;
  readonly #ownsDatabase: boolean;
  readonly #batchSize: number;
  /** Why the connection is gone, once it is. */
  #lost: string | undefined;

  constructor(
    nameOrDatabase: string | IdbDatabase | Promise<IdbDatabase>,
    { batchSize = DEFAULT_BATCH_SIZE }: IndexedDbKVOptions,
  ) {
    this.#ownsDatabase = typeof nameOrDatabase === 'string';
    this.#opened = typeof nameOrDatabase === 'string' ? openDatabase(nameOrDatabase) : Promise.resolve(nameOrDatabase);
    this.#batchSize = Math.max(1, batchSize);
  }

  async load(put: (key: StorageKey, value: unknown) => void): Promise<void> {
    const db = await this.#opened;
    this.#watch(db);
    const { keyRanges } = idbGlobals();
    const store = db.transaction(OBJECT_STORE, 'readonly').objectStore(OBJECT_STORE);
    // Strings only: arrays, the next kind of key in IndexedDB's order, are the keys of other programs.
    const keys = (await settled(store.getAllKeys(keyRanges.bound('', [], false, true)))) as string[];
    const blocks: Promise<unknown[]>[] = [];
    for (let start = 0; start < keys.length; start += this.#batchSize) {
      const last = Math.min(start + this.#batchSize, keys.length) - 1;
      blocks.push(settled(store.getAll(keyRanges.bound(keys[start], keys[last]))));
    }
    let next = 0;
    for (const block of await Promise.all(blocks)) for (const value of block) put(keys[next++]!, value);
  }

  async commit(edits: ReadonlyMap<StorageKey, unknown>): Promise<void> {
    const db = await this.#opened;
    if (this.#lost !== undefined) throw new Error(this.#lost);
    await new Promise<void>((resolve, reject) => {
      const transaction = db.transaction(OBJECT_STORE, 'readwrite', { durability: 'relaxed' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(commitError(transaction.error));
      const store = transaction.objectStore(OBJECT_STORE);
      try {
        for (const [key, value] of edits) {
          if (value === undefined) store.delete(key);
          else store.put(value, key);
        }
        transaction.commit?.();
      } catch (error) {
        // Such as a value that cannot be cloned: nothing of the batch may remain.
        reject(error as Error);
        transaction.abort();
      }
    });
  }

  async close(): Promise<void> {
    if (!this.#ownsDatabase) return;
    const db = await this.#opened.catch(() => undefined);
    db?.close();
  }

  /** Gives way to a tab that upgrades or deletes the database; holding on would block it for as long as this tab lives. */
  #watch(db: IdbDatabase): void {
    db.onversionchange = () => {
      this.#lost =
        'another tab upgrades or deletes the IndexedDB database, and this tab gave way to it. Reload the page';
      db.close();
    };
    db.onclose = () => {
      this.#lost = 'the browser closed the IndexedDB database, as it does when site data are cleared. Reload the page';
    };
  }
}

function settled<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });
}

function commitError(cause: unknown): Error {
  if ((cause as { name?: unknown } | null)?.name === 'QuotaExceededError') {
    return new Error(
      'the browser gives this site no more storage (QuotaExceededError). Free space on the device or delete data',
      { cause },
    );
  }
  return new Error(cause == null ? 'IndexedDB aborted the transaction' : reasonOf(cause), { cause });
}
