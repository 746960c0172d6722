/**
 * Pages and growing lists. Both keep one client subscription per query; their callbacks keep their identity.
 */
import type {
  EnabledSubscriptionOptions,
  FetchResult,
  InfiniteSubscription,
  Models,
  PaginatedSubscription,
  SchemaQuery,
  TriplitClient,
} from '@triplit/client';
import { isSubscriptionEnabled } from '@triplit/client';
import { useCallback, useEffect, useRef, useState } from 'react';

type Results<M extends Models, Q extends SchemaQuery<M>> = FetchResult<M, Q, 'many'> | undefined;

interface PageState<M extends Models, Q extends SchemaQuery<M>> {
  readonly results: Results<M, Q>;
  readonly error: Error | undefined;
  readonly fetching: boolean;
  readonly fetchingPage: boolean;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The current page of a query that has a limit and an order, live. */
export function usePaginatedQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): PageState<M, Q> & { nextPage(): void; prevPage(): void; disconnect(): void } {
  const enabled = isSubscriptionEnabled(options);
  const loading: PageState<M, Q> = {
    results: undefined,
    error: undefined,
    fetching: enabled,
    fetchingPage: false,
    hasNextPage: false,
    hasPreviousPage: false,
  };
  const [state, setState] = useState(loading);
  const subscription = useRef<PaginatedSubscription | undefined>(undefined);
  const queryText = JSON.stringify(query);
  useEffect(() => {
    setState(loading);
    if (!enabled) return;
    const current = client.subscribeWithPagination(
      query,
      (results, pages) => setState({ ...loading, ...pages, results, fetching: false }),
      (error) => setState((previous) => ({ ...previous, error, fetching: false, fetchingPage: false })),
      options,
    );
    subscription.current = current;
    return () => current.unsubscribe();
  }, [client, queryText, enabled, options?.localOnly]);
  const turn = useCallback((direction: 'nextPage' | 'prevPage') => {
    setState((previous) => ({ ...previous, fetchingPage: true }));
    subscription.current?.[direction]();
  }, []);
  return {
    ...state,
    nextPage: useCallback(() => turn('nextPage'), [turn]),
    prevPage: useCallback(() => turn('prevPage'), [turn]),
    disconnect: useCallback(() => subscription.current?.unsubscribe(), []),
  };
}

interface InfiniteState<M extends Models, Q extends SchemaQuery<M>> {
  readonly results: Results<M, Q>;
  readonly error: Error | undefined;
  readonly fetching: boolean;
  readonly fetchingRemote: boolean;
  readonly fetchingMore: boolean;
  readonly hasMore: boolean;
}

/** The first rows of a query that has a limit, live, and more of them on demand. */
export function useInfiniteQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): InfiniteState<M, Q> & { loadMore(pageSize?: number): void; disconnect(): void } {
  const enabled = isSubscriptionEnabled(options);
  const loading: InfiniteState<M, Q> = {
    results: undefined,
    error: undefined,
    fetching: enabled,
    fetchingRemote: enabled && client.connectionStatus !== 'CLOSED' && client.connectionStatus !== 'UNINITIALIZED',
    fetchingMore: false,
    hasMore: false,
  };
  const [state, setState] = useState(loading);
  const subscription = useRef<InfiniteSubscription | undefined>(undefined);
  const queryText = JSON.stringify(query);
  useEffect(() => {
    setState(loading);
    if (!enabled) return;
    const settleRemote = (): void => setState((previous) => ({ ...previous, fetchingRemote: false }));
    const current = client.subscribeWithExpand(
      query,
      (results, { hasMore }) =>
        setState((previous) => ({
          ...previous,
          results,
          hasMore,
          error: undefined,
          fetching: false,
          fetchingMore: false,
        })),
      (error) =>
        setState((previous) => ({ ...previous, error, fetching: false, fetchingRemote: false, fetchingMore: false })),
      {
        ...options,
        onRemoteFulfilled: () => {
          settleRemote();
          options?.onRemoteFulfilled?.();
        },
      },
    );
    const stopListening = client.onConnectionStatusChange((status) => {
      if (status === 'CLOSED' || status === 'CLOSING') settleRemote();
    });
    subscription.current = current;
    return () => {
      stopListening();
      current.unsubscribe();
    };
  }, [client, queryText, enabled, options?.localOnly]);
  return {
    ...state,
    // As an event handler it gets an event; only a number is a page size.
    loadMore: useCallback((pageSize?: number) => {
      setState((previous) => ({ ...previous, fetchingMore: true }));
      subscription.current?.loadMore(typeof pageSize === 'number' ? pageSize : undefined);
    }, []),
    disconnect: useCallback(() => subscription.current?.unsubscribe(), []),
  };
}
