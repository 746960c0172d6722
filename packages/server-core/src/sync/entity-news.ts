/**
 * What a connection has yet to be told: the newest state of each entity that entered, changed or left its union of
 * queries. State, not history: a later change of an entity replaces an earlier one, so that waiting makes it no longer.
 */
import type { Row } from '@triplit/db';

export interface EntityNews {
  /** By collection and id; undefined means that the entity left the union. */
  readonly entities: ReadonlyMap<string, ReadonlyMap<string, Row | undefined>>;
  readonly forQueries: readonly string[];
}

export class PendingNews {
  #entities = new Map<string, Map<string, Row | undefined>>();
  #queries = new Set<string>();

  get isEmpty(): boolean {
    return this.#queries.size === 0;
  }

  /** The query has an answer, even when no entity comes with it. */
  answer(queryId: string): void {
    this.#queries.add(queryId);
  }

  set(collection: string, id: string, row: Row): void {
    this.#collection(collection).set(id, row);
  }

  delete(collection: string, id: string): void {
    this.#collection(collection).set(id, undefined);
  }

  isDeleted(collection: string, id: string): boolean {
    const entities = this.#entities.get(collection);
    return entities !== undefined && entities.has(id) && entities.get(id) === undefined;
  }

  /** The query is no longer to be answered. News that only it waited for go with it. */
  forget(queryId: string): void {
    this.#queries.delete(queryId);
    if (this.#queries.size === 0) this.#entities = new Map();
  }

  /** Hands over what waits and starts anew. The given collections are listed even when there is nothing to tell of them. */
  take(collections: Iterable<string>): EntityNews | undefined {
    if (this.isEmpty) return undefined;
    for (const collection of collections) this.#collection(collection);
    const news: EntityNews = { entities: this.#entities, forQueries: [...this.#queries] };
    this.#entities = new Map();
    this.#queries = new Set();
    return news;
  }

  #collection(collection: string): Map<string, Row | undefined> {
    const existing = this.#entities.get(collection);
    if (existing) return existing;
    const created = new Map<string, Row | undefined>();
    this.#entities.set(collection, created);
    return created;
  }
}
