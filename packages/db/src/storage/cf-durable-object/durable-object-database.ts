/** The SQL storage of a Cloudflare Durable Object as the SQLite engine wants it. The runtime commits and flushes by itself. */
import type { ManagedSqliteDatabase, SqliteParameter } from '../sqlite/sqlite-database.ts';

/** By structure: `DurableObjectStorage` of an object whose class is declared with `new_sqlite_classes`. */
export interface DurableObjectSqlStorage {
  readonly sql: {
    exec(query: string, ...bindings: (ArrayBuffer | string | number)[]): { toArray(): unknown[] };
  };
  transactionSync<T>(step: () => T): T;
  /** Settles when everything written so far is durable. */
  sync(): Promise<void>;
}

export function durableObjectDatabase(storage: DurableObjectSqlStorage): ManagedSqliteDatabase {
  const run = (sql: string, parameters: SqliteParameter[]): unknown[] =>
    storage.sql.exec(sql, ...parameters.map(binding)).toArray();
  return {
    exec: (sql) => run(sql, []),
    prepare: (sql) => ({
      get: (...parameters) => run(sql, parameters)[0],
      all: (...parameters) => run(sql, parameters),
      run: (...parameters) => run(sql, parameters),
    }),
    close: () => undefined,
    atomically: (step) => storage.transactionSync(step),
    whenDurable: () => storage.sync(),
  };
}

/** A buffer of its own, since a view may be of a larger one. */
function binding(parameter: SqliteParameter): ArrayBuffer | string | number {
  return typeof parameter === 'object' ? new Uint8Array(parameter).buffer : parameter;
}
