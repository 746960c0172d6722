/** The options of `TriplitClient`, and the shapes of its subscriptions. */
import type { DB, DBInitializationEvent, Models, Roles } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { ClientFetchOptions } from './observe/fetch-by-policy.ts';
import type { EnabledOption } from './observe/query-state.ts';
import type { SyncStatus } from './observe/sync-status.ts';
import type { SimpleStorageOrInstances } from './replica/storage-options.ts';
import type { TokenRefreshOptions } from './session/token-refresher.ts';
import type { SyncStateCallback } from './sync/query-channel.ts';
import type { RejectedWritesPolicy } from './sync/sender.ts';
import type { OnSessionErrorCallback } from './sync/sync-events.ts';
import type { SyncTransport } from './transport/transport.ts';

export interface SubscriptionOptions {
  /** Default true. `false` applies the read permissions of the client's schema to the local data. */
  readonly skipRules?: boolean;
  /** Default `all`. */
  readonly syncStatus?: SyncStatus;
  /** Do not ask the server. */
  readonly localOnly: boolean;
  /** Called each time the server sends data for the query, and at once if it has already on this connection. */
  readonly onRemoteFulfilled?: () => void;
  readonly onQuerySyncStateChange?: SyncStateCallback;
}
export type EnabledSubscriptionOptions = SubscriptionOptions & EnabledOption;

export type ErrorCallback = (error: Error) => void | Promise<void>;
export interface SubscribeBackgroundOptions {
  readonly onFulfilled?: () => void;
  readonly onError?: ErrorCallback;
}

/** Accepted and without effect. */
export interface ClientTransactOptions {
  readonly skipRules?: boolean;
  readonly manualSchemaRefresh?: boolean;
}

export interface ClientOptions<M extends Models = Models> {
  /** The collections. Without them the client is schemaless. */
  readonly schema?: M | undefined;
  /** Used together with `schema`: lets the client tell whether a new token has the same roles. */
  readonly roles?: Roles | undefined;
  /** Starts a session. */
  readonly token?: string | undefined;
  /** Begins with `http://` or `https://`. */
  readonly serverUrl?: string | undefined;
  /** Connect as soon as there is a session. Default true. */
  readonly autoConnect?: boolean | undefined;
  /** Default: in memory. */
  readonly storage?: SimpleStorageOrInstances | undefined;
  /** The `$global` variables. */
  readonly variables?: Record<string, unknown> | undefined;
  /** Dot path of the token's payload at which the claims are. */
  readonly claimsPath?: string | undefined;
  /** Merged below the options of single calls. `fetch` must name its `policy`; the default is `local-first`. */
  readonly defaultQueryOptions?: {
    readonly fetch?: ClientFetchOptions | undefined;
    readonly subscription?: Partial<SubscriptionOptions> | undefined;
  };
  readonly onSessionError?: OnSessionErrorCallback | undefined;
  /** Renews the token before it expires, for as long as the session lasts. */
  readonly refreshOptions?: TokenRefreshOptions | undefined;
  /** `debug` keeps all records in `client.logs` as well. */
  readonly logLevel?: 'info' | 'warn' | 'error' | 'debug' | undefined;
  readonly logger?: Logger | undefined;
  /** Default: over a WebSocket. */
  readonly transport?: SyncTransport | undefined;
  /** Keep the server's schema in the local database, for the next start. */
  readonly syncSchema?: boolean | undefined;
  /** Seconds between signs of life; 0 turns them off. Default 45. */
  readonly pingInterval?: number | undefined;
  /** What becomes of a write that the server refuses, beside being reported. Default `rollback`. */
  readonly rejectedWrites?: RejectedWritesPolicy | undefined;
  /** Accepted and ignored: the server names its clients. */
  readonly clientId?: string | undefined;
  /** Accepted and ignored: permissions are checked by the server. */
  readonly skipRules?: boolean | undefined;
  readonly experimental?: {
    /** Awaited before any operation runs. */
    readonly onDatabaseInit?: ((db: DB<M>, event: DBInitializationEvent) => void | Promise<void>) | undefined;
  };
}
