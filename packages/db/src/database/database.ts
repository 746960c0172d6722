/**
 * The database as applications use it. A `DB` is a handle: `withSessionVars` gives another one over the same data, with a
 * session whose roles decide what it may read and write.
 */
import type { CollectionQuery as AnyQuery } from '../ast/query.ts';
import { InvalidOperationError } from '../base/errors.ts';
import { platform } from '../base/platform.ts';
import { checkChanges, checkTimestamp } from '../changes/check-changes.ts';
import type { DBChanges } from '../changes/types.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import type { QueryExplanation } from '../engine/explain.ts';
import { metadataEdits, metadataKey } from '../entities/private-metadata.ts';
import type { DBSession } from '../permissions/session.ts';
import { QueryBuilder } from '../query/query-builder.ts';
import type { CollectionNameFromModels, FetchResult, SchemaQuery } from '../query/types.ts';
import type { SchemaChange } from '../schema/schema-change.ts';
import type { DBSchema, Models, ReadModel, UpdatePayload, WriteModel } from '../schema/types.ts';
import type { KVStore } from '../storage/kv-store.ts';
import { METADATA_COLLECTION } from '../transactions/check-writes.ts';
import type { DBTransaction } from '../transactions/transaction.ts';
import { cloneJson } from '../values/clone-json.ts';
import type { WriteOptions } from './commit.ts';
import type { CommitListener } from './commit-listeners.ts';
import { compact } from './compact.ts';
import type { CompactionReport } from './compact.ts';
import { DatabaseCore, newSession } from './database-core.ts';
import type { CoreOptions } from './database-core.ts';
import { DatabaseHandle } from './database-handle.ts';
import type { EntityStoreChoice } from './entity-stores.ts';
import { diffChanges } from './view-changes.ts';
import type { ExplainOptions } from './database-core.ts';
import { fetchPage } from './fetch-page.ts';
import type { Page } from './fetch-page.ts';
import { subscribeToQuery } from './query-subscription.ts';
import { runTransaction } from './run-transaction.ts';
import { overrideSchema, tellInTurn } from './schema-changes.ts';
import type { OverrideSchemaOptions, SchemaChangeListener } from './schema-changes.ts';
import { applySchema, storedSchema } from './stored-schema.ts';

export interface DBOptions<M extends Models = Models> {
  /** Where data lives; in memory by default. */
  kv?: KVStore;
  /** The third component of timestamps. */
  clientId?: string;
  /** Held in memory only; use `createDB` to compare it with the stored one and to persist it. */
  schema?: DBSchema<M>;
  /** The `$global` variables. */
  variables?: Record<string, unknown>;
  /** Server mode: every commit is stamped, by a clock that is restored from storage and never goes back. */
  persistClock?: boolean;
  /** How changes are kept: `new EntityStoreWithOutbox()` on clients, `new ServerEntityStore()` on servers. */
  entityStore?: EntityStoreChoice;
}

export interface FetchOptions {
  /** Read past the permissions of the session. */
  skipRules?: boolean;
}
export interface SubscribeOptions extends FetchOptions {
  queryKey?: string;
}
export interface ClearOptions {
  /** Also drop the schema. */
  full?: boolean;
}

/** How long tombstones and removed members are kept at least. */
const DEFAULT_RETENTION_MS = 30 * 24 * 60 * 60_000;

type Entity = Record<string, any>;

export class DB<M extends Models = Models> extends DatabaseHandle {
  readonly #schemaListeners: Set<SchemaChangeListener>;

  constructor(
    options: DBOptions<M> = {},
    shared?: { core: DatabaseCore; session: DBSession; schemaListeners: Set<SchemaChangeListener> },
  ) {
    super(shared?.core ?? new DatabaseCore(coreOptions(options)), shared?.session);
    this.#schemaListeners = shared?.schemaListeners ?? new Set();
    // Used as `const query = db.query`.
    this.query = this.query.bind(this);
    this.Query = this.query;
  }

  /** The schema stored in a key/value store, or undefined. */
  static async getSchemaFromStorage(kv: KVStore): Promise<DBSchema | undefined> {
    const core = new DatabaseCore({ kv });
    await core.ready;
    return storedSchema(core);
  }

