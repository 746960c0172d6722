/**
 * The state of one query as a user interface shows it: results, error, and what is still being fetched. Every framework
 * binding is built on it. Invariant: each emission differs from the one before, and what becomes known at the same moment
 * is emitted together.
 */
import type { CollectionQuery } from '@triplit/db';
import type { QuerySyncState } from '../sync/query-channel.ts';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { getInitialSubscriptionState } from './query-state.ts';
import type { SubscriptionSignalPayload } from './query-state.ts';
import { QuerySubscription } from './query-subscription.ts';
import type { QuerySource, QuerySubscriptionOptions } from './query-subscription.ts';

export interface QueryObserverHandlers {
  onState(state: SubscriptionSignalPayload): void;
  onSyncState?(state: QuerySyncState, context: unknown): void;
}

export class QueryObserver {
  readonly #source: QuerySource;
  readonly #query: CollectionQuery;
  readonly #options: QuerySubscriptionOptions;
  readonly #handlers: QueryObserverHandlers;
  readonly #stopFollowingStatus: () => void;
  #subscription: QuerySubscription | undefined;
  #isClosed = false;
  #emitted: SubscriptionSignalPayload | undefined;

  #results: SubscriptionSignalPayload['results'];
  #localError: unknown;
  #remoteError: unknown;
  #isFetchingLocal = true;
  /** The query was sent and is unanswered. */
  #isInFlight = false;
  /** Waiting for the first answer of the server; once over, it does not begin again. */
  #isWaiting: boolean;
  #wasFulfilledBefore = false;

  /** The first state is emitted before this returns. */
  constructor(
    source: QuerySource,
    query: CollectionQuery,
    options: QuerySubscriptionOptions,
    handlers: QueryObserverHandlers,
  ) {
    this.#source = source;
    this.#query = query;
    this.#options = options;
    this.#handlers = handlers;
    this.#isWaiting = this.#mayBeAnswered();
    this.#stopFollowingStatus = source.engine.onConnectionStatusChange((status) => this.#followStatus(status));
    this.#emit();
    this.#start().catch((error: unknown) => this.#failLocally(error));
  }

  close(): void {
    this.#isClosed = true;
    this.#stopFollowingStatus();
    this.#subscription?.close();
  }

  /** Whether the server answered the query before has to be known when the first result is shown. */
  async #start(): Promise<void> {
    this.#wasFulfilledBefore = !(await this.#source.replica.isFirstTimeFetching(this.#query));
    if (this.#isClosed) return;
    this.#subscription = new QuerySubscription(this.#source, this.#query, this.#options, {
      onResults: (results) => this.#showResults(results),
      onLocalError: (error) => this.#failLocally(error),
      onSyncState: (state, context) => {
        this.#followSync(state, context);
        this.#handlers.onSyncState?.(state, context);
      },
      onRestart: () => this.#restart(),
    });
  }

  #showResults(results: SubscriptionSignalPayload['results']): void {
    this.#results = results;
    this.#isFetchingLocal = false;
    this.#localError = undefined;
    // These results may be the server's answer, of which we are told a moment later.
    if (this.#subscription?.remoteState === 'FULFILLED') this.#endRemote();
    this.#emit();
  }

  #failLocally(error: unknown): void {
    this.#localError = error;
    this.#isFetchingLocal = false;
    this.#endRemote();
    this.#emit();
  }

  #followSync(state: QuerySyncState, context: unknown): void {
    if (state === 'IN_FLIGHT') {
      this.#isInFlight = true;
    } else {
      this.#endRemote();
      if (state !== 'NOT_STARTED') this.#remoteError = state === 'ERROR' ? context : undefined;
    }
    this.#emit();
  }

  #followStatus(status: ConnectionStatus): void {
    if (status !== 'CLOSED' && status !== 'UNINITIALIZED') return;
    if (status === 'UNINITIALIZED' && this.#source.engine.isLikelyToConnect) return;
    this.#endRemote();
    this.#emit();
  }

  #endRemote(): void {
    this.#isInFlight = false;
    this.#isWaiting = false;
  }

  #restart(): void {
    this.#results = undefined;
    this.#localError = undefined;
    this.#remoteError = undefined;
    this.#isFetchingLocal = true;
    this.#isInFlight = false;
    this.#isWaiting = this.#mayBeAnswered();
    this.#wasFulfilledBefore = false;
    this.#emit();
  }

  #mayBeAnswered(): boolean {
    return this.#options.localOnly !== true && this.#source.engine.isLikelyToConnect;
  }

  #emit(): void {
    if (this.#isClosed) return;
    const state: SubscriptionSignalPayload = {
      ...getInitialSubscriptionState(),
      results: this.#results,
      error: this.#remoteError ?? this.#localError,
      fetching: this.#isFetchingLocal || (this.#isWaiting && !this.#wasFulfilledBefore),
      fetchingLocal: this.#isFetchingLocal,
      fetchingRemote: this.#isInFlight,
    };
    if (this.#emitted !== undefined && isSameState(this.#emitted, state)) return;
    this.#emitted = state;
    this.#handlers.onState(state);
  }
}

function isSameState(a: SubscriptionSignalPayload, b: SubscriptionSignalPayload): boolean {
  return (
    a.results === b.results &&
    a.error === b.error &&
    a.fetching === b.fetching &&
    a.fetchingLocal === b.fetchingLocal &&
    a.fetchingRemote === b.fetchingRemote
  );
}
