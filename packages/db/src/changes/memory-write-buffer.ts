/** Collects change sets in memory and gives back their merge. */
import { areChangesEmpty, mergeDBChanges } from './merge-changes.ts';
import type { Change, CollectionChanges, DBChanges } from './types.ts';

export class SimpleMemoryWriteBuffer {
  #changes: DBChanges = {};

  write(changes: DBChanges): void {
    mergeDBChanges(this.#changes, changes);
  }

  getChanges(): DBChanges {
    return this.#changes;
  }

  getChangesForCollection(collection: string): CollectionChanges | undefined {
    return Object.hasOwn(this.#changes, collection) ? this.#changes[collection] : undefined;
  }

  /** Undefined when nothing is pending for the entity. */
  getChangesForEntity(collection: string, id: string): { update: Change | undefined; delete: boolean } | undefined {
    const changes = this.getChangesForCollection(collection);
    if (changes === undefined || !(changes.sets.has(id) || changes.deletes.has(id))) return undefined;
    return { update: changes.sets.get(id), delete: changes.deletes.has(id) };
  }

  clear(): void {
    this.#changes = {};
  }

  clearChangesForEntity(collection: string, id: string): void {
    const changes = this.getChangesForCollection(collection);
    changes?.sets.delete(id);
    changes?.deletes.delete(id);
  }

  isEmpty(): boolean {
    return areChangesEmpty(this.#changes);
  }
}
