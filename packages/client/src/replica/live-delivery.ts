/**
 * When live results reach their subscribers: right after a commit, once for all commits of the same synchronous stretch.
 * There is no waiting time; a burst that awaits each write is delivered write by write.
 */
import type { DB } from '@triplit/db';

export class LiveDelivery {
  readonly #db: DB;
  #isRequested = false;
  #isClosed = false;

  /** `db` must be open. */
  constructor(db: DB) {
    this.#db = db;
  }

  /** Delivers as soon as the running code has finished. */
  request(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    queueMicrotask(() => {
      if (this.#isRequested) this.deliver();
    });
  }

  /** Delivers now. */
  deliver(): void {
    this.#isRequested = false;
    if (this.#isClosed) return;
    // An open database takes in its changes before this returns; only the promise is late.
    void this.#db.updateQueryViews();
    this.#db.broadcastToQuerySubscribers();
  }

  close(): void {
    this.#isClosed = true;
  }
}
