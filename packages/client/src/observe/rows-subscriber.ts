/** Plain subscriptions: results to one callback, errors of any kind to another, news of the server to the options' callbacks. */
import type { SubscriptionOptions } from '../client-options.ts';
import type { SubscribeRows } from './live-rows.ts';
import { QuerySubscription } from './query-subscription.ts';
import type { QuerySource } from './query-subscription.ts';

export function rowsSubscriber(source: QuerySource, options: Partial<SubscriptionOptions>): SubscribeRows {
  return (query, { onRows, onAnswered, onError }) => {
    let isOver = options.localOnly === true;
    const subscription = new QuerySubscription(source, query, options, {
      onResults: onRows,
      onLocalError: onError,
      onSyncState: (state, context) => {
        void options.onQuerySyncStateChange?.(state, context);
        if (state === 'FULFILLED') {
          isOver = true;
          options.onRemoteFulfilled?.();
          onAnswered();
        } else if (state === 'ERROR') {
          isOver = true;
          onError(context);
        }
      },
      onRestart: () => undefined,
    });
    return {
      get isWaitingForServer() {
        return !isOver && source.engine.isLikelyToConnect;
      },
      close: () => subscription.close(),
    };
  };
}
