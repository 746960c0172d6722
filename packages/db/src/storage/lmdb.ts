/**
 * The key/value store in LMDB, the default durable store on Node.
 *
 *     import { open } from 'lmdb';
 *     const db = new DB({ kv: new LmdbKVStore(open({ path: './data' })) });
 */
import { EngineKVStore } from './engine-kv-store.ts';
import type { LmdbRootDatabase } from './lmdb/lmdb-database.ts';
import { LmdbEngine } from './lmdb/lmdb-engine.ts';
import type { LmdbEngineOptions } from './lmdb/lmdb-engine.ts';

export type { LmdbRootDatabase } from './lmdb/lmdb-database.ts';
export { LmdbEngine } from './lmdb/lmdb-engine.ts';
export type { LmdbEngineOptions } from './lmdb/lmdb-engine.ts';

export class LmdbKVStore extends EngineKVStore {
  /** `db` is an opened root database of the `lmdb` package. */
  constructor(db: LmdbRootDatabase, options?: LmdbEngineOptions) {
    super(new LmdbEngine(db, options));
  }
}
