/** A live page of a query with a limit and an order. */
import type { EnabledSubscriptionOptions, Models, SchemaQuery, TriplitClient } from '@triplit/client';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { createPaginatedStore, initialPage } from './paginated-store.ts';
import type { PaginatedState } from './paginated-store.ts';
import { queryKey } from './query-key.ts';
import { useStableOptions } from './use-stable-options.ts';

export interface PaginatedQuery<M extends Models, Q extends SchemaQuery<M>> extends PaginatedState<M, Q> {
  nextPage(): void;
  prevPage(): void;
  disconnect(): void;
}

/** The functions keep their identity. A different query starts over. */
export function usePaginatedQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): PaginatedQuery<M, Q> {
  const stable = useStableOptions(options);
  const key = queryKey(query);
  const store = useMemo(() => createPaginatedStore(client, query, stable), [client, key, stable]);
  const onServer = useMemo(() => initialPage<M, Q>(stable.enabled !== false), [stable]);
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => onServer);
  const current = useRef(store);
  useEffect(() => {
    current.current = store;
  }, [store]);
  const nextPage = useCallback(() => current.current.nextPage(), []);
  const prevPage = useCallback(() => current.current.prevPage(), []);
  const disconnect = useCallback(() => current.current.disconnect(), []);
  return { ...state, nextPage, prevPage, disconnect };
}
