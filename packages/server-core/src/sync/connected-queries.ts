/**
 * The queries of one connection and their union: an entity is news when it enters the union, changes in it or leaves it.
 * Invariant: an entity is taken from the client only when no connected query holds it any more.
 */
import { extendForSync } from '@triplit/db/sync';
import type { DB, EntityDelta, EntityObservation, Row, Timestamp } from '@triplit/db';
import { HybridLogicalClock, TriplitError } from '@triplit/db';
import { PendingNews } from './entity-news.ts';
import type { EntityNews } from './entity-news.ts';
import { holdingsOf, unchangedSince } from './resume.ts';
import type { Holdings, ResumeState, StateRequest } from './resume.ts';

/** A query as plain data, not yet looked at. */
export type ClientQuery = Parameters<DB['prepare']>[0];

/** A connected query that a new schema makes invalid. */
export interface InvalidQuery {
  readonly id: string;
  readonly error: unknown;
}

interface ConnectedQuery {
  readonly query: ClientQuery;
  readonly observation: EntityObservation;
  /** Collections that this query has shown so far; they are listed in every delta. */
  readonly collections: Set<string>;
}

export interface ConnectedQueriesOptions {
  /** The database with the session of the connection. */
  readonly db: DB;
  /** Reads without permission filters. */
  readonly skipRules: boolean;
  /** Queries that may be connected at a time. */
  readonly mostQueries: number;
  /** Called when there is something to flush. */
  readonly onNews: () => void;
}

export class ConnectedQueries {
  #db: DB;
  #skipRules: boolean;
  readonly #mostQueries: number;
  readonly #onNews: () => void;
  readonly #queries = new Map<string, ConnectedQuery>();
  readonly #news = new PendingNews();
  /** From this instant on the client may hold entities of disconnected queries that nobody kept current. */
  #staleSince: Timestamp | undefined;

  constructor({ db, skipRules, mostQueries, onNews }: ConnectedQueriesOptions) {
    this.#mostQueries = mostQueries;
    this.#db = db;
    this.#skipRules = skipRules;
    this.#onNews = onNews;
  }

  get hasNews(): boolean {
    return !this.#news.isEmpty;
  }

  /**
   * Throws when the query is invalid; then nothing has changed, also not a query connected under the same id before. The
   * same when the state does not say what the client holds: then what to ask for is returned.
   */
  connect(id: string, query: ClientQuery, state: ResumeState | undefined): StateRequest | undefined {
    if (!this.#queries.has(id) && this.#queries.size >= this.#mostQueries)
      throw new TriplitError(
        `A connection may have at most ${this.#mostQueries} queries. Disconnect some, or ask for more in one query.`,
      );
    const connected = this.#observe(id, query);
    const holdings = state && holdingsOf(state, connected.observation.entities());
    if (typeof holdings === 'object') {
      connected.observation.close();
      return holdings;
    }
    const replaced = this.#queries.get(id);
    this.#queries.delete(id);
    replaced?.observation.close();
    if (state && holdings) this.#answerResumed(connected, state, holdings);
    else this.#answerFirst(connected);
    this.#queries.set(id, connected);
    if (replaced) this.#evictUnheld();
    this.#news.answer(id);
    this.#onNews();
    return undefined;
  }

  #observe(id: string, query: ClientQuery): ConnectedQuery {
    const prepared = this.#db.prepare(query, { skipRules: this.#skipRules, extend: extendForSync });
    const connected: ConnectedQuery = {
      query,
      observation: this.#db.observeEntities(prepared, (delta) => this.#receive(id, connected, delta)),
      collections: new Set([query.collectionName]),
    };
    return connected;
  }

  /** From here on the queries are those of another session. See `prepareAgain`. */
  authorize(db: DB, skipRules: boolean): InvalidQuery[] {
    this.#db = db;
    this.#skipRules = skipRules;
    return this.prepareAgain();
  }

