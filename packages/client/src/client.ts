/**
 * The client as applications use it: reads and writes go to the local replica, which the sync engine keeps in step with
 * the server. Constructing is synchronous; whatever needs the database waits for it by itself.
 */
import { QueryBuilder } from '@triplit/db';
import type {
  CollectionNameFromModels,
  CollectionQuery,
  DB,
  DBChanges,
  DBSchema,
  DBTransaction,
  ExplainOptions,
  FetchOptions,
  FetchResult,
  Models,
  Page,
  QueryExplanation,
  ReadModel,
  SchemaQuery,
  UpdatePayload,
  WriteModel,
} from '@triplit/db';
import { logger as sharedLogger } from '@triplit/logger';
import type { Logger } from '@triplit/logger';
import type {
  ClientOptions,
  ClientTransactOptions,
  ErrorCallback,
  SubscribeBackgroundOptions,
  SubscriptionOptions,
} from './client-options.ts';
import type { AnyEntity } from './any-entity.ts';
import { givenOptions, queryOf } from './check-options.ts';
import { attachLogHandlers } from './client-log.ts';
import { FormerNames } from './former-names.ts';
import { fetchByPolicy } from './observe/fetch-by-policy.ts';
import type { ClientFetchOptions } from './observe/fetch-by-policy.ts';
import { callSafely, catchRejection } from './listeners.ts';
import { QueryObserver } from './observe/query-observer.ts';
import type { QuerySource } from './observe/query-subscription.ts';
import type { SubscriptionSignalPayload } from './observe/query-state.ts';
import { rowsSubscriber } from './observe/rows-subscriber.ts';
import { subscribeInBackground } from './observe/subscribe-in-background.ts';
import { subscribeWithExpand } from './observe/subscribe-with-expand.ts';
import type { ExpandInfo, InfiniteSubscription } from './observe/subscribe-with-expand.ts';
import { subscribeWithPagination } from './observe/subscribe-with-pagination.ts';
import type { PageInfo, PaginatedSubscription } from './observe/subscribe-with-pagination.ts';
import { HttpClient } from './remote/http-client.ts';
import { Replica } from './replica/replica.ts';
import { openStorage } from './replica/open-storage.ts';
import { indexedDbOptions } from './replica/storage-options.ts';
import { shareStorageLater } from './sharing/late-sharing.ts';
import type { Sharing } from './sharing/sharing.ts';
import { SyncEngine } from './sync/sync-engine.ts';
import type { SyncWritesResult } from './sync/sender.ts';
import { WebSocketTransport } from './transport/websocket-transport.ts';
import { requireHttpUrl } from './transport/websocket-url.ts';

const DEFAULT_PING_INTERVAL_SECONDS = 45;
const DEFAULT_FETCH_OPTIONS: ClientFetchOptions = { policy: 'local-first', skipRules: true };
/** Permissions are the server's to check. */
const LOCAL_READ = { skipRules: true };

type Name<M extends Models> = CollectionNameFromModels<M>;
type Results<M extends Models, Q> = FetchResult<M, Q, 'many'>;

export class TriplitClient<M extends Models = Models> extends FormerNames<M> {
  /** Settles when the client can be used; rejects when its database could not be opened. */
  readonly ready: Promise<void>;
  /** Null once ready. */
  awaitReady: Promise<void> | null;
  readonly logger: Logger;
  /** The last records, oldest first; kept only with `logLevel: 'debug'`. */
  readonly logs: readonly any[];
  readonly syncEngine: SyncEngine;
  /** Reads and writes at the server, with the token and address of this client. */
  readonly http: HttpClient<M>;
  readonly syncSchema: boolean;
  readonly #replica: Replica<M>;
  readonly #sharing: Sharing | undefined;
  readonly #source: QuerySource;
  readonly #defaults: { readonly fetch: ClientFetchOptions; readonly subscription: Partial<SubscriptionOptions> };
  #globalVariables: Record<string, unknown>;

