/**
 * Which entities a root view visits, through all inclusions: a reference count per entity over the distinct views below
 * the root. Feeds sync, which sends entities rather than results.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import type { View, ViewTracker } from './view.ts';

/** By collection and id: the current row of an entity that entered or changed, undefined for one that left. */
export type EntityDelta = ReadonlyMap<string, ReadonlyMap<string, Row | undefined>>;
export type EntityMap = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export class EntityTracker implements ViewTracker {
  readonly #source: EntitySource;
  readonly #views = new Map<View, number>();
  readonly #references = new Map<string, Map<string, number>>();
  /** Entities whose references or row changed since the last flush, with whether they were visited before. */
  readonly #pending = new Map<string, Map<string, boolean>>();

  #onNews: () => void;

  /** `onNews` is called when something is noted after a flush; it may be called repeatedly. */
  constructor(root: View, source: EntitySource, onNews: () => void) {
    this.#source = source;
    this.#onNews = () => undefined;
    this.retain(root);
    this.#pending.clear();
    this.#onNews = onNews;
  }

  /** One more place shows this view. */
  retain(view: View): void {
    const count = this.#views.get(view) ?? 0;
    this.#views.set(view, count + 1);
    if (count > 0) return;
    view.trackers.add(this);
    for (const entry of view.nodes) {
      this.add(view.plan.collection, entry.id);
      for (const child of entry.children) this.retain(child);
    }
  }

  release(view: View): void {
    const count = this.#views.get(view) ?? 0;
    if (count > 1) {
      this.#views.set(view, count - 1);
      return;
    }
    this.#views.delete(view);
    view.trackers.delete(this);
    for (const entry of view.nodes) {
      if (!entry.visible) continue;
      this.remove(view.plan.collection, entry.id);
      for (const child of entry.children) this.release(child);
    }
  }

  add(collection: string, id: string): void {
    const references = this.#collectionReferences(collection);
    const count = references.get(id) ?? 0;
    this.#note(collection, id, count > 0);
    references.set(id, count + 1);
  }

  remove(collection: string, id: string): void {
    const references = this.#collectionReferences(collection);
    const count = references.get(id) ?? 0;
    this.#note(collection, id, count > 0);
    if (count > 1) references.set(id, count - 1);
    else references.delete(id);
  }

  /** The row of a visited entity changed. */
  touch(collection: string, id: string): void {
    this.#note(collection, id, (this.#references.get(collection)?.get(id) ?? 0) > 0);
  }

  /** Whether the entity is visited now. */
  has(collection: string, id: string): boolean {
    return (this.#references.get(collection)?.get(id) ?? 0) > 0;
  }

  /** What changed since the last flush. */
  flush(): EntityDelta {
    const delta = new Map<string, Map<string, Row | undefined>>();
    for (const [collection, ids] of this.#pending) {
      const references = this.#references.get(collection);
      const rows = new Map<string, Row | undefined>();
      for (const [id, visitedBefore] of ids) {
        if ((references?.get(id) ?? 0) > 0) rows.set(id, this.#source.row(collection, id));
        else if (visitedBefore) rows.set(id, undefined);
      }
      if (rows.size > 0) delta.set(collection, rows);
    }
    this.#pending.clear();
    return delta;
  }

  entities(): EntityMap {
    const entities = new Map<string, Map<string, Row>>();
    for (const [collection, references] of this.#references) {
      const rows = new Map<string, Row>();
      for (const id of references.keys()) {
        const row = this.#source.row(collection, id);
        if (row !== undefined) rows.set(id, row);
      }
      entities.set(collection, rows);
    }
    return entities;
  }

  #collectionReferences(collection: string): Map<string, number> {
    let references = this.#references.get(collection);
    if (references === undefined) {
      references = new Map();
      this.#references.set(collection, references);
    }
    return references;
  }

  #note(collection: string, id: string, visited: boolean): void {
    let ids = this.#pending.get(collection);
    if (ids === undefined) {
      ids = new Map();
      this.#pending.set(collection, ids);
    }
    if (!ids.has(id)) ids.set(id, visited);
    this.#onNews();
  }
}
