/** A growing list of a query's results, as a store. */
import { isSubscriptionEnabled } from '@triplit/client';
import type { EnabledSubscriptionOptions, FetchResult, Models, SchemaQuery, TriplitClient } from '@triplit/client';
import { SnapshotStore } from './snapshot-store.ts';

export interface InfiniteState<M extends Models, Q extends SchemaQuery<M>> {
  results: FetchResult<M, Q, 'many'> | undefined;
  /** Until the first result. */
  fetching: boolean;
  /** While connected, or connecting, and the server has not answered yet. */
  fetchingRemote: boolean;
  /** From asking for more to the result. */
  fetchingMore: boolean;
  error: Error | undefined;
  hasMore: boolean;
}

export interface InfiniteStore<M extends Models, Q extends SchemaQuery<M>> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): InfiniteState<M, Q>;
  /** Anything but a number counts as the query's limit, so that the function can be used as an event handler. */
  loadMore(pageSize?: unknown): void;
  disconnect(): void;
}

export function createInfiniteStore<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options: Partial<EnabledSubscriptionOptions>,
): InfiniteStore<M, Q> {
  const isEnabled = isSubscriptionEnabled(options);
  let controls: ReturnType<typeof client.subscribeWithExpand> | undefined;
  let update: (change: Partial<InfiniteState<M, Q>>) => void = () => undefined;
  const store = new SnapshotStore<InfiniteState<M, Q>>(initialList(isEnabled), (change) => {
    if (!isEnabled) return () => undefined;
    update = change;
    let isAnswered = options.localOnly === true;
    const followStatus = (): void => {
      if (controls === undefined) return;
      const status = client.connectionStatus;
      change({ fetchingRemote: !isAnswered && (status === 'OPEN' || status === 'CONNECTING') });
    };
    const answered = (): void => {
      isAnswered = true;
      change({ fetchingRemote: false });
    };
    const stopFollowing = client.onConnectionStatusChange(followStatus);
    const subscription = client.subscribeWithExpand(
      query,
      (results, { hasMore }) => change({ results, hasMore, fetching: false, fetchingMore: false, error: undefined }),
      (error) => {
        answered();
        change({ error, fetching: false, fetchingMore: false });
      },
      {
        ...options,
        onRemoteFulfilled: () => {
          answered();
          options.onRemoteFulfilled?.();
        },
      },
    );
    controls = subscription;
    followStatus();
    return () => {
      controls = undefined;
      stopFollowing();
      subscription.unsubscribe();
    };
  });
  return {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    loadMore: (pageSize) => {
      if (controls === undefined) return;
      update({ fetchingMore: true });
      controls.loadMore(typeof pageSize === 'number' ? pageSize : undefined);
    },
    disconnect: () => {
      controls?.unsubscribe();
      controls = undefined;
      update({ fetching: false, fetchingRemote: false, fetchingMore: false });
    },
  };
}

export function initialList<M extends Models, Q extends SchemaQuery<M>>(isEnabled: boolean): InfiniteState<M, Q> {
  return {
    results: undefined,
    fetching: isEnabled,
    fetchingRemote: false,
    fetchingMore: false,
    error: undefined,
    hasMore: false,
  };
}
