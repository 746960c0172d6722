/** The states that a query is shown in before anything is known about it. Bindings render them on servers. */
import type { FetchResult, Models, SchemaQuery } from '@triplit/db';

export interface SubscriptionSignalPayload<M extends Models = Models, Q extends SchemaQuery<M> = SchemaQuery<M>> {
  results: FetchResult<M, Q, 'many'> | undefined;
  error: any;
  fetching: boolean;
  fetchingLocal: boolean;
  fetchingRemote: boolean;
}

export interface EnabledOption {
  /** Only an explicit `false` disables. */
  readonly enabled?: boolean | undefined;
}

export function isSubscriptionEnabled(options?: EnabledOption): boolean {
  return options?.enabled !== false;
}

export function getInitialSubscriptionState<M extends Models, Q extends SchemaQuery<M>>(): SubscriptionSignalPayload<
  M,
  Q
> {
  return { results: undefined, error: undefined, fetching: true, fetchingLocal: true, fetchingRemote: false };
}

export function getDisabledSubscriptionState<M extends Models, Q extends SchemaQuery<M>>(): SubscriptionSignalPayload<
  M,
  Q
> {
  return { results: undefined, error: undefined, fetching: false, fetchingLocal: false, fetchingRemote: false };
}

export function getInitialState<M extends Models, Q extends SchemaQuery<M>>(
  options?: EnabledOption,
): SubscriptionSignalPayload<M, Q> {
  return isSubscriptionEnabled(options) ? getInitialSubscriptionState() : getDisabledSubscriptionState();
}
