/**
 * Entity stores of version 1, by name. There, a database was given one to say how it keeps changes; here the choice is a
 * mode of the database, and `db.entityStore` reads what programs used to ask a store for.
 */
import type { Change, DBChanges, Row } from '../changes/types.ts';
import { mergeDBChanges } from '../changes/merge-changes.ts';
import { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { highestTimestampKey } from '../entities/entity-keys.ts';
import type { DatabaseCore } from './database-core.ts';

/** As an option: every commit is stamped by a clock that never goes back. The mode of servers. */
export class ServerEntityStore {
  readonly mode = 'server';
}

/** As an option: local writes wait in an outbox for the server to confirm them. The mode of clients. */
export class EntityStoreWithOutbox {
  readonly mode = 'outbox';

  /** The store of version 1 took its key/value store here; give it to the database as `kv`. */
  constructor(_kv?: unknown) {}
}

export type EntityStoreChoice = ServerEntityStore | EntityStoreWithOutbox;

export function storeOptions(choice: EntityStoreChoice | undefined): { outbox?: true; persistClock?: true } {
  if (choice === undefined) return {};
  return choice.mode === 'outbox' ? { outbox: true } : { persistClock: true };
}

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
