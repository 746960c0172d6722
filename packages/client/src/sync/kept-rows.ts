/**
 * Which rows of the cache the server keeps current on this connection. Those of withdrawn queries, and those that a resumed
 * query shows no more, stay in the cache and grow stale: they may long be deleted. A window, a filter by relation or an
 * inclusion can come to show one of them when other rows change. Then the server has to be told that the cache holds it.
 */
import type { DB, DBChanges, EntityObservation, PreparedQuery } from '@triplit/db';
import type { QueryCheckpoint } from '@triplit/db/sync';

type Claim = QueryCheckpoint['entityIds'];
export type EntityId = readonly [collection: string, id: string];

export interface KeptRowsHost {
  observe(prepared: PreparedQuery, listener: Parameters<DB['observeEntities']>[1]): EntityObservation;
  /** Whether the cache has the row whatever becomes of pending changes. */
  isConfirmed(collection: string, id: string): boolean;
  /** What was sent to the server and is not acknowledged. */
  sentEntities(): readonly EntityId[];
}

interface Watch {
  /** Where what the query shows depends on more than one row at a time. */
  readonly observation: EntityObservation | undefined;
  /** What the query has come to show, or shows in another state, since somebody looked. */
  entered: EntityId[];
  /**
   * Inserts that the server did before it read the query, and that were no part of the cache yet. If the answer lacks
   * one, it was removed in between.
   */
  sent: EntityId[];
}

/** `Query` stands for one that is connected. */
export class KeptRows<Query extends object> {
  readonly #host: KeptRowsHost;
  readonly #ids = new Set<string>();
  readonly #watches = new Map<Query, Watch>();

  constructor(host: KeptRowsHost) {
    this.#host = host;
  }

  /** The query is about to be connected with what the cache holds. `onEntered` may be called repeatedly. */
  watch(query: Query, prepared: PreparedQuery, onEntered: () => void): void {
    this.unwatch(query);
    const { limit, after, include = {} } = prepared;
    const isPlain = limit === undefined && after === undefined && Object.keys(include).length === 0;
    const sent = this.#host.sentEntities().filter((id) => !this.#host.isConfirmed(...id));
    if (isPlain && sent.length === 0) return;
    const entered: EntityId[] = [];
    const observation = isPlain
      ? undefined
      : this.#host.observe(prepared, (delta) => {
          for (const [collection, rows] of delta)
            for (const [id, row] of rows) if (row !== undefined) this.#note(watch, [collection, id], onEntered);
        });
    const watch: Watch = { observation, entered, sent };
    this.#watches.set(query, watch);
  }

  unwatch(query: Query): void {
    this.#watches.get(query)?.observation?.close();
    this.#watches.delete(query);
    if (this.#watches.size === 0) this.#ids.clear();
  }

  /**
   * Changes are about to be applied that answer these claims, if any. An entity that was claimed may have been sent because
   * it is not in the query any more.
   */
  arriving(changes: DBChanges, claims: readonly Claim[]): void {
    if (this.#watches.size === 0) return;
    for (const [collection, { sets, deletes }] of Object.entries(changes)) {
      for (const id of deletes) this.#ids.delete(keyOf([collection, id]));
      for (const id of sets.keys()) this.#ids.add(keyOf([collection, id]));
    }
    for (const id of idsOf(claims)) this.#ids.delete(keyOf(id));
  }

  /** The answer to the query's claim was applied: what it claimed and still shows is kept current from now on. */
  answered(query: Query, claim: Claim): void {
    const observation = this.#watches.get(query)?.observation;
    if (observation === undefined) return;
    for (const id of idsOf([claim])) if (observation.has(...id)) this.#ids.add(keyOf(id));
  }

  /** What the query may show although nobody keeps it current. */
  unkept(query: Query): EntityId[] {
    const watch = this.#watches.get(query);
    if (watch === undefined || watch.entered.length + watch.sent.length === 0) return [];
    const { observation } = watch;
    const isConfirmed = (id: EntityId): boolean => this.#host.isConfirmed(...id);
    watch.entered = watch.entered.filter((id) => this.#isUnkept(id) && observation?.has(...id));
    const sent = watch.sent.filter((id) => this.#isUnkept(id));
    // Once acknowledged, they are looked at for the last time.
    watch.sent = sent.filter((id) => !isConfirmed(id));
    return [...watch.entered, ...sent.filter(isConfirmed)];
  }

  #note(watch: Watch, id: EntityId, onEntered: () => void): void {
    // What is not confirmed was written here, and nobody else has it yet.
    if (!this.#isUnkept(id) || !this.#host.isConfirmed(...id)) return;
    watch.entered.push(id);
    onEntered();
  }

  #isUnkept(id: EntityId): boolean {
    return !this.#ids.has(keyOf(id));
  }
}

const keyOf = ([collection, id]: EntityId): string => `${collection.length} ${collection}${id}`;

const idsOf = (claims: readonly Claim[]): EntityId[] =>
  claims.flatMap((claim) =>
    Object.entries(claim).flatMap(([collection, ids]) => ids.map((id) => [collection, id] as const)),
  );
