/** The key/value store of browsers, in IndexedDB. Everything is held in memory; IndexedDB is written behind. */
import { EngineKVStore } from './engine-kv-store.ts';
import type { IdbDatabase } from './indexed-db/idb.ts';
import { IndexedDbEngine } from './indexed-db/indexed-db-engine.ts';
import type { IndexedDbKVOptions } from './indexed-db/indexed-db-engine.ts';
import type { StorageEntry } from './port.ts';
import { SharedIndexedDbEngine } from './indexed-db/shared-engine.ts';
import type { StoreOwner } from './indexed-db/shared-engine.ts';

export type { IdbDatabase } from './indexed-db/idb.ts';
export { IndexedDbEngine } from './indexed-db/indexed-db-engine.ts';
export type { IndexedDbKVOptions } from './indexed-db/indexed-db-engine.ts';
export type { StoreOwner } from './indexed-db/shared-engine.ts';

export class IndexedDbKVStore extends EngineKVStore {
  /** The name of a database (distinct programs use distinct names), or a database that somebody else opens and closes. */
  constructor(nameOrDatabase: string | Promise<IdbDatabase>, options?: IndexedDbKVOptions) {
    super(new IndexedDbEngine(nameOrDatabase, options));
  }
}

/** The same for one of several programs that share the database; see `SharedIndexedDbEngine`. */
export class SharedIndexedDbKVStore extends EngineKVStore {
  readonly #shared: SharedIndexedDbEngine;

  constructor(name: string, owner: StoreOwner, options?: IndexedDbKVOptions) {
    const shared = new SharedIndexedDbEngine(name, owner, options);
    super(shared);
    this.#shared = shared;
  }

  takeOver(onStored: (content: Iterable<StorageEntry>) => void): Promise<void> {
    return this.#shared.takeOver(onStored);
  }
}
