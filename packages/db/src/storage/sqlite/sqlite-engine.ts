/**
 * The storage engine over a synchronous SQLite driver. Writes go at once into an open transaction, where reads of the
 * same connection see them, and the transaction commits when the code that is running has finished. Invariant: between
 * two tasks of the event loop no transaction is open, so that others may use the connection. Where the runtime manages
 * transactions, each write is one.
 */
import { platform } from '../../base/platform.ts';
import { Deferred } from '../deferred.ts';
import { fromJsonText, toJsonText } from '../json-text.ts';
import { KEY_BYTE_LIMIT, keyToBytes, readKeyBytes } from '../key-bytes.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from '../port.ts';
import { boundsOf } from '../range-bounds.ts';
import { closedError, notDurableError } from '../storage-error.ts';
import type { StorageError } from '../storage-error.ts';
import { ValueCache } from '../value-cache.ts';
import type { ManagedSqliteDatabase, SqliteDatabase, SqliteStatement } from './sqlite-database.ts';
import { sqliteSettings } from './sqlite-settings.ts';
import type { SQLiteKVStoreOptions, SqliteSettings } from './sqlite-settings.ts';

/** A range is read page by page, so that writes may come between. Pages grow from the first size to the largest. */
const FIRST_PAGE_ENTRIES = 32;
const LARGEST_PAGE_ENTRIES = 1024;
/** How often at most the size of the write-ahead log is looked at, after a commit. */
const LOG_CHECK_INTERVAL_MS = 60_000;

const CREATE_TABLE = 'CREATE TABLE IF NOT EXISTS triplit_kv (key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID';

export interface SqliteEngineOptions extends SQLiteKVStoreOptions {
  /** How many decoded values to keep for repeated reads. */
  cachedValues?: number;
  /** Whether closing the engine closes the database as well. By default whoever opened it closes it. */
  ownsDatabase?: boolean;
}

/** Keys as bytes: from `lower` (inclusive) up to `upper` (exclusive). */
interface ByteBounds {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array;
}

interface KeyValueRow {
  /** libsql gives an ArrayBuffer. */
  readonly key: Uint8Array | ArrayBuffer;
  readonly value: string;
}

export class SqliteEngine implements StorageEngine {
  readonly ready: Promise<void> | undefined = undefined;
  readonly #db: SqliteDatabase;
  readonly #managed: ManagedSqliteDatabase | undefined;
  readonly #ownsDatabase: boolean;
  readonly #settings: SqliteSettings;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #cache: ValueCache;
  /** The transaction that is open. */
  #transaction: Deferred | undefined;
  #failure: StorageError | undefined;
  #closed = false;
  #logCheckedAt = platform.monotonicNow();

  /** `db` is an opened database of better-sqlite3 or a driver with the same synchronous methods. */
  constructor(db: SqliteDatabase | ManagedSqliteDatabase, options: SqliteEngineOptions = {}) {
    this.#db = db;
    this.#managed = 'atomically' in db ? db : undefined;
    this.#ownsDatabase = options.ownsDatabase ?? false;
    this.#settings = sqliteSettings(options);
    this.#cache = new ValueCache(options.cachedValues);
    if (this.#managed === undefined) db.exec(this.#settings.setup);
    db.exec(CREATE_TABLE);
    this.#statements = prepareStatements(db);
  }

  get(key: StorageKey): unknown {
    this.#assertOpen();
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const row = this.#statements.get.get(keyToBytes(key), 1) as { readonly value: string } | undefined;
    return row == null ? undefined : this.#decode(key, row.value);
  }

  *range(range: StorageRange): Generator<StorageEntry> {
    this.#assertOpen();
    let bounds = byteBounds(range);
    let remaining = range.limit ?? Infinity;
    const statement = range.reverse ? this.#statements.descending : this.#statements.ascending;
    for (
      let size = FIRST_PAGE_ENTRIES;
      bounds !== undefined && remaining > 0;
      size = Math.min(size * 4, LARGEST_PAGE_ENTRIES)
    ) {
      const limit = Math.min(size, remaining);
      const rows = statement.all(bounds.lower, bounds.upper, limit) as KeyValueRow[];
      // Decoded before anything else can be written, so that the cache never learns a value that is gone.
      const page = rows.map((row): [StorageKey, unknown] => {
        const key = textOf(row.key);
        return [key, this.#decode(key, row.value)];
      });
      yield* page;
      if (rows.length < limit) return;
      remaining -= limit;
      const last = keyToBytes(page.at(-1)![0]);
      bounds = range.reverse ? { lower: bounds.lower, upper: last } : { lower: justAfter(last), upper: bounds.upper };
    }
  }

  count(range: StorageRange, cap: number = Infinity): number {
    this.#assertOpen();
    const bounds = byteBounds(range);
    const limit = Math.min(cap, range.limit ?? Infinity);
    if (bounds === undefined || !(limit > 0)) return 0;
    const row = this.#statements.count.get(bounds.lower, bounds.upper, limit === Infinity ? -1 : limit);
    return Number((row as { readonly count: number }).count);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (edits.length === 0) return Promise.resolve();
    let texts: (string | undefined)[];
    try {
      texts = edits.map(({ value }) => (value === undefined ? undefined : toJsonText(value)));
    } catch (error) {
      return Promise.reject(error as Error);
    }
    try {
      if (this.#managed !== undefined) {
        this.#managed.atomically(() => this.#apply(edits, texts));
        return this.#managed.whenDurable().catch((error: unknown) => {
          throw this.#fail(error);
        });
      }
      const transaction = this.#begin();
      this.#apply(edits, texts);
      return transaction.promise;
    } catch (error) {
      return Promise.reject(this.#fail(error));
    }
  }

  #apply(edits: readonly StorageEdit[], texts: readonly (string | undefined)[]): void {
    for (const [index, { key, value }] of edits.entries()) {
      const text = texts[index];
      if (text === undefined) this.#statements.delete.run(keyToBytes(key), 1);
      else this.#statements.set.run(keyToBytes(key), text);
      this.#cache.set(key, value);
    }
  }

