/** An opened database of `expo-sqlite`, through its synchronous methods, as the SQLite engine wants it. */
import type { SqliteDatabase, SqliteParameter } from '../sqlite/sqlite-database.ts';

/** By structure: `SQLiteDatabase` of `expo-sqlite`. */
export interface ExpoSqliteDatabase {
  execSync(sql: string): void;
  prepareSync(sql: string): ExpoSqliteStatement;
  closeSync(): void;
}
export interface ExpoSqliteStatement {
  executeSync(parameters: SqliteParameter[]): ExpoSqliteResult;
}
export interface ExpoSqliteResult {
  getFirstSync(): unknown;
  getAllSync(): unknown[];
  resetSync(): void;
}

export function expoDatabase(db: ExpoSqliteDatabase): SqliteDatabase {
  return {
    exec: (sql) => db.execSync(sql),
    close: () => db.closeSync(),
    prepare: (sql) => {
      const statement = db.prepareSync(sql);
      // A result holds its statement until it is reset.
      const read = <T>(parameters: SqliteParameter[], take: (result: ExpoSqliteResult) => T): T => {
        const result = statement.executeSync(parameters);
        try {
          return take(result);
        } finally {
          result.resetSync();
        }
      };
      return {
        get: (...parameters) => read(parameters, (result) => result.getFirstSync()),
        all: (...parameters) => read(parameters, (result) => result.getAllSync()),
        run: (...parameters) => read(parameters, () => undefined),
      };
    },
  };
}
