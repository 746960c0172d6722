/**
 * The engine of one of several programs that share an IndexedDB database, of which only one, the owner, has it open. The
 * others hold a copy of the owner's content in memory and leave it to the owner to store what they write, until one of
 * them takes over. Invariant: what a write's promise said to be durable is in the database, whoever owns it.
 */
import { equalValue } from '../../values/equal-values.ts';
import { isDerivedKey } from '../derived-keys.ts';
import { HydratedEngine } from '../hydrated-engine.ts';
import type { Backing } from '../hydrated-engine.ts';
import type { StorageEngine, StorageEntry, StorageKey } from '../port.ts';
import { IndexedDbBacking } from './indexed-db-engine.ts';
import type { IndexedDbKVOptions } from './indexed-db-engine.ts';
import type { IdbDatabase } from './idb.ts';
import { encodeEdit } from './journal.ts';
import { openDatabase } from './open-database.ts';

/** The owner, as one that does not own sees it. */
export interface StoreOwner {
  /** Settles with the owner's content; undefined when this program is the owner itself. */
  readonly content: Promise<Iterable<StorageEntry> | undefined>;
  /** Settles when the owner has stored what was written here, and no later than a takeover. */
  flush(): Promise<void>;
}

export class SharedIndexedDbEngine extends HydratedEngine<string> {
  readonly #backing: SharedBacking;

  constructor(name: string, owner: StoreOwner, options: IndexedDbKVOptions = {}) {
    const backing = new SharedBacking(name, owner, options);
    super(backing);
    this.#backing = backing;
  }

  /**
   * Becomes the owner, after the last one is gone: the database gets the content of memory. `onStored` is told before what
   * it holds, and may write what memory lacks.
   */
  takeOver(onStored: (content: Iterable<StorageEntry>) => void): Promise<void> {
    return this.#backing.takeOver(this.content, onStored);
  }
}

type Content = Pick<StorageEngine, 'range' | 'flush'>;

class SharedBacking implements Backing<string> {
  readonly #name: string;
  readonly #owner: StoreOwner;
  readonly #options: IndexedDbKVOptions;
  /** Opened while it is found out who the owner is, which takes about as long. Only an owner reads it. */
  readonly #opened: Promise<IdbDatabase>;
  #own: IndexedDbBacking | undefined;
  #takeover: Promise<void> | undefined;

  constructor(name: string, owner: StoreOwner, options: IndexedDbKVOptions) {
    this.#name = name;
    this.#owner = owner;
    this.#options = options;
    this.#opened = openDatabase(name);
    this.#opened.catch(() => undefined);
  }

  async load(put: (key: StorageKey, value: unknown) => void): Promise<void> {
    const content = await this.#owner.content;
    if (content !== undefined) {
      this.#closeUnread();
      for (const [key, value] of content) put(key, value);
      return;
    }
    this.#own = new IndexedDbBacking(this.#opened, this.#options, true);
    await this.#own.load(put);
  }

  encode(key: StorageKey, value: unknown): string {
    return encodeEdit(key, value);
  }

  async commit(edits: ReadonlyMap<StorageKey, string>): Promise<void> {
    if (this.#own === undefined && this.#takeover === undefined) return this.#owner.flush();
    await this.#takeover;
    await this.#own!.commit(edits);
  }

  maintain(content: Content): void {
    this.#own?.maintain(content);
  }

  takeOver(memory: Content, onStored: (content: Iterable<StorageEntry>) => void): Promise<void> {
    this.#takeover ??= this.#takeOver(memory, onStored);
    return this.#takeover;
  }

  async close(): Promise<void> {
    await this.#takeover?.catch(() => undefined);
    await this.#own?.close();
    this.#closeUnread();
  }

  /** Closing twice does no harm. */
  #closeUnread(): void {
    void this.#opened.then(
      (db) => db.close(),
      () => undefined,
    );
  }

  async #takeOver(memory: Content, onStored: (content: Iterable<StorageEntry>) => void): Promise<void> {
    const own = new IndexedDbBacking(this.#name, this.#options);
    this.#own = own;
    const stored = new Map<StorageKey, unknown>();
    await own.load((key, value) => (value === undefined ? stored.delete(key) : stored.set(key, value)));
    onStored(stored);
    const edits = new Map<StorageKey, string>();
    for (const [key, value] of memory.range({})) {
      if (!isDerivedKey(key) && !equalValue(stored.get(key), value)) edits.set(key, encodeEdit(key, value));
      stored.delete(key);
    }
    for (const key of stored.keys()) edits.set(key, encodeEdit(key, undefined));
    if (edits.size > 0) await own.commit(edits);
  }
}
