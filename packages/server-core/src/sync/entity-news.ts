/**
 * What a connection has yet to be told: the newest state of each entity that entered, changed or left its union of
 * queries. State, not history: a later change of an entity replaces an earlier one, so that waiting makes it no longer.
 */
import type { Row } from '@triplit/db';

export interface EntityNews {
  /** By collection and id; undefined means that the entity left the union. */
  readonly entities: ReadonlyMap<string, ReadonlyMap<string, Row | undefined>>;
  readonly forQueries: readonly string[];
  /** Whether an entity is to take the place of what the client may hold of it, instead of merging with that. */
  readonly replaces?: ((collection: string, id: string) => boolean) | undefined;
}

/** The rows of those entities that exist and may be seen. */
export type LookUp = (collection: string, ids: readonly string[]) => ReadonlyMap<string, Row> | undefined;

export class PendingNews {
  #entities = new Map<string, Map<string, Row | undefined>>();
  #queries = new Set<string>();
  /** Entities whose state is to be looked up only when the news are taken, since nobody keeps it current. */
  #toLookUp = new Map<string, Set<string>>();

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

  /** The client holds these entities and no query does any more: it is to learn their present state, or that they are gone. */
  lookUp(collection: string, ids: readonly string[]): void {
    const waiting = this.#toLookUp.get(collection);
    if (waiting) for (const id of ids) waiting.add(id);
    else this.#toLookUp.set(collection, new Set(ids));
  }

  /** Turns rows of entities that nobody keeps current any more into deletes: they may be out of date when they are sent. */
  evict(isHeld: (collection: string, id: string) => boolean): void {
    for (const [collection, rows] of this.#entities)
      for (const [id, row] of rows) if (row && !isHeld(collection, id)) rows.set(id, undefined);
  }

  /** The query is no longer to be answered. News that only it waited for go with it. */
  forget(queryId: string): void {
    this.#queries.delete(queryId);
    if (this.#queries.size === 0) this.#startAnew();
  }

  /** Hands over what waits and starts anew. The given collections are listed even when there is nothing to tell of them. */
  take(collections: Iterable<string>, lookUp: LookUp): EntityNews | undefined {
    if (this.isEmpty) return undefined;
    for (const collection of collections) this.#collection(collection);
    for (const [collection, ids] of this.#toLookUp) {
      const told = this.#collection(collection);
      const untold = [...ids].filter((id) => !told.has(id));
      if (untold.length === 0) continue;
      const rows = lookUp(collection, untold);
      for (const id of untold) told.set(id, rows?.get(id));
    }
    const news: EntityNews = { entities: this.#entities, forQueries: [...this.#queries] };
    this.#startAnew();
    return news;
  }

  #startAnew(): void {
    this.#entities = new Map();
    this.#queries = new Set();
    this.#toLookUp = new Map();
  }

  #collection(collection: string): Map<string, Row | undefined> {
    const existing = this.#entities.get(collection);
    if (existing) return existing;
    const created = new Map<string, Row | undefined>();
    this.#entities.set(collection, created);
    return created;
  }
}
