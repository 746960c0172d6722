/**
 * Keeps the replica and the server in step: brings connection, session, query channel and sender together, and takes what
 * the server says in the order in which it was said.
 */
import { TriplitError } from '@triplit/db';
import type { CollectionQuery, DBChanges, DBSchema } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import type {
  ClientSyncMessage,
  EntityDataMessage,
  ErrorMessage,
  ServerSyncMessage,
  SessionErrorType,
} from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { callSafely, Listeners } from '../listeners.ts';
import type { Replica } from '../replica/replica.ts';
import { SessionKeeper } from '../session/session-keeper.ts';
import type { ConnectionOptionsChangeHandler } from '../session/session-keeper.ts';
import type { TokenRefreshOptions } from '../session/token-refresher.ts';
import type { SyncTransport, TransportConnectParams } from '../transport/transport.ts';
import { Connection } from './connection.ts';
import type { ConnectionStatus } from './connection-state.ts';
import { watchNetwork } from './network-signals.ts';
import { QueryChannel } from './query-channel.ts';
import type { QueryEntry, RemoteQuery, SyncStateCallback } from './query-channel.ts';
import { Sender } from './sender.ts';
import type { RejectedWritesPolicy, SyncWritesResult } from './sender.ts';
import { WriteReports } from './write-reports.ts';
import type {
  EntitySyncErrorCallback,
  EntitySyncSuccessCallback,
  FailureToSyncWritesCallback,
} from './write-reports.ts';

export type OnMessageReceivedCallback = (message: ServerSyncMessage) => void;
export type OnMessageSentCallback = (message: ClientSyncMessage) => void;
export type SessionError = SessionErrorType;
export type OnSessionErrorCallback = (type: SessionError) => void;

export interface SyncEngineOptions {
  readonly replica: Replica;
  readonly transport: SyncTransport;
  readonly logger: Logger;
  readonly serverUrl: string | undefined;
  readonly claimsPath: string | undefined;
  readonly schema: DBSchema | undefined;
  /** 0 turns pings off. */
  readonly pingIntervalMs: number;
  readonly rejectedWrites: RejectedWritesPolicy;
}

export interface ClearListener {
  before(): void;
  after(): void;
}

export class SyncEngine {
  readonly #replica: Replica;
  readonly #logger: Logger;
  readonly #connection: Connection;
  readonly #channel: QueryChannel;
  readonly #sender: Sender;
  readonly #keeper: SessionKeeper;
  readonly #statusListeners: Listeners<[ConnectionStatus]>;
  readonly #receivedListeners: Listeners<[ServerSyncMessage]>;
  readonly #sentListeners: Listeners<[ClientSyncMessage]>;
  readonly #reports: WriteReports;
  readonly #clearListeners = new Set<ClearListener>();
  readonly #stops: (() => void)[];

