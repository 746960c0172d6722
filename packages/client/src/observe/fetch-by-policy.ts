/**
 * One read, by how much it should depend on the server. Every policy settles: when the server does not answer in time,
 * refuses the query or cannot be reached, what is known locally is the result.
 */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import { UnrecognizedFetchPolicyError } from '../errors.ts';
import type { HttpClient } from '../remote/http-client.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { QuerySource } from './query-subscription.ts';
import { requireSyncStatus, syncStatusFilter } from './sync-status.ts';
import type { SyncStatus } from './sync-status.ts';

export interface LocalFirstFetchOptions {
  readonly policy: 'local-first';
}
export interface LocalOnlyFetchOptions {
  readonly policy: 'local-only';
}
export interface RemoteFirstFetchOptions {
  readonly policy: 'remote-first';
}
/** @deprecated Use `client.http.fetch`. */
export interface RemoteOnlyFetchOptions {
  readonly policy: 'remote-only';
}
export interface LocalAndRemoteFetchOptions {
  readonly policy: 'local-and-remote';
}
interface CommonFetchOptions {
  /** Default true. `false` applies the read permissions of the client's schema to the local data. */
  readonly skipRules?: boolean;
  readonly syncStatus?: SyncStatus;
  /** How long the server is waited for at most, in ms. Default: 0 with `local-and-remote`, else 15 000. */
  readonly timeout?: number;
}
export type ClientFetchOptions = CommonFetchOptions &
  (
    | LocalFirstFetchOptions
    | LocalOnlyFetchOptions
    | RemoteFirstFetchOptions
    | RemoteOnlyFetchOptions
    | LocalAndRemoteFetchOptions
  );

export const REMOTE_WAIT_MS = 15_000;

export async function fetchByPolicy(
  source: QuerySource,
  http: HttpClient<any>,
  query: CollectionQuery,
  options: ClientFetchOptions,
): Promise<AnyEntity[]> {
  const { engine, replica } = source;
  switch (options.policy) {
    case 'local-only':
      break;
    case 'local-first':
      if (await replica.isFirstTimeFetching(query)) await waitIfLikely(engine, query, options.timeout);
      break;
    case 'remote-first':
      await replica.ready;
      await waitIfLikely(engine, query, options.timeout);
      break;
    case 'local-and-remote':
      await replica.ready;
      await waitIfLikely(engine, query, options.timeout ?? 0);
      break;
    case 'remote-only':
      return http.fetch(query) as Promise<AnyEntity[]>;
    default:
      throw new UnrecognizedFetchPolicyError((options as { policy: unknown }).policy);
  }
  return readLocally(source, query, options);
}

async function readLocally(
  { replica }: QuerySource,
  query: CollectionQuery,
  options: CommonFetchOptions,
): Promise<AnyEntity[]> {
  await replica.ready;
  const skipRules = options.skipRules ?? true;
  const status = requireSyncStatus(options.syncStatus);
  if (status === undefined) return replica.openDb.fetch(query as never, { skipRules });
  const filter = syncStatusFilter(query, status);
  const results: AnyEntity[] = await replica.openDb.fetch(filter.query as never, { skipRules });
  return filter.apply(results, replica.pendingIds(query.collectionName));
}

function waitIfLikely(engine: SyncEngine, query: CollectionQuery, timeoutMs = REMOTE_WAIT_MS): Promise<void> {
  return engine.isLikelyToConnect ? waitAtMost(whenAnswered(engine, query), timeoutMs) : Promise.resolve();
}

/** Settles when the server answered or refused the query, or the connection closed. Until then the query is kept in sync. */
function whenAnswered(engine: SyncEngine, query: CollectionQuery): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false;
    let finish = (): void => void (isOver = true);
    const stopFollowing = engine.onConnectionStatusChange((status) => {
      if (status === 'CLOSED') finish();
    });
    let remote: { close(): void } | undefined;
    try {
      remote = engine.subscribe(query, (state) => {
        if (state === 'FULFILLED' || state === 'ERROR') finish();
      });
    } catch {
      // The local read reports what is wrong with the query.
      isOver = true;
    }
    finish = () => {
      stopFollowing();
      remote?.close();
      resolve();
    };
    if (isOver) finish();
  });
}

async function waitAtMost(answered: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([answered, timeout]);
  clearTimeout(timer);
}
