import { getInitialState } from '@triplit/client';
import type {
  EnabledSubscriptionOptions,
  FetchResult,
  Models,
  SchemaQuery,
  SubscriptionSignalPayload,
  TriplitClient,
} from '@triplit/client';
import { useMemo, useSyncExternalStore } from 'react';
import { createStateSubscription } from './create-state-subscription.ts';

/**
 * The live results of a query with its loading state. The query may be built inline: only a change of its content, of
 * the client, or of the options `localOnly`, `enabled`, `syncStatus` and `skipRules` starts a new subscription.
 */
export function useQuery<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): SubscriptionSignalPayload<M, Q> {
  const queryText = JSON.stringify(query);
  const { localOnly, enabled, syncStatus, skipRules } = options ?? {};
  const [subscribe, getSnapshot] = useMemo(
    () => createStateSubscription(client, query, options),
    // The query and the options count by content; a new object with the same content must not subscribe anew.
    [client, queryText, localOnly, enabled, syncStatus, skipRules],
  );
  const serverSnapshot = useMemo(() => getInitialState(options) as SubscriptionSignalPayload<M, Q>, [enabled]);
  return useSyncExternalStore(subscribe, getSnapshot, () => serverSnapshot);
}

export interface QueryOneState<M extends Models, Q extends SchemaQuery<M>> {
  /** The entity; null while loading and when nothing matches. */
  result: FetchResult<M, Q, 'one'>;
  error: SubscriptionSignalPayload<M, Q>['error'];
  fetching: boolean;
  fetchingLocal: boolean;
  fetchingRemote: boolean;
}

/** The first result of a query, live. */
export function useQueryOne<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): QueryOneState<M, Q> {
  const { results, ...state } = useQuery(client, { ...query, limit: 1 } as Q, options);
  return { ...state, result: (results?.[0] ?? null) as FetchResult<M, Q, 'one'> };
}

/** One entity by its id, live. */
export function useEntity<M extends Models, CN extends keyof M & string>(
  client: TriplitClient<M>,
  collection: CN,
  id: string,
  options?: Partial<EnabledSubscriptionOptions>,
): QueryOneState<M, { collectionName: CN } & SchemaQuery<M>> {
  return useQueryOne(client, client.query(collection as never).Id(id) as never, options) as never;
}
