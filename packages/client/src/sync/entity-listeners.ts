/** Callbacks for single entities. Any number may wait for the same one. */
import type { Logger } from '@triplit/logger';
import { Listeners } from '../listeners.ts';

export class EntityListeners<Args extends readonly unknown[]> {
  readonly #byEntity = new Map<string, Listeners<Args>>();
  readonly #event: string;
  readonly #logger: Logger;

  constructor(event: string, logger: Logger) {
    this.#event = event;
    this.#logger = logger;
  }

  add(collection: string, id: string, callback: (...args: Args) => unknown): () => void {
    const key = keyOf(collection, id);
    const listeners = this.#byEntity.get(key) ?? new Listeners<Args>(this.#event, this.#logger);
    this.#byEntity.set(key, listeners);
    const remove = listeners.add(callback);
    return () => {
      remove();
      if (listeners.size === 0) this.#byEntity.delete(key);
    };
  }

  emit(collection: string, id: string, ...args: Args): void {
    this.#byEntity.get(keyOf(collection, id))?.emit(...args);
  }
}

const keyOf = (collection: string, id: string): string => JSON.stringify([collection, id]);
