/**
 * The storage engine that keeps everything in memory. Values are held by reference and never encoded; every write is
 * durable as far as it ever will be when it returns.
 */
import type { Cell } from '../cell.ts';
import { DURABLE } from '../port.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from '../port.ts';
import { MIN_RUN, OrderedMap } from './ordered-map.ts';

export class MemoryEngine implements StorageEngine {
  readonly ready: Promise<void> | undefined = undefined;
  readonly #entries = new OrderedMap<unknown>();

  get(key: StorageKey): unknown {
    return this.#entries.get(key);
  }

  cell(key: StorageKey): Cell<unknown> | undefined {
    return this.#entries.cell(key);
  }

  range(range: StorageRange): Iterable<StorageEntry> {
    return this.#entries.range(range);
  }

  values(range: StorageRange): Iterable<unknown> {
    return this.#entries.values(range);
  }

  count(range: StorageRange, cap?: number): number {
    return this.#entries.count(range, cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    for (let index = 0; index < edits.length;) {
      const added = this.#entries.insertRun(edits, index);
      if (added > 0) {
        index += added;
        continue;
      }
      const end = Math.min(edits.length, index + MIN_RUN);
      for (; index < end; index++) this.put(edits[index]!.key, edits[index]!.value);
    }
    return DURABLE;
  }

  /** One edit, for whoever has very many. */
  put(key: StorageKey, value: unknown): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }

  flush(): Promise<void> {
    return DURABLE;
  }

  /** Keeps its entries: a closed memory engine is released by dropping it, and one can be handed from database to database. */
  close(): Promise<void> {
    return DURABLE;
  }
}
