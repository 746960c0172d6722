/**
 * Writes from a client: checked for what no client may touch, committed in one atomic step. A refused batch changes
 * nothing, and its answer names every collection of the batch and, when known, the entity at fault.
 */
import type { Commit, CommitOptions, DB, DBChanges, TriplitError } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import type { ChangesBatch, ErrorMessage, Feature, ServerSyncMessage, SuperJson, WriteFailure } from '@triplit/db/sync';
import type { TokenFacts } from '../token-facts.ts';
import { guardCollection } from '../write-guard.ts';

/** Who writes, over which connection. */
export interface Writer {
  /** The database with the session of the writer. */
  readonly db: DB;
  readonly isAdmin: boolean;
  readonly facts: TokenFacts;
  readonly features: ReadonlySet<Feature> | undefined;
  /** What the client may know of a failure. */
  known(caught: unknown): TriplitError;
}

export interface ChangesAnswer {
  readonly answer: ServerSyncMessage;
  /** The answer is true once this settles; undefined when there is nothing to wait for. */
  readonly durable?: Promise<unknown>;
  /** Answers instead when storage has failed. */
  refusal(caught: unknown): ErrorMessage;
}

export function receiveBatch({ changes }: ChangesBatch, writer: Writer): ChangesAnswer {
  const refusal = (caught: unknown): ErrorMessage =>
    changesRejection(changes, writer.known(caught), JSON.stringify(writer.db.clock.next()));
  try {
    const { timestamp, durable } = commitClientChanges(writer, decodeChanges(changes));
    return { answer: { type: 'CHANGES_ACK', payload: { timestamp } }, durable, refusal };
  } catch (caught) {
    return { answer: refusal(caught), refusal };
  }
}

/** Throws the reason when the writer may not do it. */
export function commitClientChanges(
  { db, isAdmin }: Writer,
  changes: DBChanges,
  options: Pick<CommitOptions, 'metadata'> = {},
): Commit {
  if (!isAdmin) {
    for (const [collection, { sets, deletes }] of Object.entries(changes)) {
      const [id = ''] = [...sets.keys(), ...deletes];
      guardCollection(db, collection, sets.size > 0 ? 'insert' : 'delete', id);
    }
  }
  return db.commitChanges(changes, { ...options, skipRules: isAdmin });
}

/** The `ERROR` that answers a refused batch. Clients look for the reason of an entity in the first failure. */
function changesRejection(changes: SuperJson, error: TriplitError, txId: string): ErrorMessage {
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
