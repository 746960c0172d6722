/**
 * Collects change sets in memory and gives back their merge. The methods are those of the write buffers of version 1:
 * asynchronous, and the first argument, the store or transaction to work on, is not needed here.
 */
import { areChangesEmpty, mergeDBChanges } from './merge-changes.ts';
import type { Change, CollectionChanges, DBChanges } from './types.ts';

export class SimpleMemoryWriteBuffer {
  #changes: DBChanges = {};

  async write(_tx: unknown, changes: DBChanges): Promise<void> {
    mergeDBChanges(this.#changes, changes);
  }

  async getChanges(_store?: unknown): Promise<DBChanges> {
    return this.#changes;
  }

  async getChangesForCollection(_store: unknown, collection: string): Promise<CollectionChanges | undefined> {
    return this.#ofCollection(collection);
  }

  /** Undefined when nothing is pending for the entity. */
  async getChangesForEntity(
    _store: unknown,
    collection: string,
    id: string,
  ): Promise<{ update: Change | undefined; delete: boolean } | undefined> {
    const changes = this.#ofCollection(collection);
    if (changes === undefined || !(changes.sets.has(id) || changes.deletes.has(id))) return undefined;
    return { update: changes.sets.get(id), delete: changes.deletes.has(id) };
  }

  async clear(_tx?: unknown): Promise<void> {
    this.#changes = {};
  }

  async clearChangesForEntity(_tx: unknown, collection: string, id: string): Promise<void> {
    const changes = this.#ofCollection(collection);
    changes?.sets.delete(id);
    changes?.deletes.delete(id);
  }

  async isEmpty(_store?: unknown): Promise<boolean> {
    return areChangesEmpty(this.#changes);
  }

  #ofCollection(collection: string): CollectionChanges | undefined {
    return Object.hasOwn(this.#changes, collection) ? this.#changes[collection] : undefined;
  }
}
