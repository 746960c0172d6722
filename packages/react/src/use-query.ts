/** Live queries in components: results, errors, and what is still being fetched. */
import { getDisabledSubscriptionState, getInitialSubscriptionState } from '@triplit/client';
import type {
  CollectionNameFromModels,
  EnabledSubscriptionOptions,
  FetchResult,
  Models,
  SchemaQuery,
  SubscriptionSignalPayload,
  TriplitClient,
} from '@triplit/client';
import { useMemo, useSyncExternalStore } from 'react';
import { queryKey } from './query-key.ts';
import { createStateSubscription } from './create-state-subscription.ts';
import { useStableOptions } from './use-stable-options.ts';

/** The state of one entity; `result` is null while loading and when there is none. */
export type QueryOneState<M extends Models, Q extends SchemaQuery<M>> = Omit<
  SubscriptionSignalPayload<M, Q>,
  'results'
> & { result: FetchResult<M, Q, 'one'> };

const INITIAL = getInitialSubscriptionState();
const DISABLED = getDisabledSubscriptionState();

/** Subscribes while the component is mounted. The query may be built inline; a different one starts over. */
export function useQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): SubscriptionSignalPayload<M, Q> {
  const stable = useStableOptions(options);
  const key = queryKey(query);
  const [subscribe, getSnapshot] = useMemo(
    () => createStateSubscription(client, query, stable),
    // The key stands for the query.
    [client, key, stable],
  );
  const onServer = (options?.enabled === false ? DISABLED : INITIAL) as unknown as SubscriptionSignalPayload<M, Q>;
  return useSyncExternalStore(subscribe, getSnapshot, () => onServer);
}

/** The first entity of the query. */
export function useQueryOne<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): QueryOneState<M, Q> {
  const { results, ...state } = useQuery(client, { ...query, limit: 1 }, options);
  return { ...state, result: (results?.[0] ?? null) as FetchResult<M, Q, 'one'> };
}

export function useEntity<M extends Models, CN extends CollectionNameFromModels<M>>(
  client: TriplitClient<M>,
  collectionName: CN,
  id: string,
  options?: Partial<EnabledSubscriptionOptions>,
): QueryOneState<M, { collectionName: CN } & SchemaQuery<M>> {
  const query = { collectionName, where: [['id', '=', id]] } as unknown as { collectionName: CN } & SchemaQuery<M>;
  return useQueryOne(client, query, options);
}
