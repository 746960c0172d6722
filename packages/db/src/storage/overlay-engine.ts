/** An engine whose writes stay in memory over another engine, until somebody takes the edits out and writes them there. */
import { PendingEdits } from './pending-edits.ts';
import type { EntriesBelow } from './pending-edits.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from './port.ts';

const settled: Promise<void> = Promise.resolve();

export class OverlayEngine implements StorageEngine {
  readonly #engine: StorageEngine;
  readonly #below: EntriesBelow<unknown>;
  readonly #pending = new PendingEdits();

  constructor(engine: StorageEngine) {
    this.#engine = engine;
    this.#below = {
      has: (key) => engine.get(key) !== undefined,
      entries: (range) => engine.range(range),
      count: (range, cap) => engine.count(range, cap),
      decode: (_key, value) => value,
    };
  }

  get ready(): Promise<void> | undefined {
    return this.#engine.ready;
  }

  /** What was written here, one edit per key. */
  edits(): StorageEdit[] {
    return [...this.#pending.range({})].map(([key, { value }]) => ({ key, value }));
  }

  get(key: StorageKey): unknown {
    const edit = this.#pending.get(key);
    return edit === undefined ? this.#engine.get(key) : edit.value;
  }

  range(range: StorageRange): Iterable<StorageEntry> {
    return this.#pending.through(this.#below, range);
  }

  count(range: StorageRange, cap: number = Infinity): number {
    return this.#pending.countThrough(this.#below, range, cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    for (const { key, value } of edits) this.#pending.set(key, { value });
    return settled;
  }

  flush(): Promise<void> {
    return settled;
  }

  close(): Promise<void> {
    this.#pending.clear();
    return settled;
  }
}
