/** Tells applications what became of their writes: by entity, and of each rejected transaction as a whole. */
import type { Change, DBChanges, TriplitError } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import { Listeners } from '../listeners.ts';
import { EntityListeners } from './entity-listeners.ts';

export type EntitySyncSuccessCallback = () => void | Promise<void>;
/** `change`: what was pending for the entity; empty for a delete. */
export type EntitySyncErrorCallback = (error: TriplitError, change: Change) => void | Promise<void>;
export type FailureToSyncWritesCallback = (error: TriplitError, writes: DBChanges) => void | Promise<void>;

export class WriteReports {
  readonly onFailure: Listeners<[TriplitError, DBChanges]>;
  readonly onEntitySuccess: EntityListeners<[]>;
  readonly onEntityError: EntityListeners<[TriplitError, Change]>;
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.onFailure = new Listeners('onFailureToSyncWrites', logger);
    this.onEntitySuccess = new EntityListeners('onEntitySyncSuccess', logger);
    this.onEntityError = new EntityListeners('onEntitySyncError', logger);
  }

  accepted(changes: DBChanges): void {
    for (const [collection, id] of entitiesOf(changes)) this.onEntitySuccess.emit(collection, id);
  }

  rejected(error: TriplitError, changes: DBChanges): void {
    this.#logger.warn(`The server refused a write: ${error.message}`);
    this.onFailure.emit(error, changes);
    for (const [collection, id] of entitiesOf(changes)) {
      this.onEntityError.emit(collection, id, error, changes[collection]!.sets.get(id) ?? {});
    }
  }
}

function entitiesOf(changes: DBChanges): (readonly [collection: string, id: string])[] {
  return Object.entries(changes).flatMap(([collection, { sets, deletes }]) =>
    Array.from(new Set([...sets.keys(), ...deletes]), (id) => [collection, id] as const),
  );
}
