/**
 * Keeps the replica and the server in step: brings connection, session, query channel and sender together, and takes what
 * the server says in the order in which it was said.
 */
import { TriplitError } from '@triplit/db';
import type { CollectionQuery, DBChanges, Timestamp } from '@triplit/db';
import { decodeChanges, extendForSync } from '@triplit/db/sync';
import type { ClientSyncMessage, EntityDataMessage, ErrorMessage, ServerSyncMessage } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { callSafely } from '../listeners.ts';
import type { ReplicaOperation } from '../replica/replica-operation.ts';
import type { Replica } from '../replica/replica.ts';
import { SessionKeeper } from '../session/session-keeper.ts';
import type { TokenRefreshOptions } from '../session/token-refresher.ts';
import type { TransportConnectParams } from '../transport/transport.ts';
import { Connection } from './connection.ts';
import type { ConnectionStatus } from './connection-state.ts';
import { EngineNames } from './engine-names.ts';
import type { Leader } from './leader.ts';
import { watchNetwork } from './network-signals.ts';
import { QueryChannel } from './query-channel.ts';
import type { QueryEntry, RemoteQuery, SyncStateCallback } from './query-channel.ts';
import { Sender } from './sender.ts';
import type { SyncWritesResult } from './sender.ts';
import type { SyncEngineOptions } from './sync-engine-options.ts';
import type { WriteReport } from './write-reports.ts';

export class SyncEngine extends EngineNames {
  readonly #replica: Replica;
  readonly #logger: Logger;
  readonly #connection: Connection;
  protected readonly channel: QueryChannel;
  readonly #sender: Sender;
  protected readonly keeper: SessionKeeper;
  readonly #stops: (() => void)[];
  #isDisposed = false;

