/** `@triplit/client`: the client, and everything of the database that applications use with it. */
export * from '@triplit/db';

export { TriplitClient } from './client.ts';
export type {
  ClientOptions,
  ClientTransactOptions,
  EnabledSubscriptionOptions,
  ErrorCallback,
  SubscribeBackgroundOptions,
  SubscriptionOptions,
} from './client-options.ts';
export * from './errors.ts';

export type {
  ClientFetchOptions,
  LocalAndRemoteFetchOptions,
  LocalFirstFetchOptions,
  LocalOnlyFetchOptions,
  RemoteFirstFetchOptions,
  RemoteOnlyFetchOptions,
} from './observe/fetch-by-policy.ts';
export type { SyncStatus } from './observe/sync-status.ts';
export {
  getDisabledSubscriptionState,
  getInitialState,
  getInitialSubscriptionState,
  isSubscriptionEnabled,
} from './observe/query-state.ts';
export type { SubscriptionSignalPayload } from './observe/query-state.ts';
export type { ExpandInfo, InfiniteSubscription } from './observe/subscribe-with-expand.ts';
export type { PageInfo, PaginatedSubscription } from './observe/subscribe-with-pagination.ts';

export type { EntityWithSelection } from './entity-with-selection.ts';
export { HttpClient, HttpClient as RemoteClient } from './remote/http-client.ts';
export type { BulkInsert, BulkInsertResult, HttpClientOptions } from './remote/http-client.ts';

export type {
  IndexedDbOptions,
  MemoryOptions,
  SerializableStorageOptions,
  SimpleStorageOrInstances,
} from './replica/storage-options.ts';

export type { ConnectionOptionsChange, ConnectionOptionsChangeHandler } from './session/session-keeper.ts';
export type { TokenRefreshOptions } from './session/token-refresher.ts';

export type { ConnectionStatus } from './sync/connection-state.ts';
export type { QuerySyncState, SyncStateCallback } from './sync/query-channel.ts';
export type { RejectedWritesPolicy, SyncWritesResult } from './sync/sender.ts';
export { SyncEngine } from './sync/sync-engine.ts';
export type {
  OnMessageReceivedCallback,
  OnMessageSentCallback,
  OnSessionErrorCallback,
  SessionError,
  SessionError as SessionErrors,
} from './sync/sync-events.ts';

export type {
  EntitySyncErrorCallback,
  EntitySyncSuccessCallback,
  FailureToSyncWritesCallback,
} from './sync/write-reports.ts';

export type { SyncTransport, TransportConnectParams } from './transport/transport.ts';
export type * from '@triplit/db/sync';
export type { Timestamp as SyncTimestamp } from '@triplit/db';
export type { CloseReason as ServerCloseReason, QueryCheckpoint as QueryState } from '@triplit/db/sync';