  constructor(options: SyncEngineOptions) {
    const { replica, transport, logger, pingIntervalMs, rejectedWrites, serverUrl, claimsPath, schema } = options;
    this.#replica = replica;
    this.#logger = logger;
    this.#statusListeners = new Listeners('onConnectionStatusChange', logger);
    this.#receivedListeners = new Listeners('onSyncMessageReceived', logger);
    this.#sentListeners = new Listeners('onSyncMessageSent', logger);
    this.#reports = new WriteReports(logger);
    this.#connection = new Connection(
      transport,
      {
        connectParams: () => this.getConnectionParams(),
        refreshBeforeConnect: () => this.#keeper.refreshBeforeConnect(),
        onStatusChange: (status) => this.#statusListeners.emit(status),
        onReady: () => this.#whenReplicaIsOpen(() => this.#startSync()),
        onLost: () => {
          this.#sender.connectionLost();
          this.#channel.connectionLost();
        },
        onMessage: (message) => this.#receive(message),
        onMessageSent: (message) => this.#sentListeners.emit(message),
        onRefused: (reason) => this.#keeper.connectionRefused(reason),
      },
      pingIntervalMs,
      logger,
    );
    const send = (message: ClientSyncMessage): boolean => this.#connection.send(message);
    const isReady = (): boolean => this.serverReady;
    this.#channel = new QueryChannel({
      get isReady() {
        return isReady();
      },
      send,
      prepare: (query) => replica.openDb.prepare(query as never, { skipRules: true, forSync: true }),
      checkpointFor: (query, prepared) => replica.checkpointFor(query, prepared),
      withdrawn: (query) => replica.queryWithdrawn(query),
      notify: (callback) => callSafely(callback, 'the sync state of a query', logger),
    });
    this.#sender = new Sender(
      replica,
      {
        whyNotNow: () => this.#whyNotSend(),
        sendsTransactions: () => this.#connection.hasFeature('transactions'),
        send,
        onAccepted: (changes) => this.#reports.accepted(changes),
        onRepeated: () => this.resetQueryState(),
        onRejected: (error, changes) => this.#reports.rejected(error, changes),
      },
      rejectedWrites,
    );
    this.#keeper = new SessionKeeper({ connection: this.#connection, replica, logger, serverUrl, claimsPath, schema });
    this.#stops = [
      replica.onPendingChange(() => this.#sender.request()),
      watchNetwork({
        onHurry: () => {
          this.#keeper.hurry();
          this.#connection.dispatch({ type: 'hurry' });
        },
        onOffline: () => this.#connection.dispatch({ type: 'offline' }),
      }),
    ];
  }

  // Connection

  get connectionStatus(): ConnectionStatus {
    return this.#connection.status;
  }

  /** Whether an answer of the server may be expected: connected, connecting, or about to. */
  get isLikelyToConnect(): boolean {
    const status = this.connectionStatus;
    return status === 'OPEN' || status === 'CONNECTING' || this.#keeper.isAboutToConnect;
  }

  /** The server has said READY and nothing stands in the way of sending. */
  get serverReady(): boolean {
    return this.#connection.isReady && this.#replica.isOpen;
  }

  /** The server's name for this connection; undefined when there is none. */
  get clientId(): string | undefined {
    return this.#connection.clientId;
  }

  get serverUrl(): string | undefined {
    return this.#keeper.serverUrl;
  }

  async connect(): Promise<void> {
    this.#keeper.connect();
  }

  disconnect(): void {
    this.#keeper.disconnect();
  }

  ping(): void {
    this.#connection.ping();
  }

  updateServerUrl(serverUrl: string | undefined): void {
    this.#keeper.setServerUrl(serverUrl);
  }

  getConnectionParams(): TransportConnectParams | undefined {
    const { session, serverUrl } = this.#keeper;
    if (session === undefined || serverUrl === undefined) return undefined;
    return { server: serverUrl, token: session.token, schema: undefined, syncSchema: false };
  }

  // Session

  get currentSession(): { token: string; serverUrl: string | undefined; status: ConnectionStatus } | undefined {
    const { session, serverUrl } = this.#keeper;
    return session && { token: session.token, serverUrl, status: this.connectionStatus };
  }

  get session(): SessionKeeper['session'] {
    return this.#keeper.session;
  }

  startSession(
    token: string | undefined,
    connect = true,
    refreshOptions?: TokenRefreshOptions,
  ): Promise<(() => void) | undefined> {
    return this.#keeper.start(token, connect, refreshOptions);
  }

  endSession(): void {
    this.#keeper.end();
  }

  updateSessionToken(token: string): Promise<void> {
    return this.#keeper.updateToken(token);
  }

  adoptToken(token: string | null | undefined): Promise<void> {
    return this.#keeper.adoptToken(token);
  }

  /** Stops refreshing the token. */
  resetTokenRefreshHandler(): void {
    this.#keeper.stopRefreshing();
  }

  // Queries

  /** The queries that are kept in sync, by the id under which the server knows them. */
  get queries(): ReadonlyMap<string, QueryEntry> {
    return this.#channel.queries;
  }

  /** Keeps a query in sync until the handle is closed. Throws when it is invalid. The replica must be open. */
  subscribe(query: CollectionQuery, onState: SyncStateCallback): RemoteQuery {
    return this.#channel.add(query, onState);
  }

  /** Whether the server answered the query on this connection. */
  hasServerRespondedForQuery(query: CollectionQuery): boolean {
    return this.#channel.stateOf(query) === 'FULFILLED';
  }

  isFirstTimeFetchingQuery(query: CollectionQuery): Promise<boolean> {
    return this.#replica.isFirstTimeFetching(query);
  }

  /** Asks the server for every query anew, with what the cache holds of it now. */
  resetQueryState(): void {
    this.#channel.disconnectAll();
    this.#channel.connectAll();
  }

  // Writes

  /** True while a batch is unanswered. Setting it holds the outbox back. */
  get syncInProgress(): boolean {
    return this.#sender.isSending || this.#sender.isHeld;
  }

  set syncInProgress(isHeld: boolean) {
    this.#sender.isHeld = isHeld;
    if (!isHeld) this.#sender.request();
  }

  /** Sends the outbox now, with what the server refused before. */
  async syncWrites(): Promise<SyncWritesResult> {
    return this.#sender.send({ retryRejected: true });
  }

  /** Drops what is pending for an entity, once no answer about it is outstanding, and sends the rest. */
  async clearPendingChangesForEntity(collection: string, id: string): Promise<SyncWritesResult> {
    await this.#replica.ready;
    await this.#sender.whenNotInFlight(collection, id);
    this.#replica.discardEntity(collection, id);
    return this.#sender.send();
  }

  /** Drops everything that is pending. What is in flight is left to the server. */
  async clearPendingChangesAll(): Promise<void> {
    await this.#replica.ready;
    const inFlight = this.#sender.idsInFlight;
    const all = this.#replica.openDb.outbox!.transactions().map(({ id }) => id);
    this.#replica.discard(all.filter((id) => !inFlight.includes(id)));
  }

  /** Empties the replica. Live queries start over and are asked for again. */
  async clear(options: { readonly full?: boolean | undefined }): Promise<void> {
    await this.#replica.ready;
    const listeners = [...this.#clearListeners];
    for (const listener of listeners) listener.before();
    this.#channel.disconnectAll();
    this.#sender.forget();
    await this.#replica.clear(options);
    for (const listener of listeners) listener.after();
    this.#channel.connectAll();
  }

  // Listeners

  onConnectionStatusChange(callback: (status: ConnectionStatus) => void, runImmediately = false): () => void {
    if (runImmediately) callSafely(() => callback(this.connectionStatus), 'onConnectionStatusChange', this.#logger);
    return this.#statusListeners.add(callback);
  }

  onConnectionOptionsChange(callback: ConnectionOptionsChangeHandler): () => void {
    return this.#keeper.onOptionsChange.add(callback);
  }

  onSessionError(callback: OnSessionErrorCallback): () => void {
    return this.#keeper.onSessionError.add(callback);
  }

  onSyncMessageReceived(callback: OnMessageReceivedCallback): () => void {
    return this.#receivedListeners.add(callback);
  }

  onSyncMessageSent(callback: OnMessageSentCallback): () => void {
    return this.#sentListeners.add(callback);
  }

  onEntitySyncSuccess(collection: string, id: string, callback: EntitySyncSuccessCallback): () => void {
    return this.#reports.onEntitySuccess.add(collection, id, callback);
  }

  onEntitySyncError(collection: string, id: string, callback: EntitySyncErrorCallback): () => void {
    return this.#reports.onEntityError.add(collection, id, callback);
  }

  onFailureToSyncWrites(callback: FailureToSyncWritesCallback): () => void {
    return this.#reports.onFailure.add(callback);
  }

  /** For live queries: told before and after the replica is cleared. */
  onClear(listener: ClearListener): () => void {
    this.#clearListeners.add(listener);
    return () => void this.#clearListeners.delete(listener);
  }

  /** Ends the session, every timer and every query. */
  dispose(): void {
    for (const stop of this.#stops) stop();
    this.#keeper.end();
    this.#channel.clear();
    this.#statusListeners.clear();
  }

  #startSync(): void {
    if (!this.#connection.isReady) return;
    this.#sender.send({ retryRejected: true });
    this.#channel.connectAll();
  }

  #receive(message: ServerSyncMessage): void {
    this.#receivedListeners.emit(message);
    switch (message.type) {
      case 'ENTITY_DATA':
        return this.#takeEntityData(message.payload);
      case 'CHANGES_ACK':
        return this.#sender.acknowledged(message.payload);
      case 'ERROR':
        return this.#takeError(message);
      case 'READY':
      case 'CLOSE':
      case 'PONG':
      case 'SCHEMA_REQUEST':
    }
  }

  #takeEntityData(payload: EntityDataMessage['payload']): void {
    let changes: DBChanges;
    try {
      changes = decodeChanges(payload.changes);
    } catch (error) {
      this.#logger.error(`The server sent data that cannot be read: ${(error as Error).message}`);
      return;
    }
    // Fulfilled first, so that whoever sees the new results can tell that they are the server's answer.
    const answered = this.#channel.answered(payload.forQueries);
    this.#replica.applyEntityData(changes, payload.timestamp, answered);
    this.#channel.notifyAnswered(answered, payload);
  }

  #takeError(message: ErrorMessage): void {
    const { messageType, error, metadata } = message.payload;
    const isAboutWrites = messageType === 'CHANGES' || (messageType === 'CHUNK' && this.#sender.isSending);
    if (isAboutWrites) this.#sender.refused(message);
    else if (metadata?.queryKey !== undefined) this.#channel.failed(metadata.queryKey, TriplitError.fromJson(error));
    else this.#logger.warn(`The server could not process a message (${messageType ?? 'unreadable'}): ${error.message}`);
  }

  #whyNotSend(): string | undefined {
    if (this.connectionStatus !== 'OPEN') return 'Connection not open';
    return this.serverReady ? undefined : 'Server not ready';
  }

  #whenReplicaIsOpen(task: () => void): void {
    if (this.#replica.isOpen) return task();
    this.#replica.ready.then(task, () => undefined);
  }
}