  constructor(options: SyncEngineOptions) {
    const { replica, transport, logger, pingIntervalMs, rejectedWrites, serverUrl, claimsPath, schema } = options;
    super(logger, () => replica.flush());
    this.#replica = replica;
    this.#logger = logger;
    this.#connection = new Connection(
      transport,
      {
        connectParams: () => this.getConnectionParams(),
        refreshBeforeConnect: () => this.keeper.refreshBeforeConnect(),
        onStatusChange: (status) => this.statusListeners.emit(status),
        onReady: () => this.keeper.connectionReady() && this.#whenReplicaIsOpen(() => this.#startSync()),
        onLost: (reason) => {
          this.#sender.connectionLost();
          this.channel.connectionLost();
          this.readinessListeners.emit(false, reason);
        },
        onMessage: (message) => this.#receive(message),
        onMessageSent: (message) => this.tellTraffic({ direction: 'sent', message }),
        onRefused: (reason) => this.keeper.connectionRefused(reason),
      },
      pingIntervalMs,
      logger,
    );
    const send = (message: ClientSyncMessage): boolean => this.#connection.send(message);
    this.channel = new QueryChannel({
      isReady: () => this.serverReady,
      takesDigests: () => this.#connection.hasFeature('digest'),
      send,
      prepare: (query) => replica.openDb.prepare(query as never, { skipRules: true, extend: extendForSync }),
      checkpointFor: (query, prepared) => replica.checkpointFor(query, prepared),
      withdrawn: (query) => replica.queryWithdrawn(query),
      observe: (prepared, listener) => replica.openDb.observeEntities(prepared, listener),
      isConfirmed: (collection, id) => replica.outbox.confirmedRow(collection, id) !== undefined,
      sentEntities: () => this.#sender.entitiesInFlight,
      notify: (callback) => callSafely(callback, 'the sync state of a query', logger),
    });
    this.#sender = new Sender(
      replica,
      {
        whyNotNow: () => this.#whyNotSend(),
        sendsTransactions: () => this.#connection.hasFeature('transactions'),
        send,
        onAccepted: (changes) => this.reports.tellWhenStored({ type: 'accepted', changes }),
        onRepeated: () => this.resetQueryState(),
        onRejected: (error, changes) =>
          this.reports.tellWhenStored({ type: 'rejected', changes, error: error.toJSON() }),
      },
      rejectedWrites,
    );
    this.keeper = new SessionKeeper({ connection: this.#connection, replica, logger, serverUrl, claimsPath, schema });
    this.#stops = [
      replica.onPendingChange(() => this.#sender.request()),
      watchNetwork({
        onHurry: () => this.hurry(),
        onOffline: () => this.#connection.dispatch({ type: 'offline' }),
      }),
    ];
  }

  get connectionStatus(): ConnectionStatus {
    return this.#connection.status;
  }

  /** Whether an answer of the server may be expected: connected, connecting, or about to. */
  get isLikelyToConnect(): boolean {
    const status = this.connectionStatus;
    return status === 'OPEN' || status === 'CONNECTING' || this.keeper.isAboutToConnect;
  }

  /** The server has said READY and nothing stands in the way of sending. */
  get serverReady(): boolean {
    return this.#connection.isReady && this.#replica.isOpen;
  }

  /** The server's name for this connection; undefined when there is none. */
  get clientId(): string | undefined {
    return this.#connection.clientId;
  }

  /** Whether somebody asked for a connection and did not take that back. */
  get isConnectionWanted(): boolean {
    return this.keeper.wantsConnection;
  }

  get claimsPath(): string | undefined {
    return this.keeper.claimsPath;
  }

  get serverUrl(): string | undefined {
    return this.keeper.serverUrl;
  }

  async connect(): Promise<void> {
    this.keeper.connect();
  }

  /** Connects again if the application wants a connection and none is there or coming. */
  connectIfWanted(): void {
    this.keeper.connectIfWanted();
  }

  disconnect(): void {
    this.keeper.disconnect();
  }

  /** Something suggests that an attempt to connect would succeed now. */
  hurry(): void {
    this.keeper.hurry();
    this.#connection.dispatch({ type: 'hurry' });
  }

  ping(): void {
    this.#connection.ping();
  }

  updateServerUrl(serverUrl: string | undefined): void {
    this.keeper.setServerUrl(serverUrl);
  }

  getConnectionParams(): TransportConnectParams | undefined {
    const { session, serverUrl } = this.keeper;
    if (session === undefined || serverUrl === undefined) return undefined;
    return { server: serverUrl, token: session.token, schema: undefined, syncSchema: false };
  }

  // Session

  get currentSession(): { token: string; serverUrl: string | undefined; status: ConnectionStatus } | undefined {
    const { session, serverUrl } = this.keeper;
    return session && { token: session.token, serverUrl, status: this.connectionStatus };
  }

  get session(): SessionKeeper['session'] {
    return this.keeper.session;
  }

  startSession(
    token: string | undefined,
    connect = true,
    refreshOptions?: TokenRefreshOptions,
  ): Promise<(() => void) | undefined> {
    return this.keeper.start(token, connect, refreshOptions);
  }

  endSession(): void {
    this.keeper.end();
  }

  updateSessionToken(token: string): Promise<void> {
    return this.keeper.updateToken(token);
  }

  /** Renews the session with any usable token of the same person. */
  replaceToken(token: string): Promise<void> {
    return this.keeper.replaceToken(token);
  }

  adoptToken(token: string | null | undefined): Promise<void> {
    return this.keeper.adoptToken(token);
  }

  /** Stops refreshing the token. */
  resetTokenRefreshHandler(): void {
    this.keeper.stopRefreshing();
  }

  // Queries

  /** The queries that are kept in sync, by the id under which the server knows them. */
  get queries(): ReadonlyMap<string, QueryEntry> {
    return this.channel.queries;
  }

  /** Keeps a query in sync until the handle is closed. Throws when it is invalid. The replica must be open. */
  subscribe(query: CollectionQuery, onState: SyncStateCallback): RemoteQuery {
    return this.channel.add(query, onState);
  }

  /** The same for a program that shares the replica and may know another schema: the server judges the query alone. */
  subscribeUnchecked(query: CollectionQuery, onState: SyncStateCallback): RemoteQuery {
    return this.channel.add(query, onState, { isUnchecked: true });
  }

  /** Whether the server answered the query on this connection. */
  hasServerRespondedForQuery(query: CollectionQuery): boolean {
    return this.channel.stateOf(query) === 'FULFILLED';
  }

  isFirstTimeFetchingQuery(query: CollectionQuery): Promise<boolean> {
    return this.#replica.isFirstTimeFetching(query);
  }

  /** Asks the server for every query anew, with what the cache holds of it now. */
  resetQueryState(): void {
    this.channel.disconnectAll();
    this.channel.connectAll();
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
    return this.leader?.call('syncWrites', []) ?? this.#sender.send({ retryRejected: true });
  }

  /** Drops what is pending for an entity, once no answer about it is outstanding, and sends the rest. */
  async clearPendingChangesForEntity(collection: string, id: string): Promise<SyncWritesResult> {
    await this.#replica.ready;
    if (this.leader !== undefined) return this.leader.call('clearPendingChangesForEntity', [collection, id]);
    await this.#sender.whenNotInFlight(collection, id);
    this.#replica.discardEntity(collection, id);
    return this.#sender.send();
  }

  /** Drops everything that is pending. What is in flight is left to the server. */
  async clearPendingChangesAll(): Promise<void> {
    await this.#replica.ready;
    if (this.leader !== undefined) return this.leader.call('clearPendingChangesAll', []);
    const inFlight = this.#sender.idsInFlight;
    const all = this.#replica.openDb.outbox!.transactions().map(({ id }) => id);
    this.#replica.discard(all.filter((id) => !inFlight.includes(id)));
  }

  /** Empties the replica. Live queries start over and are asked for again. */
  async clear(options: { readonly full?: boolean | undefined }): Promise<void> {
    await this.#replica.ready;
    return this.leader?.call('clear', [options]) ?? this.#clear(options);
  }

  // Programs that share the replica

  /** From now on the leader talks to the server, sends what is pending, and says what changes. */
  follow(leader: Leader): void {
    this.leader = leader;
    if (this.isTrafficWatched) leader.watchTraffic();
    this.#replica.follow();
  }

  /** From now on this engine is the one that talks to the server. */
  lead(): void {
    this.leader = undefined;
    this.#replica.lead();
  }

  /** Takes a step that another program has taken. See `Replica.onOperation`. */
  async mirror(operation: ReplicaOperation, isNews: boolean): Promise<void> {
    if (operation.kind === 'clear') return this.#clear(operation);
    if (operation.kind !== 'answer') return this.#replica.mirror(operation, isNews);
    const { changes, timestamp, answered } = operation;
    this.#takeAnswer(changes, timestamp, answered, this.channel.answeredByText(answered), operation);
  }

  /** Tells the listeners here what became of a write. */
  repeatReport(report: WriteReport): void {
    this.reports.tellWhenStored(report);
  }

  async #clear(options: { readonly full?: boolean | undefined }): Promise<void> {
    const listeners = [...this.clearListeners];
    for (const listener of listeners) listener.before();
    this.channel.disconnectAll();
    this.#sender.forget();
    await this.#replica.clear(options);
    for (const listener of listeners) listener.after();
    this.channel.connectAll();
  }

  /** Ends the session, every timer and every query. */
  dispose(): void {
    this.#isDisposed = true;
    this.leader = undefined;
    this.reports.tellAll();
    for (const stop of this.#stops) stop();
    this.keeper.close();
    this.channel.clear();
    this.statusListeners.clear();
  }

  #startSync(): void {
    if (!this.#connection.isReady) return;
    this.#sender.send({ retryRejected: true });
    this.channel.connectAll();
    this.readinessListeners.emit(true, undefined);
  }

  #receive(message: ServerSyncMessage): void {
    // A socket that is being closed may still have something to say, but the replica is closed.
    if (this.#isDisposed) return;
    this.tellTraffic({ direction: 'received', message });
    switch (message.type) {
      case 'ENTITY_DATA':
        return this.#takeEntityData(message.payload);
      case 'CHANGES_ACK':
        this.#sender.acknowledged(message.payload);
        return this.channel.lookSoon();
      case 'ERROR':
        return this.#takeError(message);
      case 'QUERY_STATE_REQUEST':
        return this.channel.idsRequested(message.payload);
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
    const answered = this.channel.answered(payload.forQueries, changes);
    const texts = answered.map(({ text }) => text);
    this.#takeAnswer(changes, payload.timestamp, texts, answered, payload);
  }

  #takeAnswer(
    changes: DBChanges,
    timestamp: Timestamp,
    texts: readonly string[],
    entries: readonly QueryEntry[],
    payload: unknown,
  ): void {
    this.#replica.applyEntityData(changes, timestamp, texts);
    this.channel.notifyAnswered(entries, payload);
  }

  #takeError(message: ErrorMessage): void {
    const { messageType, error, metadata } = message.payload;
    const isAboutWrites = messageType === 'CHANGES' || (messageType === 'CHUNK' && this.#sender.isSending);
    if (isAboutWrites) this.#sender.refused(message);
    else if (metadata?.queryKey !== undefined) this.channel.failed(metadata.queryKey, TriplitError.fromJson(error));
    else this.#logger.warn(`The server could not process a message (${messageType ?? 'unreadable'}): ${error.message}`);
  }

  #whyNotSend(): string | undefined {
    if (this.leader !== undefined) return 'Another tab or a worker sends the writes';
    if (this.connectionStatus !== 'OPEN') return 'Connection not open';
    return this.serverReady ? undefined : 'Server not ready';
  }

  #whenReplicaIsOpen(task: () => void): void {
    if (this.#replica.isOpen) return task();
    this.#replica.ready.then(task, () => undefined);
  }
}
