/** Where the client keeps its data: the `storage` option, and what stands behind its short forms. */
import { TriplitError } from '@triplit/db';
import type { KVStore } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import type { Logger } from '@triplit/logger';

export interface MemoryOptions {
  readonly type: 'memory';
}
export interface IndexedDbOptions {
  readonly type: 'indexeddb';
  /** Use different names for different apps on one origin. Default: `triplit`. */
  readonly name?: string;
  readonly options?: { readonly useCache?: boolean; readonly batchSize?: number };
}
/** The forms that can be sent to a worker. */
export type SerializableStorageOptions = 'memory' | 'indexeddb' | MemoryOptions | IndexedDbOptions;
export type SimpleStorageOrInstances = SerializableStorageOptions | KVStore;

export const DEFAULT_DATABASE_NAME = 'triplit';

/** Undefined for any other storage. */
export function indexedDbOptions(storage: SimpleStorageOrInstances | undefined): IndexedDbOptions | undefined {
  if (storage === 'indexeddb') return { type: 'indexeddb' };
  if (typeof storage !== 'object' || storage === null || !('type' in storage)) return undefined;
  return storage.type === 'indexeddb' ? storage : undefined;
}

/**
 * Throws a `TriplitError` when the option is none of the documented forms. Falls back to memory where IndexedDB is missing;
 * where it is not, it is loaded.
 */
export function openStorage(storage: SimpleStorageOrInstances | undefined, logger: Logger): KVStore | Promise<KVStore> {
  if (storage === undefined || storage === 'memory') return new BTreeKVStore();
  const options = indexedDbOptions(storage);
  if (options !== undefined) return openIndexedDb(options, logger);
  if (typeof storage === 'object' && storage !== null) {
    if ('applyEdits' in storage && 'scope' in storage) return storage;
    if ('type' in storage && storage.type === 'memory') return new BTreeKVStore();
  }
  throw new TriplitError(
    typeof storage === 'object' && storage !== null && 'cache' in storage
      ? "The cache and the outbox share one store now. Instead of { cache, outbox } pass one of the two, such as storage: 'indexeddb'."
      : `The storage option is ${JSON.stringify(storage)}. Use 'memory', 'indexeddb', { type, name } or a key/value store.`,
    'Invalid storage option.',
  );
}

function openIndexedDb(
  { name = DEFAULT_DATABASE_NAME, options }: IndexedDbOptions,
  logger: Logger,
): KVStore | Promise<KVStore> {
  if (typeof indexedDB === 'undefined') {
    logger.warn(
      "The storage option is 'indexeddb', but there is no IndexedDB here, so data is kept in memory and lost at the end. " +
        "On a server, pass `storage: 'memory'`.",
    );
    return new BTreeKVStore();
  }
  return import('@triplit/db/storage/indexed-db').then(({ IndexedDbKVStore }) => new IndexedDbKVStore(name, options));
}
