/**
 * The storage engine of browsers: everything is loaded from IndexedDB into memory when it opens, and writes go behind in
 * one IndexedDB transaction at a time. Invariant: a write's promise resolves only when the browser has completed the
 * transaction. One engine at a time may have a database open; what another tab writes is not seen, nor is it destroyed.
 */
import { platform } from '../../base/platform.ts';
import { isDerivedKey } from '../derived-keys.ts';
import { HydratedEngine } from '../hydrated-engine.ts';
import type { Backing } from '../hydrated-engine.ts';
import type { StorageEngine, StorageEntry, StorageKey } from '../port.ts';
import { reasonOf } from '../storage-error.ts';
import type { IdbDatabase } from './idb.ts';
import { encodeEdit, Journal } from './journal.ts';
import { openDatabase } from './open-database.ts';

/** So many entries are turned into text between two turns of the event loop while compacting. */
const COMPACTION_SLICE_ENTRIES = 2000;

/** How long after opening the journal is left alone: until then, loading it again is the cheaper work. */
const FIRST_COMPACTION_DELAY_MS = 3000;

export interface IndexedDbKVOptions {
  /** Accepted for compatibility: reads are always served from memory. */
  useCache?: boolean;
  /** How many records, each of many entries, are asked for at once while loading (default 100). */
  batchSize?: number;
}

export class IndexedDbEngine extends HydratedEngine<string> {
  /** The name of a database, which the engine opens and closes, or a database that somebody else opens and closes. */
  constructor(nameOrDatabase: string | IdbDatabase | Promise<IdbDatabase>, options: IndexedDbKVOptions = {}) {
    super(new IndexedDbBacking(nameOrDatabase, options));
  }
}

type Content = Pick<StorageEngine, 'range' | 'flush'>;

export class IndexedDbBacking implements Backing<string> {
  readonly #opened: Promise<IdbDatabase>;
  readonly #ownsDatabase: boolean;
  readonly #journal: Promise<Journal>;
  /** Why the connection is gone, once it is. */
  #lost: string | undefined;
  #compaction: Promise<void> | undefined;
  #isShared = false;
  #isOpenForLong = false;
  #cancelFirst: (() => void) | undefined;
  #isClosing = false;

  /** `ownsDatabase`: whether the database is closed with this. */
  constructor(
    nameOrDatabase: string | IdbDatabase | Promise<IdbDatabase>,
    { batchSize }: IndexedDbKVOptions,
    ownsDatabase = typeof nameOrDatabase === 'string',
  ) {
    this.#ownsDatabase = ownsDatabase;
    this.#opened = typeof nameOrDatabase === 'string' ? openDatabase(nameOrDatabase) : Promise.resolve(nameOrDatabase);
    this.#journal = this.#opened.then((db) => new Journal(db, batchSize));
    this.#journal.catch(() => undefined);
  }

  async load(put: (key: StorageKey, value: unknown) => void): Promise<void> {
    this.#watch(await this.#opened);
    await (await this.#journal).load(put);
  }

  encode(key: StorageKey, value: unknown): string {
    return encodeEdit(key, value);
  }

  async commit(edits: ReadonlyMap<StorageKey, string>): Promise<void> {
    const journal = await this.#journal;
    if (this.#lost !== undefined) throw new Error(this.#lost);
    try {
      await journal.append(edits.values());
    } catch (error) {
      throw explained(error);
    }
  }

  /** Compacts the journal in the background when it has grown, but not while a page that has just opened is busy. */
  maintain(content: Content): void {
    if (this.#compaction !== undefined || this.#isShared) return;
    if (!this.#isOpenForLong) {
      this.#cancelFirst ??= platform.schedule(() => {
        this.#isOpenForLong = true;
        this.maintain(content);
      }, FIRST_COMPACTION_DELAY_MS);
      return;
    }
    this.#compaction = this.#compact(content).finally(() => (this.#compaction = undefined));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelFirst?.();
    await this.#compaction;
    if (!this.#ownsDatabase) return;
    const db = await this.#opened.catch(() => undefined);
    db?.close();
  }

  async #compact(content: Content): Promise<void> {
    const journal = await this.#journal;
    if (!journal.isWorthCompacting || this.#isClosing || this.#lost !== undefined) return;
    try {
      this.#isShared = !(await journal.compact(this.#slices(content)));
    } catch {
      // Nothing is lost: the journal stays as it is, and a later commit tries again.
    }
  }

  /**
   * The content, read over several turns so that the page stays responsive. Ends when everything that may be in it is in
   * the journal too: a crash after compacting must not leave half of a write that was read but never committed.
   */
  async *#slices(content: Content): AsyncGenerator<StorageEntry> {
    let after: StorageKey | undefined;
    for (;;) {
      if (this.#isClosing) throw new Error('closing');
      const slice = [...content.range({ gt: after, limit: COMPACTION_SLICE_ENTRIES })];
      yield* slice.filter(([key]) => !isDerivedKey(key));
      if (slice.length < COMPACTION_SLICE_ENTRIES) break;
      after = slice.at(-1)![0];
      await new Promise<void>((resolve) => void platform.schedule(resolve));
    }
    await content.flush();
  }

  /** Gives way to a tab that upgrades or deletes the database; holding on would block it for as long as this tab lives. */
  #watch(db: IdbDatabase): void {
    db.onversionchange = () => {
      this.#lost =
        'another tab upgrades or deletes the IndexedDB database, and this tab gave way to it. Reload the page';
      db.close();
    };
    db.onclose = () => {
      this.#lost = 'the browser closed the IndexedDB database, as it does when site data are cleared. Reload the page';
    };
  }
}

function explained(cause: unknown): Error {
  if ((cause as { name?: unknown } | null)?.name === 'QuotaExceededError') {
    return new Error(
      'the browser gives this site no more storage (QuotaExceededError). Free space on the device or delete data',
      { cause },
    );
  }
  return new Error(reasonOf(cause), { cause });
}
