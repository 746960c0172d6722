/**
 * The engine for stores that can only be read asynchronously: everything is loaded into memory once, reads are served
 * from there, and writes go to the store behind, one batch at a time. Invariant: memory holds what the store holds plus
 * the edits that are not in the store yet. A batch that the store refused is tried again together with the next write.
 * Derived entries are kept in memory only.
 */
import { isDerivedKey } from './derived-keys.ts';
import { MemoryEngine } from './memory/memory-engine.ts';
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from './port.ts';
import { closedError, reasonOf, StorageError } from './storage-error.ts';
import { WriteBehind } from './write-behind.ts';

/** The store behind. Edits wait for it in a form of its own choice, made when they are written. */
export interface Backing<Encoded> {
  /** Hands over every entry, best in key order. A later one of a key counts; an undefined value removes the key. */
  load(put: (key: StorageKey, value: unknown) => void): Promise<void>;
  /** Throws when the value cannot be stored; then nothing of its write is. An undefined value removes the key. */
  encode(key: StorageKey, value: unknown): Encoded;
  /** Stores the edits, all or nothing. Resolves when they are durable. */
  commit(edits: ReadonlyMap<StorageKey, Encoded>): Promise<void>;
  /** Called after loading and after every commit: the occasion for housekeeping in the background. */
  maintain?(content: Pick<StorageEngine, 'range' | 'flush'>): void;
  close(): Promise<void>;
}

export class HydratedEngine<Encoded> implements StorageEngine {
  readonly #backing: Backing<Encoded>;
  readonly #memory = new MemoryEngine();
  readonly #writes: WriteBehind<Encoded>;
  readonly #loaded: Promise<void>;
  #state: 'loading' | 'open' | 'failed' | 'closed' = 'loading';
  #loadError: StorageError | undefined;

  constructor(backing: Backing<Encoded>) {
    this.#backing = backing;
    this.#writes = new WriteBehind((edits) => this.#commit(edits), { retries: true });
    this.#loaded = this.#load();
    // Whoever reads or writes is told; nobody has to listen here.
    this.#loaded.catch(() => undefined);
  }

  get ready(): Promise<void> | undefined {
    return this.#state === 'open' ? undefined : this.#loaded;
  }

  /** What is in memory, also while the engine closes. */
  protected get content(): Pick<StorageEngine, 'range'> {
    return this.#memory;
  }

  get(key: StorageKey): unknown {
    this.#assertOpen();
    return this.#memory.get(key);
  }

  range(range: StorageRange): Iterable<StorageEntry> {
    this.#assertOpen();
    return this.#memory.range(range);
  }

  values(range: StorageRange): Iterable<unknown> {
    this.#assertOpen();
    return this.#memory.values(range);
  }

  count(range: StorageRange, cap?: number): number {
    this.#assertOpen();
    return this.#memory.count(range, cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closedError());
    this.#assertOpen();
    if (edits.length === 0) return Promise.resolve();
    const stored = edits.filter(({ key }) => !isDerivedKey(key));
    let encoded: Encoded[];
    try {
      encoded = stored.map(({ key, value }) => this.#backing.encode(key, value));
    } catch (error) {
      return Promise.reject(error as Error);
    }
    void this.#memory.write(edits);
    if (stored.length === 0) return Promise.resolve();
    const batch = this.#writes.open();
    for (const [index, { key }] of stored.entries()) batch.edits.set(key, encoded[index]!);
    return batch.promise;
  }

  async flush(): Promise<void> {
    await this.#loaded;
    await this.#writes.flush();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    const loaded = await this.#loaded.then(
      () => true,
      () => false,
    );
    this.#state = 'closed';
    try {
      if (loaded) await this.#writes.flush();
    } finally {
      await this.#backing.close();
    }
  }

  async #load(): Promise<void> {
    try {
      await this.#backing.load((key, value) => {
        if (!isDerivedKey(key)) this.#memory.put(key, value);
      });
      this.#state = 'open';
      this.#maintain();
    } catch (error) {
      this.#state = 'failed';
      this.#loadError =
        error instanceof StorageError
          ? error
          : new StorageError(`The storage could not be opened: ${reasonOf(error)}.`, { cause: error });
      throw this.#loadError;
    }
  }

  async #commit(edits: ReadonlyMap<StorageKey, Encoded>): Promise<void> {
    await this.#backing.commit(edits);
    this.#maintain();
  }

  #maintain(): void {
    this.#backing.maintain?.({ range: (range) => this.#memory.range(range), flush: () => this.#writes.flush() });
  }

  #assertOpen(): void {
    if (this.#state === 'open') return;
    if (this.#state === 'closed') throw closedError();
    throw this.#loadError ?? new StorageError('The storage was used before it was ready. Wait for `ready` first.');
  }
}
