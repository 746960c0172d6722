/** An engine whose code is loaded when a program turns out to need it. */
import type { StorageEdit, StorageEngine, StorageEntry, StorageKey, StorageRange } from './port.ts';
import { StorageError } from './storage-error.ts';

type Engine = StorageEngine & Required<Pick<StorageEngine, 'values'>>;

export class LateEngine implements StorageEngine {
  readonly #loading: Promise<Engine>;
  readonly #opened: Promise<void>;
  #loaded: Engine | undefined;

  constructor(loading: Promise<Engine>) {
    this.#loading = loading;
    this.#opened = loading.then((engine) => {
      this.#loaded = engine;
      return engine.ready;
    });
    // Whoever reads or writes is told; nobody has to listen here.
    this.#opened.catch(() => undefined);
  }

  get ready(): Promise<void> | undefined {
    return this.#loaded === undefined ? this.#opened : this.#loaded.ready;
  }

  get(key: StorageKey): unknown {
    return this.#engine.get(key);
  }

  range(range: StorageRange): Iterable<StorageEntry> {
    return this.#engine.range(range);
  }

  values(range: StorageRange): Iterable<unknown> {
    return this.#engine.values(range);
  }

  count(range: StorageRange, cap?: number): number {
    return this.#engine.count(range, cap);
  }

  write(edits: readonly StorageEdit[]): Promise<void> {
    return this.#engine.write(edits);
  }

  async flush(): Promise<void> {
    return (await this.#loading).flush();
  }

  async close(): Promise<void> {
    return (await this.#loading).close();
  }

  get #engine(): Engine {
    if (this.#loaded === undefined)
      throw new StorageError('The storage was used before it was ready. Wait for `ready` first.');
    return this.#loaded;
  }
}
