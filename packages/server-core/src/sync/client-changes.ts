/**
 * A batch of writes from a client: read, checked for what no client may touch, committed in one atomic step. A refused
 * batch changes nothing, and its answer names every collection of the batch and, when known, the entity at fault.
 */
import type { Commit, DB, TriplitError } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import type { ErrorMessage, SuperJson, WriteFailure } from '@triplit/db/sync';
import { guardCollection } from '../write-guard.ts';

export interface ChangesRequest {
  /** The database with the session of the writer. */
  readonly db: DB;
  readonly isAdmin: boolean;
  readonly changes: SuperJson;
}

/** Throws the reason when the batch is refused. */
export function commitClientChanges({ db, isAdmin, changes }: ChangesRequest): Commit {
  const decoded = decodeChanges(changes);
  if (!isAdmin) {
    for (const [collection, { sets, deletes }] of Object.entries(decoded)) {
      const [id = ''] = [...sets.keys(), ...deletes];
      guardCollection(db, collection, sets.size > 0 ? 'insert' : 'delete', id);
    }
  }
  return db.commitChanges(decoded, { skipRules: isAdmin });
}

/** The `ERROR` that answers a refused batch. Clients look for the reason of an entity in the first failure. */
export function changesRejection(changes: SuperJson, error: TriplitError, txId: string): ErrorMessage {
  const json = error.toJSON();
  const entity = entityAtFault(error);
  const failures: WriteFailure[] = collectionsOf(changes).map((collection) => ({
    txId,
    collection,
    error: json,
    ...(entity?.collection === collection ? { entityId: entity.entityId } : {}),
  }));
  return { type: 'ERROR', payload: { messageType: 'CHANGES', error: json, metadata: { failures } } };
}

function collectionsOf({ json }: SuperJson): string[] {
  const names = typeof json === 'object' && json !== null ? Object.keys(json) : [];
  return names.length > 0 ? names : [''];
}

/** Errors about one entity may name it beside their text. */
function entityAtFault(error: TriplitError): { collection: string; entityId: string } | undefined {
  const { collection, entityId } = error as { collection?: unknown; entityId?: unknown };
  return typeof collection === 'string' && typeof entityId === 'string' ? { collection, entityId } : undefined;
}
