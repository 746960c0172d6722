/** One page of a query and the means to turn it, as a store. */
import { isSubscriptionEnabled } from '@triplit/client';
import type { EnabledSubscriptionOptions, FetchResult, Models, SchemaQuery, TriplitClient } from '@triplit/client';
import { SnapshotStore } from './snapshot-store.ts';

export interface PaginatedState<M extends Models, Q extends SchemaQuery<M>> {
  results: FetchResult<M, Q, 'many'> | undefined;
  /** Until the first result. */
  fetching: boolean;
  /** From turning the page to its result. */
  fetchingPage: boolean;
  error: Error | undefined;
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

export interface PaginatedStore<M extends Models, Q extends SchemaQuery<M>> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): PaginatedState<M, Q>;
  nextPage(): void;
  prevPage(): void;
  disconnect(): void;
}

export function createPaginatedStore<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options: Partial<EnabledSubscriptionOptions>,
): PaginatedStore<M, Q> {
  const isEnabled = isSubscriptionEnabled(options);
  let controls: ReturnType<typeof client.subscribeWithPagination> | undefined;
  let update: (change: Partial<PaginatedState<M, Q>>) => void = () => undefined;
  const store = new SnapshotStore<PaginatedState<M, Q>>(initialPage(isEnabled), (change) => {
    if (!isEnabled) return () => undefined;
    update = change;
    const subscription = client.subscribeWithPagination(
      query,
      (results, { hasNextPage, hasPreviousPage }) =>
        change({ results, hasNextPage, hasPreviousPage, fetching: false, fetchingPage: false, error: undefined }),
      (error) => change({ error, fetching: false, fetchingPage: false }),
      options,
    );
    controls = subscription;
    return () => {
      controls = undefined;
      subscription.unsubscribe();
    };
  });
  const turn = (direction: 'nextPage' | 'prevPage', isThere: boolean): void => {
    if (controls === undefined) return;
    // Without a page to turn to, no result would follow.
    if (isThere) update({ fetchingPage: true });
    controls[direction]();
  };
  return {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    nextPage: () => turn('nextPage', store.getSnapshot().hasNextPage),
    prevPage: () => turn('prevPage', store.getSnapshot().hasPreviousPage),
    disconnect: () => {
      controls?.unsubscribe();
      controls = undefined;
      update({ fetching: false, fetchingPage: false });
    },
  };
}

export function initialPage<M extends Models, Q extends SchemaQuery<M>>(isEnabled: boolean): PaginatedState<M, Q> {
  return {
    results: undefined,
    fetching: isEnabled,
    fetchingPage: false,
    error: undefined,
    hasNextPage: false,
    hasPreviousPage: false,
  };
}
