/**
 * A live query as delivery sees it: opened when the database is ready, prepared again when the schema has changed, and
 * read for its callback.
 */
import type { PreparedQuery } from '../ast/query.ts';
import { platform } from '../base/platform.ts';
import type { View } from '../engine/view.ts';
import type { DatabaseCore } from './database-core.ts';
import type { SubscriptionSource } from './live-subscriptions.ts';

/** Prepares at once, and throws when the query is invalid. Returns a function that ends the subscription. */
export function subscribeToQuery(
  core: DatabaseCore,
  prepare: () => PreparedQuery,
  onView: (view: View, prepared: PreparedQuery) => unknown,
  onError: ((error: Error) => void) | undefined,
): () => void {
  let prepared = prepare();
  let schema = core.schema;
  let closed = false;
  const source: SubscriptionSource = {
    open: (listener) => {
      if (core.schema !== schema) {
        prepared = prepare();
        schema = core.schema;
      }
      return core.engine.open(core.engine.compile(prepared), listener);
    },
    deliver: (view) => onView(view, prepared),
    fail: (error) => {
      if (onError !== undefined) onError(error as Error);
      else platform.reportError('A live query failed and has no onError callback:', error);
    },
  };
  if (core.ready === undefined) return core.subscriptions.add(source);
  let remove: (() => void) | undefined;
  core.ready.then(
    () => {
      if (!closed) remove = core.subscriptions.add(source);
    },
    (error: unknown) => source.fail(error),
  );
  return () => {
    closed = true;
    remove?.();
  };
}
