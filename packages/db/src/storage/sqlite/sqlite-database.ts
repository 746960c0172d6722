/**
 * The part of a synchronous SQLite driver that the engine uses, by structure: better-sqlite3, libsql and node:sqlite have
 * it. Parameters are always given one by one, at least two (libsql takes a lone byte array for named parameters).
 */

export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

export type SqliteParameter = Uint8Array | string | number;

export interface SqliteStatement {
  get(...parameters: SqliteParameter[]): unknown;
  all(...parameters: SqliteParameter[]): unknown[];
  run(...parameters: SqliteParameter[]): unknown;
}
