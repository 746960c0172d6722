/**
 * The key/value store in the SQLite of Expo, for React Native.
 *
 *     const db = new DB({ kv: new ExpoSQLiteKVStore('app.db') });
 */
import { openDatabaseSync } from 'expo-sqlite';
import { EngineKVStore } from './engine-kv-store.ts';
import { expoDatabase } from './expo-sqlite/expo-database.ts';
import type { ExpoSqliteDatabase } from './expo-sqlite/expo-database.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';
import type { SQLiteKVStoreOptions } from './sqlite/sqlite-settings.ts';

export type { ExpoSqliteDatabase } from './expo-sqlite/expo-database.ts';
export type { SQLiteKVStoreOptions } from './sqlite/sqlite-settings.ts';

export class ExpoSQLiteKVStore extends EngineKVStore {
  /** The name of a database, or an opened one, which stays its opener's to close. */
  constructor(nameOrDatabase: string | ExpoSqliteDatabase, options: SQLiteKVStoreOptions = {}) {
    const isName = typeof nameOrDatabase === 'string';
    const database = expoDatabase(isName ? openDatabaseSync(nameOrDatabase) : nameOrDatabase);
    super(new SqliteEngine(database, { ...options, ownsDatabase: isName }));
  }
}
