/**
 * The key/value store in an SQLite file that a worker thread has open, through `better-sqlite3`. Everything is loaded into
 * memory when it opens, reads are served from there, and the thread that runs the application never waits for the disk.
 * Node only.
 *
 *     const db = new DB({ kv: new SqliteWorkerKvStore('data.sqlite') });
 */
import { EngineKVStore } from './engine-kv-store.ts';
import { SqliteWorkerEngine } from './sqlite-worker/sqlite-worker-engine.ts';

export class SqliteWorkerKvStore extends EngineKVStore {
  constructor(databasePath: string) {
    super(new SqliteWorkerEngine(databasePath));
  }
}