  async flush(): Promise<void> {
    await (this.#transaction?.promise ?? this.#managed?.whenDurable());
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      this.#cache.clear();
      if (this.#ownsDatabase) this.#db.close();
    }
  }

  #begin(): Deferred {
    if (this.#transaction === undefined) {
      this.#db.exec('BEGIN IMMEDIATE');
      this.#transaction = new Deferred();
      queueMicrotask(() => this.#commit());
    }
    return this.#transaction;
  }

  #commit(): void {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    try {
      this.#db.exec('COMMIT');
      this.#transaction = undefined;
      transaction.resolve();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#checkLog();
  }

  #fail(error: unknown): StorageError {
    this.#failure = notDurableError(error);
    this.#transaction?.reject(this.#failure);
    this.#transaction = undefined;
    this.#cache.clear();
    if (this.#managed !== undefined) return this.#failure;
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself already.
    }
    return this.#failure;
  }

  /** Readers can keep SQLite from reusing its log. Beyond the limits the log is restarted or cut by force. */
  #checkLog(): void {
    const now = platform.monotonicNow();
    if (now - this.#logCheckedAt < LOG_CHECK_INTERVAL_MS) return;
    this.#logCheckedAt = now;
    const { restartBytes, truncateBytes } = this.#settings;
    const bytes = this.#logBytes();
    if (bytes > truncateBytes) this.#checkpoint('TRUNCATE');
    else if (bytes > restartBytes) this.#checkpoint('RESTART');
  }

  #logBytes(): number {
    const { page_size: pageSize } = this.#db.prepare('PRAGMA page_size').get() as { page_size: number };
    return this.#checkpoint('PASSIVE') * pageSize;
  }

  /** Returns the number of pages in the log, -1 without a log. */
  #checkpoint(mode: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): number {
    return (this.#db.prepare(`PRAGMA wal_checkpoint(${mode})`).get() as { log: number }).log;
  }

  #decode(key: StorageKey, text: string): unknown {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const value = fromJsonText(text);
    this.#cache.set(key, value);
    return value;
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function prepareStatements(
  db: SqliteDatabase,
): Record<'get' | 'set' | 'delete' | 'ascending' | 'descending' | 'count', SqliteStatement> {
  const within = 'FROM triplit_kv WHERE key >= ? AND key < ?';
  return {
    get: db.prepare('SELECT value FROM triplit_kv WHERE key = ? LIMIT ?'),
    set: db.prepare(
      'INSERT INTO triplit_kv (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    ),
    delete: db.prepare('DELETE FROM triplit_kv WHERE key = ? AND ?'),
    ascending: db.prepare(`SELECT key, value ${within} ORDER BY key LIMIT ?`),
    descending: db.prepare(`SELECT key, value ${within} ORDER BY key DESC LIMIT ?`),
    count: db.prepare(`SELECT count(*) AS count FROM (SELECT 1 ${within} LIMIT ?)`),
  };
}

function byteBounds(range: StorageRange): ByteBounds | undefined {
  const bounds = boundsOf(range);
  if (bounds === undefined) return undefined;
  const lower = keyToBytes(bounds.lower);
  const upper = bounds.upper === undefined ? ABOVE_ALL : keyToBytes(bounds.upper);
  return {
    lower: bounds.lowerInclusive ? lower : justAfter(lower),
    upper: bounds.upper !== undefined && bounds.upperInclusive ? justAfter(upper) : upper,
  };
}

const ABOVE_ALL = Uint8Array.of(KEY_BYTE_LIMIT);

/** The least key above the given one. */
function justAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

function textOf(key: Uint8Array | ArrayBuffer): StorageKey {
  const bytes = key instanceof Uint8Array ? key : new Uint8Array(key);
  return readKeyBytes(bytes, 0, bytes.length);
}
