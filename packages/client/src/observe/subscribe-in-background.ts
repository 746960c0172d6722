/** Keeps a query in sync without a live query of its own. */
import type { CollectionQuery } from '@triplit/db';
import type { RemoteQuery } from '../sync/query-channel.ts';
import type { QuerySource } from './query-subscription.ts';

export interface BackgroundHandlers {
  onFulfilled?: (() => void) | undefined;
  onError(error: unknown): void;
}

export function subscribeInBackground(
  { replica, engine }: QuerySource,
  query: CollectionQuery,
  { onFulfilled, onError }: BackgroundHandlers,
): () => void {
  let isClosed = false;
  let remote: RemoteQuery | undefined;
  const start = (): void => {
    if (isClosed) return;
    remote = engine.subscribe(query, (state, context: unknown) => {
      if (state === 'FULFILLED') onFulfilled?.();
      else if (state === 'ERROR') onError(context);
    });
  };
  replica.ready.then(start).catch((error: unknown) => {
    if (!isClosed) onError(error);
  });
  return () => {
    isClosed = true;
    remote?.close();
  };
}
