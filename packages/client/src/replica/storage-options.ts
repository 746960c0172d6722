/** Where the client keeps its data: the `storage` option. */
import type { KVStore } from '@triplit/db';

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
