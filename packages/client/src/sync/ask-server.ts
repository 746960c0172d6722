/** One question to the server: keeps a query in sync until it is answered, and says what came of that. Always settles. */
import type { CollectionQuery } from '@triplit/db';
import type { ConnectionStatus } from './connection-state.ts';
import type { RemoteQuery, SyncStateCallback } from './query-channel.ts';

/** The sync engine, as far as a question needs it. */
export interface AskableEngine {
  readonly isLikelyToConnect: boolean;
  subscribe(query: CollectionQuery, onState: SyncStateCallback): RemoteQuery;
  onConnectionStatusChange(callback: (status: ConnectionStatus) => void): () => void;
}

/** `lost`: there is no connection, or it closed. An object: the server refused the query, for this reason. */
export type Outcome = 'answered' | 'lost' | 'late' | { readonly reason: unknown };

const REMOTE_WAIT_MS = 15_000;

export async function ask(engine: AskableEngine, query: CollectionQuery, timeoutMs = REMOTE_WAIT_MS): Promise<Outcome> {
  return engine.isLikelyToConnect ? within(answerOf(engine, query), timeoutMs, () => 'late' as const) : 'lost';
}

/** Settles when the server answered or refused the query, or the connection closed. Until then the query is kept in sync. */
function answerOf(engine: AskableEngine, query: CollectionQuery): Promise<Outcome> {
  return new Promise((resolve) => {
    let outcome: Outcome | undefined;
    let remote: RemoteQuery | undefined;
    const finish = (found: Outcome): void => {
      outcome ??= found;
      // While subscribing, the answer may already be there.
      if (!isSubscribed) return;
      stopFollowing();
      remote?.close();
      resolve(outcome);
    };
    let isSubscribed = false;
    const stopFollowing = engine.onConnectionStatusChange((status) => {
      if (status === 'CLOSED') finish('lost');
      // A session that follows at once connects at once.
      else if (status === 'UNINITIALIZED') queueMicrotask(() => engine.isLikelyToConnect || finish('lost'));
    });
    try {
      remote = engine.subscribe(query, (state, reason: unknown) => {
        if (state === 'FULFILLED') finish('answered');
        else if (state === 'ERROR') finish({ reason });
      });
    } catch {
      // The local read reports what is wrong with the query.
      outcome = 'lost';
    }
    isSubscribed = true;
    if (outcome !== undefined) finish(outcome);
  });
}

/** Rejects as the result does; late, settles as `otherwise` does. */
export async function within<T, E>(
  result: Promise<T>,
  timeoutMs: number,
  otherwise: () => E | Promise<E>,
): Promise<T | E> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<E>((resolve) => (timer = setTimeout(() => resolve(otherwise()), timeoutMs)));
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
