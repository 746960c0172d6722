/** `db.entityStore`: what programs of version 1 asked the store of a database for. */
import type { Change, DBChanges, Row } from '../changes/types.ts';
import { mergeDBChanges } from '../changes/merge-changes.ts';
import { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { highestTimestampKey } from '../entities/entity-keys.ts';
import type { DatabaseCore } from './database-core.ts';

/** The first argument of the methods that had a store as theirs is not needed. */
export class EntityStoreFacade {
  readonly #core: DatabaseCore;

  constructor(core: DatabaseCore) {
    this.#core = core;
  }

  async getEntity(_store: unknown, collection: string, id: string): Promise<Row | undefined> {
    return this.#core.store.row(collection, id);
  }

  async *getEntitiesInCollection(_store: unknown, collection: string): AsyncIterable<Row> {
    yield* this.#core.store.rows(collection);
  }

  get metadataStore(): {
    getTimestampForEntity(store: unknown, collection: string, id: string): Promise<Timestamp | undefined>;
    getHighestTimestamp(store?: unknown): Promise<Timestamp>;
  } {
    const core = this.#core;
    return {
      getTimestampForEntity: async (_store, collection, id) => core.store.timestamp(collection, id),
      getHighestTimestamp: async () =>
        (core.storage.get(highestTimestampKey) as Timestamp | undefined) ?? HybridLogicalClock.MIN,
    };
  }

  /** What is pending in the outbox, merged over its transactions. */
  get doubleBuffer(): {
    getChanges(store?: unknown): Promise<DBChanges>;
    getChangesForEntity(
      store: unknown,
      collection: string,
      id: string,
    ): Promise<{ update: Change | undefined; delete: boolean } | undefined>;
    isEmpty(store?: unknown): Promise<boolean>;
  } {
    const { outbox } = this.#core;
    return {
      getChanges: async () => mergeDBChanges({}, ...(outbox?.transactions() ?? []).map(({ changes }) => changes)),
      getChangesForEntity: async (_store, collection, id) => outbox?.changesForEntity(collection, id),
      isEmpty: async () => (outbox?.size ?? 0) === 0,
    };
  }
}
