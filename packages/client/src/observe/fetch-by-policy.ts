/**
 * One read, by how much it should depend on the server. Every policy settles. The law, for a query that is asked at the
 * server because the client is connected or about to be:
 *
 * | | the server refuses it | not connected, lost, or no answer in time |
 * |---|---|---|
 * | `local-only` | is not asked | is not asked |
 * | `local-first`, never answered before | rejects with the refusal | local result |
 * | `remote-first` | rejects with the refusal | local result; with a `timeout` of the caller: rejects |
 * | `local-and-remote` | local result | local result |
 * | `remote-only` | rejects with the refusal | rejects |
 *
 * So whoever names a `timeout` for `remote-first` gets the server's answer or an error, and whoever does not gets what
 * is known.
 */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import { RemoteFetchFailedError, UnrecognizedFetchPolicyError } from '../errors.ts';
import type { HttpClient } from '../remote/http-client.ts';
import { ask, within } from '../sync/ask-server.ts';
import type { Outcome } from '../sync/ask-server.ts';
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
  /** How long the server is waited for at most, in ms. Default: 0. */
  readonly timeout?: number;
}
interface CommonFetchOptions {
  /** Default true. `false` applies the read permissions of the client's schema to the local data. */
  readonly skipRules?: boolean;
  readonly syncStatus?: SyncStatus;
  /**
   * How long the server is waited for at most, in ms. Default: 0 with `local-and-remote`, else 15 000. When given with
   * `remote-first` or `remote-only`, the fetch rejects with `RemoteFetchFailedError` if the server has not answered by
   * then or cannot be reached.
   */
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

export async function fetchByPolicy(
  source: QuerySource,
  http: HttpClient<any>,
  query: CollectionQuery,
  options: ClientFetchOptions,
): Promise<AnyEntity[]> {
  const { engine, replica } = source;
  const { policy, timeout } = options;
  switch (policy) {
    case 'local-only':
      break;
    case 'local-first':
      if (await replica.isFirstTimeFetching(query)) refuseIfRefused(await ask(engine, query, timeout));
      break;
    case 'remote-first': {
      await replica.ready;
      const outcome = await ask(engine, query, timeout);
      refuseIfRefused(outcome);
      if (timeout !== undefined && outcome !== 'answered') throw unanswered(query, outcome, timeout);
      break;
    }
    case 'local-and-remote':
      await replica.ready;
      await ask(engine, query, timeout ?? 0);
      break;
    case 'remote-only': {
      const fetched = http.fetch(query) as Promise<AnyEntity[]>;
      return timeout === undefined
        ? fetched
        : within(fetched, timeout, () => Promise.reject(unanswered(query, 'late', timeout)));
    }
    default:
      throw new UnrecognizedFetchPolicyError(policy);
  }
  return readLocally(source, query, options);
}

function refuseIfRefused(outcome: Outcome): void {
  if (typeof outcome === 'object') throw outcome.reason;
}

function unanswered({ collectionName }: CollectionQuery, outcome: Outcome, timeoutMs: number): RemoteFetchFailedError {
  const what =
    outcome === 'late'
      ? `The server did not answer the query on ${collectionName} within ${timeoutMs} ms.`
      : `The client is not connected, so the server could not answer the query on ${collectionName}.`;
  return new RemoteFetchFailedError(
    `${what} Leave the timeout out, or fetch with 'local-only', to get what is known locally.`,
  );
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
