/**
 * Group commit: gathers edits and hands them to a store one batch at a time, so that whatever is written while a batch
 * is on its way to the disk travels together in the next. Invariant: batches are committed in order, each whole; after
 * one failed, nothing is committed any more and every write is refused, unless failed batches are to be tried again: then
 * the edits of the failed batch go first into the next one.
 */
import { Deferred } from './deferred.ts';
import type { StorageKey } from './port.ts';
import { closedError, notDurableError, reasonOf, StorageError } from './storage-error.ts';

export class WriteBehind<Edit> {
  readonly #commit: (batch: ReadonlyMap<StorageKey, Edit>) => Promise<void>;
  readonly #retries: boolean;
  /** What a failed batch left behind, to be tried again with the next. */
  #unsaved: ReadonlyMap<StorageKey, Edit> | undefined;
  #waiting: Batch<Edit> | undefined;
  #committing: Batch<Edit> | undefined;
  #failure: StorageError | undefined;
  #closed = false;

  constructor(commit: (batch: ReadonlyMap<StorageKey, Edit>) => Promise<void>, { retries = false } = {}) {
    this.#commit = commit;
    this.#retries = retries;
  }

  /** Why nothing can be written any more, or undefined when it can. */
  get refusal(): StorageError | undefined {
    return this.#failure ?? (this.#closed ? closedError() : undefined);
  }

  /** The batch that edits made now belong to; its promise settles with the batch. */
  open(): Batch<Edit> {
    if (this.#waiting === undefined) {
      this.#waiting = new Batch<Edit>();
      if (this.#committing === undefined) queueMicrotask(() => void this.#run());
    }
    return this.#waiting;
  }

  /** Settles when everything written so far is durable. */
  async flush(): Promise<void> {
    if (this.#unsaved !== undefined) this.open();
    await (this.#waiting ?? this.#committing)?.promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Refuses further writes and waits for those under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  async #run(): Promise<void> {
    for (let batch = this.#waiting; batch !== undefined; batch = this.#waiting) {
      this.#waiting = undefined;
      this.#committing = batch;
      const edits = this.#unsaved === undefined ? batch.edits : new Map([...this.#unsaved, ...batch.edits]);
      try {
        await this.#commit(edits);
        this.#unsaved = this.#committing = undefined;
        batch.resolve();
      } catch (error) {
        this.#committing = undefined;
        if (this.#retries) this.#unsaved = edits;
        batch.reject(this.#failed(error));
      }
    }
  }

  #failed(error: unknown): StorageError {
    if (this.#retries) {
      return new StorageError(
        `A write could not be made durable: ${reasonOf(error)}. It is kept in memory and tried again with the next write.`,
        { cause: error },
      );
    }
    this.#failure = notDurableError(error);
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
    return this.#failure;
  }
}

/** Edits that become durable together; a later edit of a key replaces an earlier one. */
export class Batch<Edit> extends Deferred {
  readonly edits = new Map<StorageKey, Edit>();
}
