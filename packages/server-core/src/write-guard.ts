/**
 * What no client may write, whatever permissions say: the system collection, which holds the schema with its permissions,
 * and collections that the schema does not name, which would have neither types nor permissions.
 */
import { InvalidCollectionNameError, WritePermissionError } from '@triplit/db';
import type { DB } from '@triplit/db';

export const SYSTEM_COLLECTION = '_metadata';

export type WriteOperation = 'insert' | 'update' | 'delete';

/** Throws the refusal. `db` carries the session of the writer; not to be asked for service tokens. */
export function guardCollection(db: DB, collection: unknown, operation: WriteOperation, id: string): void {
  if (collection === SYSTEM_COLLECTION) {
    const roles = (db.session?.roles ?? []).map(({ key }) => key);
    throw new WritePermissionError(SYSTEM_COLLECTION, id, operation, roles);
  }
  const collections = db.getSchema()?.collections;
  if (collections && typeof collection === 'string' && collection !== '' && !Object.hasOwn(collections, collection))
    throw new InvalidCollectionNameError(collection, `Collection '${collection}' does not exist in the schema`);
}
