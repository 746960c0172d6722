/** Requests and transactions of IndexedDB as promises. */
import type { IdbDatabase, IdbFactory, IdbKeyRanges, IdbObjectStore, IdbRequest, IdbTransaction } from './idb.ts';

/** The one object store that a database has. */
export const OBJECT_STORE = 'triplit';

/** The two globals of IndexedDB, or an error that says where it is missing. */
export function idbGlobals(): { readonly factory: IdbFactory; readonly keyRanges: IdbKeyRanges } {
  const { indexedDB: factory, IDBKeyRange: keyRanges } = globalThis as {
    indexedDB?: IdbFactory;
    IDBKeyRange?: IdbKeyRanges;
  };
  if (factory === undefined || keyRanges === undefined) {
    throw new Error('IndexedDB does not exist here. Use it in a browser; elsewhere choose another storage');
  }
  return { factory, keyRanges };
}

/**
 * Runs `work` in a transaction and resolves with its result when the browser has completed the transaction. Inside, wait
 * for nothing but requests of the transaction: it ends when nothing is asked of it.
 */
export async function inTransaction<T>(
  db: IdbDatabase,
  mode: 'readonly' | 'readwrite',
  work: (store: IdbObjectStore) => Promise<T>,
): Promise<T> {
  const transaction = db.transaction(OBJECT_STORE, mode, { durability: 'relaxed' });
  const done = completed(transaction);
  const working = work(transaction.objectStore(OBJECT_STORE));
  working.catch(() => undefined);
  try {
    const result = await Promise.race([working, done.then(() => working)]);
    transaction.commit?.();
    await done;
    return result;
  } catch (error) {
    // Nothing of the work may remain. The transaction knows better than a request that failed with it why it ended.
    done.catch(() => undefined);
    try {
      transaction.abort();
    } catch {
      // It has ended by itself.
    }
    throw transaction.error ?? error;
  }
}

export function settled<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });
}

function completed(transaction: IdbTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject((transaction.error ?? new Error('IndexedDB aborted the transaction')) as Error);
  });
}