  /** `sharing`: with which other programs the client shares its data. Default: with the other tabs, in IndexedDB. */
  constructor(options: ClientOptions<M> = {}, sharing?: Sharing) {
    super();
    options = givenOptions(options);
    const { schema, roles, token, serverUrl, autoConnect, storage, variables = {}, claimsPath } = options;
    if (serverUrl !== undefined) requireHttpUrl(serverUrl);
    this.logger = options.logger ?? sharedLogger;
    this.logs = attachLogHandlers(this.logger, options.logLevel);
    this.#globalVariables = variables;
    this.#defaults = {
      fetch: options.defaultQueryOptions?.fetch ?? DEFAULT_FETCH_OPTIONS,
      subscription: options.defaultQueryOptions?.subscription ?? {},
    };
    this.#sharing = sharing ?? shareStorageLater(storage, this.logger);
    this.#replica = new Replica<M>(
      {
        kv: this.#sharing?.kv ?? openStorage(storage, this.logger),
        fallBackToMemory: indexedDbOptions(storage) !== undefined,
        variables,
        schema,
        roles,
        onDatabaseInit: options.experimental?.onDatabaseInit,
      },
      this.logger,
    );
    this.ready = this.#replica.ready;
    this.awaitReady = this.ready;
    this.ready.then(
      () => (this.awaitReady = null),
      () => undefined,
    );
    const replica = this.#replica as unknown as Replica;
    const network = options.transport ?? new WebSocketTransport();
    this.syncEngine = new SyncEngine({
      replica,
      transport: this.#sharing?.transport(network) ?? network,
      logger: this.logger.context('sync'),
      serverUrl,
      claimsPath,
      schema: schema && ({ collections: schema, roles } as DBSchema),
      pingIntervalMs: (options.pingInterval ?? DEFAULT_PING_INTERVAL_SECONDS) * 1000,
      rejectedWrites: options.rejectedWrites ?? 'rollback',
    });
    this.#sharing?.attach(replica, this.syncEngine);
    this.#source = { replica, engine: this.syncEngine };
    this.http = new HttpClient<M>({
      serverUrl,
      token,
      schemaFactory: async () => (await this.getSchema())?.collections,
    });
    this.syncEngine.onConnectionOptionsChange(({ tokenRefresh: _, ...change }) => this.http.updateOptions(change));
    this.syncSchema = options.syncSchema ?? false;
    // Used as `const query = client.query`.
    this.query = this.query.bind(this);
    if (options.onSessionError !== undefined) this.onSessionError(options.onSessionError);
    if (this.syncSchema)
      this.subscribeBackground({ collectionName: '_metadata', where: [['id', '=', '_schema']] } as never);
    if (token) {
      this.syncEngine.startSession(token, autoConnect ?? true, options.refreshOptions).catch((error: unknown) => {
        this.logger.error(`The session could not be started: ${String(error)}`, { error });
      });
    } else if (autoConnect === true) {
      void this.syncEngine.connect();
    }
  }

  /** The local database, with the variables of the session; undefined before `ready`. */
  get db(): DB<M> {
    return this.#replica.db as DB<M>;
  }

  get vars(): { $global: Record<string, any>; $session: Record<string, any>; $token: Record<string, any> } {
    const session = this.syncEngine.session?.variables ?? {};
    return { $global: this.#globalVariables, $session: session, $token: session };
  }

  // Reads

  /** Replaces all `$global` variables, for later reads. */
  async updateGlobalVariables(variables: Record<string, unknown>): Promise<void> {
    this.#globalVariables = variables;
    (await this.#openDb()).updateGlobalVariables(variables);
  }

  query<CN extends Name<M>>(collectionName: CN): QueryBuilder<M, CN> {
    return new QueryBuilder<M, CN>(collectionName);
  }

  async fetch<Q extends SchemaQuery<M>>(query: Q, options?: Partial<ClientFetchOptions>): Promise<Results<M, Q>> {
    return (await this.#fetch(queryOf(query), options)) as Results<M, Q>;
  }

  async fetchOne<Q extends SchemaQuery<M>>(
    query: Q,
    options?: Partial<ClientFetchOptions>,
  ): Promise<FetchResult<M, Q, 'one'>> {
    const [first] = await this.#fetch({ ...queryOf(query), limit: 1 }, options);
    return (first ?? null) as FetchResult<M, Q, 'one'>;
  }

  async fetchById<CN extends Name<M>>(
    collectionName: CN,
    id: string,
    options?: Partial<ClientFetchOptions>,
  ): Promise<FetchResult<M, { collectionName: CN }, 'one'>> {
    const [first] = await this.#fetch({ collectionName, where: [['id', '=', id]], limit: 1 }, options);
    return (first ?? null) as FetchResult<M, { collectionName: CN }, 'one'>;
  }

  /** How many entities the local database has for the query, whatever its limit and cursor. */
  async count<Q extends SchemaQuery<M>>(query: Q, options?: FetchOptions): Promise<number> {
    return (await this.#openDb()).count(query, { ...LOCAL_READ, ...options });
  }

  /** A page of what the local database has, with the number of all matches and whether there are more around it. */
  async fetchPage<Q extends SchemaQuery<M>>(query: Q, options?: FetchOptions): Promise<Page<Results<M, Q>[number]>> {
    return (await this.#openDb()).fetchPage(query, { ...LOCAL_READ, ...options });
  }

  /** Runs the query on the local database and says how. */
  async explain<Q extends SchemaQuery<M>>(query: Q, options?: ExplainOptions): Promise<QueryExplanation> {
    return (await this.#openDb()).explain(query, { ...LOCAL_READ, ...options });
  }

  /** True until the server has answered the query once, for this person and this storage. */
  isFirstTimeFetchingQuery(query: SchemaQuery<M>): Promise<boolean> {
    return this.#replica.isFirstTimeFetching(queryOf(query));
  }

  // Writes: visible at once, durable when the promise resolves, sent as soon as the server can be reached

  async insert<CN extends Name<M>>(collectionName: CN, document: WriteModel<M, CN>): Promise<ReadModel<M, CN>> {
    return (await this.#openDb()).insert(collectionName, document);
  }

  async update<CN extends Name<M>>(collectionName: CN, id: string, change: UpdatePayload<M, CN>): Promise<void> {
    return (await this.#openDb()).update(collectionName, id, change);
  }

  async delete<CN extends Name<M>>(collectionName: CN, id: string): Promise<void> {
    return (await this.#openDb()).delete(collectionName, id);
  }

  /** All writes of the callback or, if it throws, none. They also reach the server all or none. */
  async transact<T>(callback: (tx: DBTransaction<M>) => T | Promise<T>, _options?: ClientTransactOptions): Promise<T> {
    return (await this.#openDb()).transact(callback);
  }

  async getSchema(): Promise<DBSchema<M> | undefined> {
    return (await this.#openDb()).getSchema();
  }

  // Subscriptions

  /** Calls `onResults` with the results now and whenever they change. Nothing is called after the returned function was. */
  subscribe<Q extends SchemaQuery<M>>(
    query: Q,
    onResults: (results: Results<M, Q>) => void,
    onError?: ErrorCallback,
    options?: Partial<SubscriptionOptions>,
  ): () => void {
    const handleError = this.#errorHandler(onError);
    const rows = rowsSubscriber(this.#source, this.#optionsOf(options))(queryOf(query), {
      onRows: (results) => catchRejection(onResults(results as Results<M, Q>), handleError),
      onAnswered: () => undefined,
      onError: handleError,
    });
    return () => rows.close();
  }

  /** Calls back with the whole state of the query; the first time before this returns. */
  subscribeWithStatus<Q extends SchemaQuery<M>>(
    query: Q,
    callback: (state: SubscriptionSignalPayload<M, Q>) => void,
    options?: Partial<SubscriptionOptions>,
  ): () => void {
    const given = this.#optionsOf(options);
    const observer = new QueryObserver(this.#source, queryOf(query), given, {
      onState: this.#safely('subscribeWithStatus', callback as (state: SubscriptionSignalPayload) => void),
      onSyncState: (state, context) => {
        if (state === 'FULFILLED') given.onRemoteFulfilled();
        given.onQuerySyncStateChange(state, context);
      },
    });
    return () => observer.close();
  }

  /** Keeps the results of a query in the local database without handing them to anybody. */
  subscribeBackground<Q extends SchemaQuery<M>>(query: Q, options: SubscribeBackgroundOptions = {}): () => void {
    return subscribeInBackground(this.#source, queryOf(query), {
      onFulfilled: this.#safely('onFulfilled', options.onFulfilled),
      onError: this.#errorHandler(options.onError),
    });
  }

  /** A live page of a query with a limit, which can be turned. */
  subscribeWithPagination<Q extends SchemaQuery<M>>(
    query: Q,
    onResults: (results: Results<M, Q>, info: PageInfo) => void,
    onError?: ErrorCallback,
    options?: Partial<SubscriptionOptions>,
  ): PaginatedSubscription {
    const handleError = this.#errorHandler(onError);
    return subscribeWithPagination(
      rowsSubscriber(this.#source, this.#optionsOf(options)),
      queryOf(query),
      (results, info) => catchRejection(onResults(results as Results<M, Q>, info), handleError),
      handleError,
      this.logger,
    );
  }

  /** A live list of a query with a limit, which can grow. */
  subscribeWithExpand<Q extends SchemaQuery<M>>(
    query: Q,
    onResults: (results: Results<M, Q>, info: ExpandInfo) => void,
    onError?: ErrorCallback,
    options?: Partial<SubscriptionOptions>,
  ): InfiniteSubscription {
    const handleError = this.#errorHandler(onError);
    return subscribeWithExpand(
      rowsSubscriber(this.#source, this.#optionsOf(options)),
      queryOf(query),
      (results, info) => catchRejection(onResults(results as Results<M, Q>, info), handleError),
      handleError,
      this.logger,
    );
  }

  // Pending changes and local data

  /** Tries to send what is pending, also what the server refused before. */
  async syncWrites(): Promise<SyncWritesResult> {
    await this.ready;
    return this.syncEngine.syncWrites();
  }

  /** Drops what is pending for the entity, shows its confirmed state again, and sends the rest. */
  clearPendingChangesForEntity(collectionName: Name<M>, id: string): Promise<SyncWritesResult> {
    return this.syncEngine.clearPendingChangesForEntity(collectionName, id);
  }

  clearPendingChangesAll(): Promise<void> {
    return this.syncEngine.clearPendingChangesAll();
  }

  /** Every change that the server has not acknowledged, oldest transaction first. */
  async pendingChanges(): Promise<readonly DBChanges[]> {
    const { outbox } = await this.#openDb();
    return (outbox?.transactions() ?? []).map(({ changes }) => changes);
  }

  /** Whether the server is known to have the entity. */
  async entityIsInCache(collectionName: Name<M>, id: string): Promise<boolean> {
    await this.ready;
    return this.#replica.isConfirmed(collectionName, id);
  }

  /** Empties the local database, never the server. Live queries start over. `full` drops the schema as well. */
  clear(options: { readonly full?: boolean } = {}): Promise<void> {
    return this.syncEngine.clear(options);
  }

  reset(options: { readonly full?: boolean } = {}): Promise<void> {
    return this.clear(options);
  }

  /** Ends everything: session, subscriptions, timers, storage. Whatever is asked of the client afterwards is refused. */
  async close(): Promise<void> {
    this.#sharing?.beginToLeave();
    this.syncEngine.dispose();
    if (this.#sharing !== undefined) {
      // The leader stores what is left; should it end meanwhile, this program takes over and does.
      await this.#replica.ready.then(() => this.#replica.flush()).catch(() => undefined);
      this.#sharing.keepRole();
    }
    await this.#replica.close();
    this.#sharing?.leave();
  }

  dispose(): Promise<void> {
    return this.close();
  }

  #openDb(): DB<M> | Promise<DB<M>> {
    return this.#replica.isOpen ? this.#replica.openDb : this.ready.then(() => this.#replica.openDb);
  }

  #fetch(query: CollectionQuery, options: Partial<ClientFetchOptions> | undefined): Promise<AnyEntity[]> {
    const merged = { ...this.#defaults.fetch, ...options } as ClientFetchOptions;
    return fetchByPolicy(this.#source, this.http, query, merged);
  }

  #errorHandler(onError: ErrorCallback | undefined): (error: unknown) => void {
    const report = (error: Error): void => this.logger.error(`A query failed: ${error.message}`, { error });
    return this.#safely('onError', onError ?? report) as (error: unknown) => void;
  }

  /** The options of a subscription, with callbacks that cannot disturb it. */
  #optionsOf(options: Partial<SubscriptionOptions> | undefined) {
    const given = { ...this.#defaults.subscription, ...options };
    return {
      ...given,
      onRemoteFulfilled: this.#safely('onRemoteFulfilled', given.onRemoteFulfilled),
      onQuerySyncStateChange: this.#safely('onQuerySyncStateChange', given.onQuerySyncStateChange),
    };
  }

  #safely<Args extends readonly unknown[]>(
    event: string,
    callback: ((...args: Args) => unknown) | undefined,
  ): (...args: Args) => void {
    return (...args) => callSafely(() => callback?.(...args), event, this.logger);
  }
}
