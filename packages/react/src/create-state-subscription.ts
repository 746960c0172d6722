/**
 * A query as an external store: `[subscribe, getSnapshot]` for `useSyncExternalStore`. Nothing runs until the first
 * subscriber; the last one to leave ends the subscription, and a later one starts anew.
 */
import { getInitialState, isSubscriptionEnabled } from '@triplit/client';
import type {
  EnabledSubscriptionOptions,
  Models,
  SchemaQuery,
  SubscriptionSignalPayload,
  TriplitClient,
} from '@triplit/client';

export type StateSubscription<State> = readonly [
  subscribe: (onChange: () => void) => () => void,
  getSnapshot: () => State,
];

export function createStateSubscription<M extends Models, Q extends SchemaQuery<M>>(
  client: TriplitClient<M>,
  query: Q,
  options?: Partial<EnabledSubscriptionOptions>,
): StateSubscription<SubscriptionSignalPayload<M, Q>> {
  const initial = getInitialState(options) as SubscriptionSignalPayload<M, Q>;
  let state = initial;
  const listeners = new Set<() => void>();
  let end: (() => void) | undefined;

  const start = (): void => {
    if (!isSubscriptionEnabled(options)) return;
    end = client.subscribeWithStatus(
      query,
      (next) => {
        state = next;
        for (const listener of [...listeners]) listener();
      },
      options,
    );
  };

  const subscribe = (onChange: () => void): (() => void) => {
    listeners.add(onChange);
    if (listeners.size === 1) start();
    return () => {
      if (!listeners.delete(onChange) || listeners.size > 0) return;
      end?.();
      end = undefined;
      state = initial;
    };
  };

  return [subscribe, () => state];
}
