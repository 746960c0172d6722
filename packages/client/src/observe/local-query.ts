/** A live query over the replica, filtered by sync status. It reports each result that differs from the one before. */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import type { Replica } from '../replica/replica.ts';
import { requireSyncStatus, syncStatusFilter } from './sync-status.ts';
import type { SyncStatus, SyncStatusFilter } from './sync-status.ts';

export interface LocalQueryOptions {
  readonly syncStatus?: SyncStatus | undefined;
  readonly skipRules?: boolean | undefined;
}

export interface LocalQueryHandlers {
  onResults(results: AnyEntity[]): void;
  onError(error: unknown): void;
}

export class LocalQuery {
  readonly #replica: Replica;
  readonly #query: CollectionQuery;
  readonly #skipRules: boolean;
  readonly #filter: SyncStatusFilter | undefined;
  readonly #handlers: LocalQueryHandlers;
  #unsubscribe: (() => void) | undefined;
  #stopFollowingPending: (() => void) | undefined;
  #results: readonly AnyEntity[] | undefined;
  #reported: readonly AnyEntity[] | undefined;
  #isRequested = false;

  constructor(replica: Replica, query: CollectionQuery, options: LocalQueryOptions, handlers: LocalQueryHandlers) {
    const status = requireSyncStatus(options.syncStatus);
    this.#replica = replica;
    this.#filter = status && syncStatusFilter(query, status);
    this.#query = this.#filter?.query ?? query;
    this.#skipRules = options.skipRules ?? true;
    this.#handlers = handlers;
  }

  /** Whether its results depend on who is signed in. */
  get readsSession(): boolean {
    return !this.#skipRules || /\$(session|token|role)\./.test(JSON.stringify(this.#query));
  }

  /** The first results are reported before this returns. Throws when the query is invalid. */
  open(): void {
    this.close();
    this.#unsubscribe = this.#replica.openDb.subscribe(
      this.#query as never,
      (results: AnyEntity[]) => this.#receive(results),
      (error) => this.#handlers.onError(error),
      { skipRules: this.#skipRules },
    );
    if (this.#filter !== undefined) {
      this.#stopFollowingPending = this.#replica.onPendingChange(() => this.#refilterSoon());
    }
    // Now, so that a write made right after subscribing is seen as a change.
    this.#replica.deliver();
  }

  /** Nothing is reported after this returns. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#stopFollowingPending?.();
    this.#results = undefined;
    this.#reported = undefined;
  }

  #receive(results: AnyEntity[]): void {
    if (this.#filter === undefined) return this.#handlers.onResults(results);
    this.#results = results;
    this.#report();
  }

  /** After the results of the same commit have been delivered. */
  #refilterSoon(): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    queueMicrotask(() => {
      this.#isRequested = false;
      if (this.#results !== undefined) this.#report();
    });
  }

  #report(): void {
    const filtered = this.#filter!.apply(this.#results!, this.#replica.pendingIds(this.#query.collectionName));
    const previous = this.#reported;
    if (previous?.length === filtered.length && previous.every((row, index) => row === filtered[index])) return;
    this.#reported = filtered;
    this.#handlers.onResults(filtered);
  }
}
