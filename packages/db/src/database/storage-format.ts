/**
 * The format of what a database stores. Its number stands in the store, so that a later version can bring older data up to
 * date, and an earlier one refuses data that it would misread.
 */
import { formatKey, indexCatalogPrefix, indexPrefix, prefixEnd } from '../entities/entity-keys.ts';
import type { StorageEdit, StorageEngine } from '../storage/port.ts';
import { StorageError } from '../storage/storage-error.ts';

/** What this version writes. */
export const STORAGE_FORMAT = 1;

/** `migrations[n]` leads from format n to n + 1. */
const migrations: readonly ((storage: StorageEngine) => StorageEdit[])[] = [
  // Stores without a number. Nobody knows how their indexes were made; they are built again as queries need them.
  (storage) => [...removeAll(storage, indexPrefix), ...removeAll(storage, indexCatalogPrefix)],
];

/** Brings older data up to date. Throws `StorageError` for newer data, and changes nothing then. */
export function adoptFormat(storage: StorageEngine): void {
  const found = storage.get(formatKey) as number | undefined;
  if (found === STORAGE_FORMAT) return;
  if (found === undefined && storage.count({}, 1) === 0) return;
  const format = found ?? 0;
  if (!Number.isInteger(format) || format < 0 || format > STORAGE_FORMAT) {
    throw new StorageError(
      `The data has the format ${JSON.stringify(found)}, and this version of @triplit/db reads formats up to ${STORAGE_FORMAT}. A newer version has written it: open it with that version, or give the database another store.`,
    );
  }
  const edits = migrations.slice(format).flatMap((migrate) => migrate(storage));
  edits.push({ key: formatKey, value: STORAGE_FORMAT });
  // Derived data only: should it fail to become durable, the next opening does it again.
  storage.write(edits).catch(() => undefined);
}

function removeAll(storage: StorageEngine, prefix: string): StorageEdit[] {
  return Array.from(storage.range({ gte: prefix, lt: prefixEnd(prefix) }), ([key]) => ({ key, value: undefined }));
}