  /**
   * Prepares every query again, since the schema or the session has changed, and with it what may be read. What the client may not have
   * any more is taken from it. Returns the queries that are not valid any more; they are disconnected.
   */
  prepareAgain(): InvalidQuery[] {
    const invalid: InvalidQuery[] = [];
    const before = new Map<string, Set<string>>();
    for (const [id, { query, observation, collections }] of [...this.#queries]) {
      for (const [collection, rows] of observation.entities()) {
        const ids = before.get(collection) ?? new Set();
        for (const entityId of rows.keys()) ids.add(entityId);
        before.set(collection, ids);
      }
      observation.close();
      try {
        const connected = this.#observe(id, query);
        for (const collection of collections) connected.collections.add(collection);
        this.#queries.set(id, connected);
      } catch (error) {
        this.#queries.delete(id);
        invalid.push({ id, error });
      }
      this.#news.answer(id);
    }
    for (const { observation, collections } of this.#queries.values()) {
      for (const [collection, rows] of observation.entities()) {
        collections.add(collection);
        for (const [id, row] of rows) if (before.get(collection)?.has(id) !== true) this.#news.set(collection, id, row);
      }
    }
    for (const [collection, ids] of before)
      for (const id of ids) if (!this.#isInUnion(collection, id)) this.#news.delete(collection, id);
    if (this.hasNews) this.#onNews();
    return invalid;
  }

  /** The client keeps what it has: nothing is taken from it. */
  disconnect(id: string): void {
    const connected = this.#queries.get(id);
    if (!connected) return;
    connected.observation.close();
    this.#queries.delete(id);
    this.#news.forget(id);
    this.#evictUnheld();
    this.#staleSince ??= this.#db.clock.next();
  }

  take(): EntityNews | undefined {
    const news = this.#news.take(this.#collections(), (collection, ids) => this.#readable(collection, ids));
    return news && { ...news, replaces: this.#db.mayLackRemovals };
  }

  close(): void {
    for (const { observation } of this.#queries.values()) observation.close();
    this.#queries.clear();
  }

  #receive(id: string, connected: ConnectedQuery, delta: EntityDelta): void {
    if (this.#queries.get(id) !== connected) return;
    for (const [collection, entities] of delta) {
      connected.collections.add(collection);
      for (const [entityId, row] of entities) {
        if (row) this.#news.set(collection, entityId, row);
        else if (!this.#isInUnion(collection, entityId, connected)) this.#news.delete(collection, entityId);
      }
    }
    this.#news.answer(id);
    this.#onNews();
  }

  #answerFirst(connected: ConnectedQuery): void {
    for (const [collection, rows] of connected.observation.entities()) {
      connected.collections.add(collection);
      for (const [id, row] of rows) if (!this.#isInUnion(collection, id)) this.#news.set(collection, id, row);
    }
  }

  /** Answers by what the client says it holds; the union plays no part in it. */
  #answerResumed(connected: ConnectedQuery, { timestamp, entityIds }: ResumeState, isHeld: Holdings): void {
    const since =
      this.#staleSince && HybridLogicalClock.compare(this.#staleSince, timestamp) < 0 ? this.#staleSince : timestamp;
    const current = connected.observation.entities();
    for (const [collection, rows] of current) {
      connected.collections.add(collection);
      for (const [id, row] of rows) {
        const isKnown = isHeld(collection, id) && unchangedSince(this.#db.timestampOf(collection, id), since);
        if (!isKnown || this.#news.isDeleted(collection, id)) this.#news.set(collection, id, row);
      }
    }
    for (const [collection, ids] of entityIds) {
      if (this.#knows(collection)) connected.collections.add(collection);
      const rows = current.get(collection);
      const gone = [...ids].filter((id) => !rows?.has(id) && !this.#isInUnion(collection, id));
      if (gone.length > 0) this.#news.lookUp(collection, gone);
    }
  }

  /** The present rows of entities, as far as the session may read them. */
  #readable(collection: string, ids: readonly string[]): ReadonlyMap<string, Row> | undefined {
    if (!this.#knows(collection)) return undefined;
    const prepared = this.#db.prepare(
      { collectionName: collection, where: [['id', 'in', [...ids]]] },
      { skipRules: this.#skipRules },
    );
    return this.#db.entitiesOf(prepared).get(collection);
  }

  #knows(collection: string): boolean {
    const schema = this.#db.getSchema();
    return !schema || collection === '_metadata' || Object.hasOwn(schema.collections, collection);
  }

  #evictUnheld(): void {
    this.#news.evict((collection, id) => this.#isInUnion(collection, id));
  }

  /** Whether a connected query, other than the given one, holds the entity. */
  #isInUnion(collection: string, id: string, except?: ConnectedQuery): boolean {
    for (const query of this.#queries.values())
      if (query !== except && query.observation.has(collection, id)) return true;
    return false;
  }

  *#collections(): Iterable<string> {
    for (const { collections } of this.#queries.values()) yield* collections;
  }
}
