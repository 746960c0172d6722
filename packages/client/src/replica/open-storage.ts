/** What stands behind the short forms of the `storage` option. */
import { TriplitError } from '@triplit/db';
import type { KVStore } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import type { Logger } from '@triplit/logger';
import { indexedDbOptions } from './storage-options.ts';
import type { IndexedDbOptions, SimpleStorageOrInstances } from './storage-options.ts';

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

function openIndexedDb(options: IndexedDbOptions, logger: Logger): KVStore | Promise<KVStore> {
  if (typeof indexedDB === 'undefined') {
    logger.warn(
      "The storage option is 'indexeddb', but there is no IndexedDB here, so data is kept in memory and lost at the end. " +
        "On a server, pass `storage: 'memory'`.",
    );
    return new BTreeKVStore();
  }
  return import('../sharing/share-storage.ts').then(({ ownStorage }) => ownStorage(options));
}
