/** The state of a query as a store, for hooks and for stores of one's own. */
import { getInitialState, isSubscriptionEnabled } from '@triplit/client';
import type {
  EnabledSubscriptionOptions,
  Models,
  SchemaQuery,
  SubscriptionSignalPayload,
  TriplitClient,
} from '@triplit/client';
import { SnapshotStore } from './snapshot-store.ts';

/** `subscribe` and `getSnapshot`, as `useSyncExternalStore` takes them. */
export type StateSubscription<M extends Models, Q extends SchemaQuery<M>> = [
  subscribe: (onStoreChange: () => void) => () => void,
  getSnapshot: () => SubscriptionSignalPayload<M, Q>,
];

export function createStateSubscription<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): StateSubscription<M, Q> {
  const store = new SnapshotStore<SubscriptionSignalPayload<M, Q>>(getInitialState(options), (update) =>
    isSubscriptionEnabled(options) ? client.subscribeWithStatus(query, update, options) : () => undefined,
  );
  return [store.subscribe, store.getSnapshot];
}
