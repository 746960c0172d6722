/**
 * The key/value store in SQLite, through a synchronous driver.
 *
 *     import Database from 'better-sqlite3';
 *     const db = new DB({ kv: new SQLiteKVStore(new Database('data.sqlite')) });
 */
import { EngineKVStore } from './engine-kv-store.ts';
import type { SqliteDatabase } from './sqlite/sqlite-database.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';
import type { SqliteEngineOptions } from './sqlite/sqlite-engine.ts';

export type { SqliteDatabase, SqliteStatement } from './sqlite/sqlite-database.ts';
export { SqliteEngine } from './sqlite/sqlite-engine.ts';
export type { SqliteEngineOptions } from './sqlite/sqlite-engine.ts';
export type { SQLiteKVStoreOptions } from './sqlite/sqlite-settings.ts';

export class SQLiteKVStore extends EngineKVStore {
  /** `db` is an opened database of better-sqlite3 or of a driver with the same methods. */
  constructor(db: SqliteDatabase, options?: SqliteEngineOptions) {
    super(new SqliteEngine(db, options));
  }
}
