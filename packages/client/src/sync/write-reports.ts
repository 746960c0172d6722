/** Tells applications what became of their writes: by entity, and of each rejected transaction as a whole. */
import { platform, TriplitError } from '@triplit/db';
import type { Change, DBChanges, TriplitErrorJson } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import { Listeners } from '../listeners.ts';
import { EntityListeners } from './entity-listeners.ts';

export type EntitySyncSuccessCallback = () => void | Promise<void>;
/** `change`: what was pending for the entity; empty for a delete. */
export type EntitySyncErrorCallback = (error: TriplitError, change: Change) => void | Promise<void>;
export type FailureToSyncWritesCallback = (error: TriplitError, writes: DBChanges) => void | Promise<void>;

/** What became of writes, as it is told to other programs. */
export type WriteReport =
  | { readonly type: 'accepted'; readonly changes: DBChanges }
  | { readonly type: 'rejected'; readonly changes: DBChanges; readonly error: TriplitErrorJson };

export class WriteReports {
  readonly onReport: Listeners<[WriteReport]>;
  readonly onFailure: Listeners<[TriplitError, DBChanges]>;
  readonly onEntitySuccess: EntityListeners<[]>;
  readonly onEntityError: EntityListeners<[TriplitError, Change]>;
  readonly #logger: Logger;
  readonly #stored: () => Promise<void>;
  readonly #waiting = new Set<WriteReport>();

  constructor(logger: Logger, stored: () => Promise<void>) {
    this.#stored = stored;
    this.#logger = logger;
    this.onReport = new Listeners('onWriteReport', logger);
    this.onFailure = new Listeners('onFailureToSyncWrites', logger);
    this.onEntitySuccess = new EntityListeners('onEntitySyncSuccess', logger);
    this.onEntityError = new EntityListeners('onEntitySyncError', logger);
  }

  /** Not before whoever made the write has heard that it is stored, and has had the time to ask for news of it. */
  tellWhenStored(report: WriteReport): void {
    this.#waiting.add(report);
    const tell = (): unknown => platform.schedule(() => this.#tellOnce(report));
    this.#stored().then(tell, tell);
  }

  /** Tells what is waiting to be told, at the end of the client. */
  tellAll(): void {
    for (const report of [...this.#waiting]) this.#tellOnce(report);
  }

  #tellOnce(report: WriteReport): void {
    if (this.#waiting.delete(report)) this.#tell(report);
  }

  #tell(report: WriteReport): void {
    const { changes } = report;
    this.onReport.emit(report);
    if (report.type === 'accepted') {
      for (const [collection, id] of entitiesOf(changes)) this.onEntitySuccess.emit(collection, id);
      return;
    }
    const error = TriplitError.fromJson(report.error);
    this.#logger.warn(`The server refused a write: ${error.message}`);
    this.onFailure.emit(error, changes);
    for (const [collection, id] of entitiesOf(changes)) {
      this.onEntityError.emit(collection, id, error, changes[collection]!.sets.get(id) ?? {});
    }
  }
}

export function entitiesOf(changes: DBChanges): (readonly [collection: string, id: string])[] {
  return Object.entries(changes).flatMap(([collection, { sets, deletes }]) =>
    Array.from(new Set([...sets.keys(), ...deletes]), (id) => [collection, id] as const),
  );
}
