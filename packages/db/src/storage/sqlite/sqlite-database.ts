/**
 * The part of a synchronous SQLite driver that the engine uses, by structure: better-sqlite3, libsql and node:sqlite have
 * it. Parameters are always given one by one, at least two (libsql takes a lone byte array for named parameters).
 */

export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

/**
 * A database whose runtime begins and commits transactions by itself, and does not let SQL do so. Its file is the
 * runtime's to tune.
 */
export interface ManagedSqliteDatabase extends SqliteDatabase {
  /** Runs the step as one transaction: a throw rolls it back. */
  atomically(step: () => void): void;
  /** Settles when everything so far is durable. */
  whenDurable(): Promise<void>;
}

export type SqliteParameter = Uint8Array | string | number;

export interface SqliteStatement {
  get(...parameters: SqliteParameter[]): unknown;
  all(...parameters: SqliteParameter[]): unknown[];
  run(...parameters: SqliteParameter[]): unknown;
}
