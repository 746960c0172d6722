/** Every name of the API is there, as a value or as a type. */
import * as database from '@triplit/db';
import { describe, expect, test } from 'vitest';
import * as entry from './index.ts';
import type * as types from './index.ts';
import { TriplitClient } from './index.ts';

const names = (text: string): string[] => text.trim().split(/\s+/);
const runtime = entry as unknown as Record<string, unknown>;

describe('values', () => {
  test.each(
    names(`TriplitClient HttpClient SyncEngine isSubscriptionEnabled getInitialState getInitialSubscriptionState
      getDisabledSubscriptionState UnrecognizedFetchPolicyError IndexedDbUnavailableError WebSocketsUnavailableError
      NoActiveSessionError SessionRolesMismatchError TokenExpiredError TokenDecodingError
      WorkerInternalClientNotInitializedError RemoteSyncFailedError RemoteFetchFailedError
      MissingConnectionInformationError SessionAlreadyActiveError RemoteClient`),
  )('%s', (name) => {
    expect(runtime[name]).toBeTypeOf('function');
  });

  test('everything of @triplit/db', () => {
    expect(Object.keys(database).filter((name) => runtime[name] !== (database as never)[name])).toEqual([]);
  });
});

test('errors have the names and statuses of the API', () => {
  const statuses = {
    UnrecognizedFetchPolicyError: 400,
    IndexedDbUnavailableError: 503,
    WebSocketsUnavailableError: 503,
    NoActiveSessionError: 403,
    SessionRolesMismatchError: 403,
    TokenExpiredError: 401,
    TokenDecodingError: 401,
    WorkerInternalClientNotInitializedError: 500,
    RemoteSyncFailedError: 500,
    RemoteFetchFailedError: 500,
    MissingConnectionInformationError: 500,
    SessionAlreadyActiveError: 403,
  };
  for (const [name, status] of Object.entries(statuses)) {
    const error = new (runtime[name] as new () => entry.TriplitError)();
    expect(error).toBeInstanceOf(entry.TriplitError);
    expect(error).toMatchObject({ name, status });
  }
});

test('a client has every member of the API', () => {
  const client = new TriplitClient();
  for (const member of names(`
    ready awaitReady syncEngine http logger vars connectionStatus syncSchema logs query fetch fetchOne fetchById count
    fetchPage explain isFirstTimeFetchingQuery insert update delete transact getSchema syncWrites subscribe
    subscribeBackground subscribeWithStatus subscribeWithPagination subscribeWithExpand connect disconnect
    onConnectionStatusChange onConnectionOptionsChange updateServerUrl ping startSession endSession updateSessionToken
    updateToken onSessionError updateGlobalVariables onSyncMessageReceived onSyncMessageSent onEntitySyncSuccess
    onEntitySyncError onFailureToSyncWrites clearPendingChangesForEntity clearPendingChangesAll entityIsInCache clear
    reset close dispose`))
    expect((client as unknown as Record<string, unknown>)[member], member).toBeDefined();
  for (const member of names('db token serverUrl decodedToken')) expect(member in client, member).toBe(true);
});

/** Compiles only when every type is exported. */
interface Types {
  own: [
    types.ClientOptions,
    types.ClientSchema,
    types.Entity<types.ClientSchema, string>,
    types.QueryResult<types.Models, { collectionName: string }>,
    types.SyncStatus,
    types.ClientFetchOptions,
    types.LocalFirstFetchOptions,
    types.LocalOnlyFetchOptions,
    types.RemoteFirstFetchOptions,
    types.RemoteOnlyFetchOptions,
    types.LocalAndRemoteFetchOptions,
    types.SubscriptionOptions,
    types.EnabledSubscriptionOptions,
    types.SubscriptionSignalPayload,
    types.SubscribeBackgroundOptions,
    types.PaginatedSubscription,
    types.InfiniteSubscription,
    types.QuerySyncState,
    types.SyncStateCallback,
    types.ErrorCallback,
    types.EntitySyncErrorCallback,
    types.EntitySyncSuccessCallback,
    types.OnMessageReceivedCallback,
    types.OnMessageSentCallback,
    types.SessionError,
    types.SessionErrors,
    types.OnSessionErrorCallback,
    types.TokenRefreshOptions,
    types.ConnectionStatus,
    types.SyncTransport,
    types.TransportConnectParams,
    types.ConnectionOptionsChange,
    types.ConnectionOptionsChangeHandler,
    types.ClientTransactOptions,
    types.MemoryOptions,
    types.IndexedDbOptions,
    types.SerializableStorageOptions,
    types.SimpleStorageOrInstances,
    types.HttpClientOptions,
    types.BulkInsert,
    types.BulkInsertResult,
  ];
  messages: [
    types.ClientSyncMessage,
    types.ConnectQueryMessage,
    types.DisconnectQueryMessage,
    types.ChangesMessage,
    types.ChunkMessage,
    types.PingMessage,
    types.SchemaResponseMessage,
    types.UpdateTokenMessage,
    types.ServerSyncMessage,
    types.EntityDataMessage,
    types.ErrorMessage,
    types.CloseReason,
    types.ServerCloseReason,
    types.QueryState,
    types.SyncTimestamp,
  ];
}

test('types', () => {
  const all: Types | undefined = undefined;
  expect(all).toBe(undefined);
});