  get schema(): DBSchema<M> | undefined {
    return this.core.schema as DBSchema<M> | undefined;
  }

  Query: <CN extends CollectionNameFromModels<M>>(collectionName: CN) => QueryBuilder<M, CN>;

  query<CN extends CollectionNameFromModels<M>>(collectionName: CN): QueryBuilder<M, CN> {
    return new QueryBuilder<M, CN>(collectionName);
  }

  async fetch<Q extends SchemaQuery<M>>(query: Q, options: FetchOptions = {}): Promise<FetchResult<M, Q, 'many'>> {
    if (this.core.ready !== undefined) await this.core.ready;
    return this.core.fetch(query as AnyQuery, this.session, options.skipRules === true) as FetchResult<M, Q, 'many'>;
  }

  async fetchOne<Q extends SchemaQuery<M>>(query: Q, options: FetchOptions = {}): Promise<FetchResult<M, Q, 'one'>> {
    if (this.core.ready !== undefined) await this.core.ready;
    const [first] = this.core.fetch({ ...(query as AnyQuery), limit: 1 }, this.session, options.skipRules === true);
    return (first ?? null) as FetchResult<M, Q, 'one'>;
  }

  fetchById<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    id: string,
    options?: FetchOptions,
  ): Promise<FetchResult<M, { collectionName: CN }, 'one'>> {
    try {
      if (this.core.ready === undefined) {
        const entity = this.core.rowPastPermissions(collectionName, id, options?.skipRules === true);
        if (entity !== undefined) return Promise.resolve(entity as FetchResult<M, { collectionName: CN }, 'one'>);
      }
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.fetchOne({ collectionName, where: [['id', '=', id]] } as unknown as SchemaQuery<M>, options) as Promise<
      FetchResult<M, { collectionName: CN }, 'one'>
    >;
  }

  /** The number of entities that match the query, whatever its limit and cursor. Reads no rows where an index knows it. */
  async count<Q extends SchemaQuery<M>>(query: Q, options: FetchOptions = {}): Promise<number> {
    if (this.core.ready !== undefined) await this.core.ready;
    return this.core.count(query as AnyQuery, this.session, options.skipRules === true);
  }

  /** A fetch together with the number of all matches and whether there are more before and after. */
  async fetchPage<Q extends SchemaQuery<M>>(
    query: Q,
    options: FetchOptions = {},
  ): Promise<Page<FetchResult<M, Q, 'many'>[number]>> {
    if (this.core.ready !== undefined) await this.core.ready;
    const page = fetchPage(this.core, query as AnyQuery, this.session, options.skipRules === true);
    return page as Page<FetchResult<M, Q, 'many'>[number]>;
  }

  /** Runs the query and says how: the access paths, those that were weighed, and the rows examined. */
  async explain<Q extends SchemaQuery<M>>(query: Q, options: ExplainOptions = {}): Promise<QueryExplanation> {
    if (this.core.ready !== undefined) await this.core.ready;
    return this.core.explain(query as AnyQuery, this.session, options);
  }

  insert<CN extends CollectionNameFromModels<M>>(
    collection: CN,
    document: WriteModel<M, CN>,
    options?: WriteOptions,
  ): Promise<ReadModel<M, CN>> {
    return this.#write(options, (tx) => tx.insertNow(collection, document as Entity)) as Promise<ReadModel<M, CN>>;
  }

  update<CN extends CollectionNameFromModels<M>>(
    collection: CN,
    id: string,
    change: UpdatePayload<M, CN>,
    options?: WriteOptions,
  ): Promise<void> {
    return this.#write(options, (tx) => tx.updateNow(collection, id, change as Entity));
  }

  delete<CN extends CollectionNameFromModels<M>>(collection: CN, id: string, options?: WriteOptions): Promise<void> {
    return this.#write(options, (tx) => tx.deleteNow(collection, id));
  }

  /**
   * Runs the callback and commits what it wrote, all or nothing; a throw rolls back. Resolves when the commit is durable.
   * When others commit a change of something that the callback has read, it is run again on the new state, so it should
   * do nothing but read and write through `tx`.
   */
  transact<T>(callback: (tx: DBTransaction<M>) => T | Promise<T>, options?: WriteOptions): Promise<T> {
    return this.#write(options, callback as unknown as (tx: DBTransaction) => T | Promise<T>);
  }

  /**
   * Calls `onResults` with the query's results now and after each change. An invalid query throws at once; later errors go
   * to `onError`, those of `onResults` too. Rows that did not change are the objects of the call before, and shared with
   * other subscribers: sort and filter the list, but leave the rows as they are. Returns a function that ends it.
   */
  subscribe<Q extends SchemaQuery<M>>(
    query: Q,
    onResults: (results: FetchResult<M, Q, 'many'>, queryKey?: string) => void,
    onError?: (error: Error) => void,
    options: SubscribeOptions = {},
  ): () => void {
    if (typeof onResults !== 'function')
      throw new InvalidOperationError(`subscribe needs a function to call with results, but got ${String(onResults)}.`);
    return subscribeToQuery(
      this.core,
      () => this.prepare(query as AnyQuery, options),
      (view, prepared) =>
        onResults(this.core.reader(prepared).readLive(view) as FetchResult<M, Q, 'many'>, options.queryKey),
      onError,
    );
  }

  /** @deprecated Use `subscribe`. `changes` is undefined, as in version 1. */
  subscribeWithChanges<Q extends SchemaQuery<M>>(
    query: Q,
    onResults: (update: { results: FetchResult<M, Q, 'many'>; changes: undefined }, queryKey?: string) => void,
    onError?: (error: Error) => void,
    options: SubscribeOptions = {},
  ): () => void {
    return this.subscribe(
      query,
      (results, queryKey) => onResults({ results, changes: undefined }, queryKey),
      onError,
      options,
    );
  }

  /**
   * @deprecated Use `subscribe`, or `onCommit`. Calls `onChanges` with the entities that entered, changed in or left the
   * result and its inclusions, as a change set.
   */
  subscribeChanges<Q extends SchemaQuery<M>>(
    query: Q,
    onChanges: (changes: DBChanges, queryKey?: string) => void,
    options: SubscribeOptions & { queryState?: unknown; errorCallback?: (error: Error) => void } = {},
  ): () => void {
    let before: DBChanges = {};
    return this.subscribe(
      query,
      () => {
        const after = this.changesOf(this.prepare(query as AnyQuery, options));
        const changes = diffChanges(before, after);
        before = after;
        return onChanges(changes, options.queryKey);
      },
      options.errorCallback,
      options,
    );
  }

  /** @deprecated Use `fetch`. Every entity in the result and its inclusions, in encoded form. */
  async fetchChanges<Q extends SchemaQuery<M>>(query: Q, options: FetchOptions = {}): Promise<DBChanges> {
    await this.ready;
    return this.changesOf(this.prepare(query as AnyQuery, options));
  }

  /** Step one of explicit delivery: brings new subscriptions and pending changes up to date. */
  async updateQueryViews(): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    this.core.subscriptions.prepare();
  }

  /** Step two: calls the callbacks of subscriptions that have something new, now. */
  broadcastToQuerySubscribers(): void {
    this.core.subscriptions.broadcast();
  }

  /**
   * Calls the listener with the applied changes after every transaction, single writes included, made through any handle.
   * When it throws, the transaction rejects with that error although it is committed.
   */
  onCommit(listener: CommitListener): () => void {
    return this.core.commitListeners.add(listener);
  }

  /** Applies encoded changes in one step. Live queries follow; `onCommit` listeners are not called. */
  async applyChanges(changes: DBChanges, options: WriteOptions = {}): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    checkChanges(changes);
    await this.core.commit(changes, this.session, options).durable;
  }

  /** Applies changes through conflict resolution: per entity, only those newer than what is stored. */
  async applyChangesWithTimestamp(changes: DBChanges, timestamp: Timestamp, options: WriteOptions = {}): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    checkChanges(changes);
    checkTimestamp(timestamp);
    await this.core.commitStamped(changes, timestamp, this.session, options);
  }

  /** A handle on the same data whose session has these variables. */
  withSessionVars(vars: Record<string, unknown>): DB<M> {
    const session = newSession(this.core, vars);
    const db = new DB<M>({}, { core: this.core, session, schemaListeners: this.#schemaListeners });
    session.db = db;
    return db;
  }

  /** Replaces all `$global` variables for later queries. */
  updateGlobalVariables(variables: Record<string, unknown>): void {
    this.core.setGlobalVariables(variables);
  }

  getSchema(): DBSchema<M> | undefined {
    return this.schema;
  }

  /** Replaces the schema if it is valid and no stored data contradicts it; says what happened rather than throw. */
  async overrideSchema(schema: DBSchema, options: OverrideSchemaOptions = {}): Promise<SchemaChange> {
    if (this.core.ready !== undefined) await this.core.ready;
    const change = await overrideSchema(this.core, schema, options);
    await tellInTurn(this.#schemaListeners, change);
    return change;
  }

  /** As programs of Triplit 1.x call it: stores a schema and puts it in force without judging it or the data. */
  protected async updateSchema(schema: DBSchema): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    await applySchema(this.core, schema);
  }

  onSchemaChange(listener: SchemaChangeListener): () => void {
    this.#schemaListeners.add(listener);
    return () => void this.#schemaListeners.delete(listener);
  }

  /** The number of entities by collection. */
  async getCollectionStats(): Promise<Map<string, number>> {
    if (this.core.ready !== undefined) await this.core.ready;
    const { schema, store } = this.core;
    const collections =
      schema === undefined
        ? [...store.collections()].filter((name) => name !== METADATA_COLLECTION)
        : Object.keys(schema.collections);
    return new Map(collections.map((collection) => [collection, store.countRows(collection, Infinity)]));
  }

  async setMetadata(key: string[], value: unknown): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    await this.core.storage.write(metadataEdits([[key, value === undefined ? value : cloneJson(value)]]));
  }

  async getMetadata(key: string[]): Promise<any> {
    if (this.core.ready !== undefined) await this.core.ready;
    return cloneJson(this.core.storage.get(metadataKey(key)));
  }

  /** Empties the database, locally and without commits; live queries become empty. The schema stays unless `full`. */
  async clear(options: ClearOptions = {}): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready;
    const schema = storedSchema(this.core);
    const cleared = this.core.clear();
    if (options.full === true) {
      this.core.subscriptions.closeAll();
      this.core.setSchema(undefined);
    } else if (schema !== undefined) {
      await applySchema(this.core, schema);
    }
    this.core.engine.refresh();
    await cleared;
  }

  /**
   * Drops what is kept only so that late changes and absent peers cannot bring deleted things back, as far as it is older
   * than the retention (30 days unless told otherwise): tombstones of deleted entities, and removed members of sets.
   */
  async compact({ olderThanMs = DEFAULT_RETENTION_MS }: { olderThanMs?: number } = {}): Promise<CompactionReport> {
    await this.ready;
    if (!Number.isFinite(olderThanMs) || olderThanMs < 0)
      throw new InvalidOperationError(
        `compact was given olderThanMs: ${olderThanMs}, but needs a number of milliseconds that is finite and not negative. Nothing was dropped.`,
      );
    return compact(this.core, platform.now() - olderThanMs);
  }

  /** Flushes and closes storage, and ends every subscription. */
  async close(): Promise<void> {
    if (this.core.ready !== undefined) await this.core.ready.catch(() => undefined);
    this.core.subscriptions.closeAll();
    await this.core.storage.close();
  }

  #write<T>(options: WriteOptions | undefined, callback: (tx: DBTransaction) => T | Promise<T>): Promise<T> {
    return runTransaction(this.core, this.session, options?.skipRules === true, callback);
  }
}

function coreOptions<M extends Models>({ entityStore, persistClock, ...options }: DBOptions<M>): CoreOptions {
  return {
    ...(options as CoreOptions),
    persistClock: persistClock === true || entityStore?.stampsCommits === true,
    createOutbox: entityStore?.createOutbox,
  };
}
