/**
 * The key/value store in the SQLite that is part of Bun. Runs in Bun only.
 *
 *     const db = new DB({ kv: new BunSQLiteKVStore('data.sqlite') });
 */
import { Database } from 'bun:sqlite';
import { EngineKVStore } from './engine-kv-store.ts';
import type { SqliteDatabase } from './sqlite/sqlite-database.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';
import type { SQLiteKVStoreOptions } from './sqlite/sqlite-settings.ts';

export type { SQLiteKVStoreOptions } from './sqlite/sqlite-settings.ts';

export class BunSQLiteKVStore extends EngineKVStore {
  /** A path, where a file is created unless there is one, or an opened database, which stays its opener's to close. */
  constructor(pathOrDatabase: string | SqliteDatabase, options: SQLiteKVStoreOptions = {}) {
    const isPath = typeof pathOrDatabase === 'string';
    const database: SqliteDatabase = isPath
      ? new Database(pathOrDatabase, { create: true, readwrite: true })
      : pathOrDatabase;
    super(new SqliteEngine(database, { ...options, ownsDatabase: isPath }));
  }
}
