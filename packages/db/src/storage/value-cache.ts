/**
 * A bounded cache of decoded values, so that repeated reads of a hot row give the same object without parsing it again.
 * Approximately least-recently-used: a young and an old generation, where a full young generation replaces the old one
 * and what is read moves to the young one. Primitive values are not worth a place.
 */
export const DEFAULT_CACHED_VALUES = 50_000;

export class ValueCache {
  readonly #generationSize: number;
  #young = new Map<string, object>();
  #old = new Map<string, object>();

  constructor(capacity: number = DEFAULT_CACHED_VALUES) {
    this.#generationSize = Math.max(1, capacity >> 1);
  }

  get(key: string): object | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#remember(key, old);
    return old;
  }

  set(key: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#remember(key, value);
    else this.delete(key);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #remember(key: string, value: object): void {
    this.#young.set(key, value);
    if (this.#young.size <= this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
