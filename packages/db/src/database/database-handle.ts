/**
 * What every handle of a database offers below the documented methods of `DB`: prepared queries, encoded rows, commits of
 * change sets. The sync server and client are built on it.
 */
import { DBInitializationError } from '../base/errors.ts';
import type { CollectionQuery as AnyQuery, PreparedQuery } from '../ast/query.ts';
import type { DBChanges, Row } from '../changes/types.ts';
import type { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import type { EntityObservation } from '../engine/engine.ts';
import type { EntityDelta, EntityMap } from '../engine/entity-tracker.ts';
import type { DBSession } from '../permissions/session.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import type { KVStore } from '../storage/kv-store.ts';
import type { Outbox } from '../transactions/outbox.ts';
import type { Commit, CommitOptions, PrepareOptions } from './commit.ts';
import type { DatabaseCore } from './database-core.ts';
import { EntityStoreFacade } from './entity-store-facade.ts';
import { subscribeToQuery } from './query-subscription.ts';
import { storedSchema } from './stored-schema.ts';
import { viewEntitiesOf } from './view-entity.ts';
import type { ViewEntity } from './view-entity.ts';

/** The system variables of a handle. */
export interface SystemVariables {
  $global: Record<string, unknown>;
  $session: Record<string, unknown>;
}

export class DatabaseHandle {
  protected readonly core: DatabaseCore;
  readonly session: DBSession | undefined;

  constructor(core: DatabaseCore, session: DBSession | undefined) {
    this.core = core;
    this.session = session;
  }

  get kv(): KVStore {
    return this.core.kv;
  }

  get clientId(): string {
    return this.core.clientId;
  }

  get clock(): HybridLogicalClock {
    return this.core.clock;
  }

  /** Pending local transactions; undefined unless the database was opened with `outbox`. */
  get outbox(): Outbox | undefined {
    return this.core.outbox;
  }

  /** Settles when storage can be read. Asynchronous methods wait for it themselves. */
  get ready(): Promise<void> {
    return this.core.ready ?? Promise.resolve();
  }

  get systemVars(): SystemVariables {
    return this.core.variables(this.session);
  }

  /**
   * Prepares a query with this handle's session. Throws when it is invalid.
   * `extend` may add hidden inclusions, as `extendForSync` adds what a client needs to evaluate the query itself.
   */
  prepare(query: AnyQuery, options: PrepareOptions = {}): PreparedQuery {
    return this.core.prepare(query, this.session, options);
  }

  /** Every entity that a prepared query visits: roots and inclusions at any depth. */
  entitiesOf(prepared: PreparedQuery): EntityMap {
    return this.core.engine.entitiesOf(this.core.engine.compile(prepared));
  }

  /** Follows the entities that a prepared query visits; `listener` runs synchronously at the end of a commit. */
  observeEntities(prepared: PreparedQuery, listener: (delta: EntityDelta) => void): EntityObservation {
    return this.core.engine.observeEntities(this.core.engine.compile(prepared), listener);
  }

  /** Applies an encoded change set in one atomic synchronous step. Throws and changes nothing when a write is refused. */
  commitChanges(changes: DBChanges, options: CommitOptions = {}): Commit {
    const commit = this.core.commit(changes, this.session, options);
    // Not thrown: whoever asked for the commit would take it for refused.
    this.core.commitListeners.tellAndReport(commit);
    return commit;
  }

  /** Calls the observer within each commit of this program, that of `applyChanges` too. */
  observeCommits(observer: () => void): () => void {
    this.core.commitObservers.add(observer);
    return () => void this.core.commitObservers.delete(observer);
  }

  /** The stamp of an entity's last commit; of a deleted one its tombstone's. */
  timestampOf(collection: string, id: string): Timestamp | undefined {
    return this.core.store.timestamp(collection, id);
  }

  /**
   * Whether it remembers when each entity changed and which members of sets were removed, as the database of a server has
   * to. See the option `persistClock`.
   */
  get stampsCommits(): boolean {
    return this.core.stampsCommits;
  }

  /**
   * Tells whether compaction may have dropped removed set members of an entity: whoever may hold an earlier version has to
   * replace it rather than merge. Undefined as long as nothing was ever compacted.
   */
  get mayLackRemovals(): ((collection: string, id: string) => boolean) | undefined {
    const { retention, store } = this.core;
    if (!retention.hasHorizon) return undefined;
    return (collection, id) => {
      const stamp = store.timestamp(collection, id);
      return stamp !== undefined && retention.isBeforeHorizon(stamp);
    };
  }

  /** The stored row of an entity, encoded. */
  rowOf(collection: string, id: string): Row | undefined {
    return this.core.store.row(collection, id);
  }

  /** Settles when all commits so far are durable. */
  whenDurable(): Promise<void> {
    return this.core.storage.flush();
  }

  /** Opens a stored schema that nothing has put in force yet. Throws `DBInitializationError` when it is none. */
  static async adoptStoredSchema(db: DatabaseHandle): Promise<void> {
    await db.ready;
    const schema = storedSchema(db.core);
    if (schema === undefined) return;
    const problem = validateSchema(schema);
    if (problem !== undefined) throw new DBInitializationError(`The stored schema is invalid: ${problem}`);
    db.core.setSchema(schema);
  }

  /** The stored entities and what is pending, by the names of version 1. */
  get entityStore(): EntityStoreFacade {
    return new EntityStoreFacade(this.core);
  }

  /** Runs a prepared query: encoded rows, unprojected, with the rows of its inclusions. */
  async rawFetch(prepared: PreparedQuery): Promise<ViewEntity[]> {
    await this.ready;
    const plan = this.core.engine.compile(prepared);
    return viewEntitiesOf(this.core.engine.fetch(plan), plan);
  }

  /** Watches a prepared query; results are as those of `rawFetch`. */
  subscribeRaw(
    prepared: PreparedQuery,
    onResults: (results: ViewEntity[]) => void,
    onError?: (error: Error) => void,
  ): () => void {
    const plan = this.core.engine.compile(prepared);
    return subscribeToQuery(
      this.core,
      () => prepared,
      (view) => onResults(viewEntitiesOf(view, plan)),
      onError,
    );
  }

  /** Every entity that a prepared query visits, as full sets. */
  protected changesOf(prepared: PreparedQuery): DBChanges {
    const changes: DBChanges = {};
    for (const [collection, rows] of this.entitiesOf(prepared))
      changes[collection] = { sets: new Map(rows), deletes: new Set() };
    return changes;
  }
}
