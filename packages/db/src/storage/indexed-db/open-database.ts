/** Opens the browser's database with its one object store, and says clearly why it cannot be opened. */
import { reasonOf, StorageError } from '../storage-error.ts';
import { idbGlobals, OBJECT_STORE } from './idb-transaction.ts';
import type { IdbDatabase } from './idb.ts';

const VERSION = 1;

export async function openDatabase(name: string): Promise<IdbDatabase> {
  const { factory } = idbGlobals();
  return new Promise((resolve, reject) => {
    let blocked = false;
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      if (!db.objectStoreNames.contains(OBJECT_STORE)) db.createObjectStore(OBJECT_STORE);
    };
    request.onblocked = () => {
      blocked = true;
      reject(
        new StorageError(
          `The IndexedDB database ${JSON.stringify(name)} is held by another tab. Close the other tabs of this site and reload.`,
        ),
      );
    };
    request.onerror = () => reject(openError(name, request.error));
    request.onsuccess = () => {
      const db = request.result;
      if (blocked) {
        db.close();
      } else if (!db.objectStoreNames.contains(OBJECT_STORE)) {
        db.close();
        reject(
          new StorageError(
            `The IndexedDB database ${JSON.stringify(name)} belongs to something else: it has no object store ${JSON.stringify(OBJECT_STORE)}. Choose another name for the database.`,
          ),
        );
      } else {
        resolve(db);
      }
    };
  });
}

function openError(name: string, cause: unknown): StorageError {
  if ((cause as { name?: unknown } | null)?.name === 'VersionError') {
    return new StorageError(
      `The IndexedDB database ${JSON.stringify(name)} was written by a newer version of this program. Reload the page to get that version.`,
      { cause },
    );
  }
  return new StorageError(`The IndexedDB database ${JSON.stringify(name)} could not be opened: ${reasonOf(cause)}.`, {
    cause,
  });
}
