/**
 * Opens storage by name, as the command line and the images do. Packages that hold a storage engine are optional: one
 * that is missing is named together with the command that installs it.
 */
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TriplitError } from '@triplit/db';
import type { KVStore } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';

/** Kept on disk. */
export const durableStoreKeys = ['lmdb', 'sqlite', 'sqlite-worker'] as const;
/** Gone when the process ends. */
export const inMemoryStoreKeys = ['memory', 'memory-btree'] as const;
export const storeKeys = [...durableStoreKeys, ...inMemoryStoreKeys] as const;
export type StoreKeys = (typeof storeKeys)[number];

/** Durable storage is kept at `path`; by default that is what the environment variable LOCAL_DATABASE_URL says. */
export async function createTriplitStorageProvider(storage: StoreKeys, path?: string): Promise<KVStore> {
  switch (storage) {
    case 'memory':
    case 'memory-btree':
      return defaultMemoryStorage();
    case 'lmdb':
      return defaultLmdbKVStore(path);
    case 'sqlite':
      return defaultSqliteKVStore(path);
    case 'sqlite-worker':
      return defaultSqliteWorkerKVStore(path);
    default:
      throw new TriplitError(`Invalid storage option: ${String(storage)}. Choose one of ${storeKeys.join(', ')}.`);
  }
}

export function defaultMemoryStorage(): KVStore {
  return new BTreeKVStore();
}

export const defaultBTreeStorage = defaultMemoryStorage;

export async function defaultLmdbKVStore(path = databasePath()): Promise<KVStore> {
  const lmdb = await optionalPackage(() => import('lmdb'), 'lmdb');
  const { LmdbKVStore } = await import('@triplit/db/storage/lmdb');
  return new LmdbKVStore(lmdb.open({ path }), { ownsDatabase: true });
}

/** Uses the first that is there of better-sqlite3, libsql and the SQLite of Node.js. */
export async function defaultSqliteKVStore(path = databasePath()): Promise<KVStore> {
  const { SQLiteKVStore } = await import('@triplit/db/storage/sqlite');
  return new SQLiteKVStore(openSqlite(path), { ownsDatabase: true });
}

/** SQLite blocks for so short a time that a worker gains nothing; the name is kept. */
export const defaultSqliteWorkerKVStore = defaultSqliteKVStore;

type SqliteDatabase = ConstructorParameters<typeof import('@triplit/db/storage/sqlite').SQLiteKVStore>[0];

function openSqlite(path: string): SqliteDatabase {
  const require = createRequire(import.meta.url);
  for (const name of ['better-sqlite3', 'libsql']) {
    const Database = installed(() => require(name) as new (path: string) => SqliteDatabase);
    if (Database) return new Database(path);
  }
  const builtIn = installed(() => require('node:sqlite') as { DatabaseSync: new (path: string) => SqliteDatabase });
  if (builtIn) return new builtIn.DatabaseSync(path);
  throw missingPackage('better-sqlite3');
}

/** Undefined when the package is not installed; any other failure to load it is thrown. */
function installed<T>(load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function optionalPackage<T>(load: () => Promise<T>, name: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw isMissing(error) ? missingPackage(name) : error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNKNOWN_BUILTIN_MODULE';
}

function missingPackage(name: string): TriplitError {
  return new TriplitError(
    `The package '${name}' is needed for this storage and is not installed. Install it with: npm install ${name}`,
  );
}

function databasePath(): string {
  const path = process.env['LOCAL_DATABASE_URL'];
  if (!path)
    throw new TriplitError(
      'Environment variable LOCAL_DATABASE_URL is not set. It names the file that holds the database.',
    );
  mkdirSync(dirname(resolve(path)), { recursive: true });
  return path;
}
