/** The part of an engine whose keys begin with a prefix, as an engine of its own with keys relative to the prefix. */
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from './port.ts';

export class ScopedEngine implements StorageEngine {
  readonly #engine: StorageEngine;
  readonly #prefix: string;

  /** The prefix is an encoded tuple; so are the keys, none of which begins with U+FFFF. */
  constructor(engine: StorageEngine, prefix: string) {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  get ready(): Promise<void> | undefined {
    return this.#engine.ready;
  }

  get(key: StorageKey): unknown {
    return this.#engine.get(this.#prefix + key);
  }

  *range(range: StorageRange): Generator<StorageEntry> {
    for (const [key, value] of this.#engine.range(this.#within(range))) yield [key.slice(this.#prefix.length), value];
  }

  count(range: StorageRange, cap?: number): number {
    return this.#engine.count(this.#within(range), cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    return this.#engine.write(edits.map(({ key, value }) => ({ key: this.#prefix + key, value })));
  }

  flush(): Promise<void> {
    return this.#engine.flush();
  }

  /** Leaves the engine below open: other scopes use it. */
  close(): Promise<void> {
    return this.#engine.flush();
  }

  #within({ gt, gte, lt, lte, reverse, limit }: StorageRange): StorageRange {
    const prefix = this.#prefix;
    const under = (key: StorageKey | undefined): StorageKey | undefined =>
      key === undefined ? undefined : prefix + key;
    return {
      gt: under(gt),
      gte: prefix + (gte ?? ''),
      lt: prefix + (lt ?? '\uffff'),
      lte: under(lte),
      reverse,
      limit,
    };
  }
}
