/** A live list of a query with a limit, which grows when asked to. */
import type { EnabledSubscriptionOptions, Models, SchemaQuery, TriplitClient } from '@triplit/client';
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { createInfiniteStore, initialList } from './infinite-store.ts';
import type { InfiniteState } from './infinite-store.ts';
import { queryKey } from './query-key.ts';
import { useStableOptions } from './use-stable-options.ts';

export interface InfiniteQuery<M extends Models, Q extends SchemaQuery<M>> extends InfiniteState<M, Q> {
  /** Adds as many rows, or as many as the query's limit. May be used as an event handler. */
  loadMore(pageSize?: unknown): void;
  disconnect(): void;
}

/** The functions keep their identity. A different query starts over. */
export function useInfiniteQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): InfiniteQuery<M, Q> {
  const stable = useStableOptions(options);
  const key = queryKey(query);
  const store = useMemo(() => createInfiniteStore(client, query, stable), [client, key, stable]);
  const onServer = useMemo(() => initialList<M, Q>(stable.enabled !== false), [stable]);
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => onServer);
  const current = useRef(store);
  useEffect(() => {
    current.current = store;
  }, [store]);
  const loadMore = useCallback((pageSize?: unknown) => current.current.loadMore(pageSize), []);
  const disconnect = useCallback(() => current.current.disconnect(), []);
  return { ...state, loadMore, disconnect };
}
