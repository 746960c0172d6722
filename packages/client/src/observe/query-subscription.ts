/**
 * One subscription: a local live query and, once that has shown its first result, the same query at the server. Invariant:
 * no handler is called after `close` returned, and none before the constructor did.
 */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import type { Replica } from '../replica/replica.ts';
import type { QuerySyncState, RemoteQuery } from '../sync/query-channel.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import { LocalQuery } from './local-query.ts';
import type { LocalQueryOptions } from './local-query.ts';

export interface QuerySource {
  readonly replica: Replica;
  readonly engine: SyncEngine;
}

export interface QuerySubscriptionOptions extends LocalQueryOptions {
  readonly localOnly?: boolean | undefined;
}

export interface QuerySubscriptionHandlers {
  onResults(results: AnyEntity[]): void;
  /** The query is invalid, or computing it failed. */
  onLocalError(error: unknown): void;
  onSyncState(state: QuerySyncState, context: unknown): void;
  /** The local data was cleared: the subscription starts over. */
  onRestart(): void;
}

export class QuerySubscription {
  readonly #source: QuerySource;
  readonly #query: CollectionQuery;
  readonly #options: QuerySubscriptionOptions;
  readonly #handlers: QuerySubscriptionHandlers;
  readonly #local: LocalQuery;
  readonly #stops: (() => void)[];
  #remote: RemoteQuery | undefined;
  #hasResults = false;
  #isClosed = false;

  constructor(
    source: QuerySource,
    query: CollectionQuery,
    options: QuerySubscriptionOptions,
    handlers: QuerySubscriptionHandlers,
  ) {
    this.#source = source;
    // A copy: the caller may change the object later.
    this.#query = { ...query };
    this.#options = options;
    this.#handlers = handlers;
    this.#local = new LocalQuery(source.replica, this.#query, options, {
      onResults: (results) => this.#receive(results),
      onError: (error) => this.#unlessClosed(() => handlers.onLocalError(error)),
    });
    this.#stops = [
      source.engine.onClear({ before: () => this.#suspend(), after: () => this.#open() }),
      source.replica.onVariablesChange(() => {
        if (this.#local.readsSession && source.replica.isOpen) this.#open();
      }),
    ];
    source.replica.ready.then(
      () => this.#open(),
      (error: unknown) => this.#unlessClosed(() => handlers.onLocalError(error)),
    );
  }

  /** Of the query at the server; NOT_STARTED before it was asked. */
  get remoteState(): QuerySyncState {
    return this.#remote?.state ?? 'NOT_STARTED';
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#local.close();
    this.#remote?.close();
  }

  #open(): void {
    if (this.#isClosed) return;
    try {
      this.#local.open();
    } catch (error) {
      this.#handlers.onLocalError(error);
    }
  }

  #receive(results: AnyEntity[]): void {
    if (this.#isClosed) return;
    this.#hasResults = true;
    try {
      this.#handlers.onResults(results);
    } finally {
      this.#askServer();
    }
  }

  #askServer(): void {
    if (this.#remote !== undefined || this.#options.localOnly === true || this.#isClosed) return;
    try {
      this.#remote = this.#source.engine.subscribe(this.#query, (state, context: unknown) =>
        this.#unlessClosed(() => this.#handlers.onSyncState(state, context)),
      );
    } catch (error) {
      this.#handlers.onSyncState('ERROR', error);
    }
  }

  #suspend(): void {
    this.#local.close();
    this.#remote?.close();
    this.#remote = undefined;
    if (this.#hasResults) this.#handlers.onRestart();
    this.#hasResults = false;
  }

  #unlessClosed(call: () => void): void {
    if (!this.#isClosed) call();
  }
}
