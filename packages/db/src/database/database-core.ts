/**
 * What all handles of one database share: storage, rows, engine, schema, clock, outbox and listeners. The commit is here:
 * stage → check schema → check permissions → write → views, in one synchronous step that nothing can interleave with.
 */
import type { CollectionQuery, PreparedQuery } from '../ast/query.ts';
import { DBInitializationError, InvalidOperationError } from '../base/errors.ts';
import type { DBChanges, Row, RowChange } from '../changes/types.ts';
import { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { Engine } from '../engine/engine.ts';
import type { QueryExplanation } from '../engine/explain.ts';
import { EntityStore } from '../entities/entity-store.ts';
import { formatKey } from '../entities/entity-keys.ts';
import { metadataEdits } from '../entities/private-metadata.ts';
import { prepareQuery } from '../permissions/prepare-query.ts';
import { DBSession } from '../permissions/session.ts';
import type { Session } from '../permissions/session.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { typeAtPath } from '../schema/paths.ts';
import type { RecordType } from '../schema/data-type.ts';
import type { DBSchema } from '../schema/types.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import { engineOf } from '../storage/kv-store.ts';
import type { KVStore } from '../storage/kv-store.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { DURABLE } from '../storage/port.ts';
import type { StorageEdit, StorageEngine } from '../storage/port.ts';
import { METADATA_COLLECTION, WritePermissions, checkAgainstSchema } from '../transactions/check-writes.ts';
import { CommitLog } from '../transactions/commit-log.ts';
import type { Outbox, TransactionOutbox } from '../transactions/outbox.ts';
import { PermissionCache } from '../transactions/permission-cache.ts';
import { stageChanges } from '../transactions/stage-changes.ts';
import type { StagedCommit } from '../transactions/stage-changes.ts';
import { DBTransaction } from '../transactions/transaction.ts';
import type { TransactionHost } from '../transactions/transaction.ts';
import { setOwn } from '../values/own-property.ts';
import { AppliedCommit } from './commit.ts';
import type { Commit, CommitOptions, PrepareOptions, WriteOptions } from './commit.ts';
import { CommitListeners } from './commit-listeners.ts';
import { LeasedClock } from './leased-clock.ts';
import { LiveSubscriptions } from './live-subscriptions.ts';
import { Retention } from './retention.ts';
import { STORAGE_FORMAT, adoptFormat } from './storage-format.ts';
import { ResultReader, rowDecoder } from './result-reader.ts';
import type { Entity } from './result-reader.ts';

export interface CoreOptions {
  readonly kv?: KVStore;
  readonly clientId?: string;
  readonly schema?: DBSchema;
  readonly variables?: Record<string, unknown>;
  readonly persistClock?: boolean;
  readonly createOutbox?: OutboxFactory | undefined;
}

/** Makes the outbox of a database; part of the databases that have one only. */
export type OutboxFactory = (...parts: ConstructorParameters<typeof TransactionOutbox>) => TransactionOutbox;

export interface ExplainOptions {
  /** Read past the permissions of the session. */
  readonly skipRules?: boolean;
  /** Explain the count of the query rather than its rows. */
  readonly count?: boolean;
}

/** Stands for the session of a handle that has none. */
const NO_SESSION = {};

export class DatabaseCore {
  readonly kv: KVStore;
  readonly storage: StorageEngine;
  readonly store: EntityStore;
  readonly engine: Engine;
  readonly subscriptions = new LiveSubscriptions();
  readonly commitListeners = new CommitListeners();
  /** Parts of the client that follow every commit, those of change sets too. */
  readonly commitObservers = new Set<() => void>();
  readonly retention: Retention;
  /** What open transactions have to be compared with. */
  readonly commits = new CommitLog();
  readonly clientId: string;
  /** Settles when storage can be read; undefined once it can. */
  ready: Promise<void> | undefined;
  #globalVariables: Record<string, unknown>;
  #schema: DBSchema | undefined;
  #clock: HybridLogicalClock;
  readonly #outbox: TransactionOutbox | undefined;
  readonly stampsCommits: boolean;
  readonly #decoders = new Map<string, (row: Row) => Entity>();
  readonly #readers = new WeakMap<PreparedQuery, ResultReader>();
  readonly #hosts = new WeakMap<object, TransactionHost>();
  readonly #hostsPastRules = new WeakMap<object, TransactionHost>();
  readonly #permissions = new PermissionCache();
  /** Whether the store says in which format it is; an empty one says nothing. */
  #formatWritten = false;

  constructor(options: CoreOptions) {
    this.kv = options.kv ?? new BTreeKVStore();
    this.storage = engineOf(this.kv);
    this.store = new EntityStore(this.storage);
    this.retention = new Retention(this.storage, (collection) => this.typeOf(collection));
    this.engine = new Engine(this.store, (collection, path) =>
      this.#schema === undefined ? undefined : typeAtPath(this.#schema.collections, collection, path),
    );
    this.clientId = options.clientId || 'test-client';
    this.#globalVariables = options.variables ?? {};
    this.stampsCommits = options.persistClock === true;
    this.#clock = new HybridLogicalClock({ clientId: this.clientId });
    if (options.schema !== undefined) {
      const problem = validateSchema(options.schema);
      if (problem !== undefined)
        throw new DBInitializationError(`Failed to start DB because the current schema is invalid: ${problem}`);
      this.#schema = options.schema;
    }
    this.#outbox = options.createOutbox?.(this.store, (rowChanges, edits) => this.#writeRows(rowChanges, edits));
    const { ready } = this.storage;
    if (ready === undefined) this.#opened();
    else {
      this.ready = ready.then(() => {
        this.#opened();
        this.ready = undefined;
      });
      this.ready.catch(() => undefined);
    }
  }

  #opened(): void {
    adoptFormat(this.storage);
    this.retention.load();
    if (this.stampsCommits) this.#clock = new LeasedClock(this.clientId, this.storage);
    this.#outbox?.load();
  }

  get clock(): HybridLogicalClock {
    return this.#clock;
  }

  get outbox(): Outbox | undefined {
    return this.#outbox;
  }

  get schema(): DBSchema | undefined {
    return this.#schema;
  }

  /** Puts another schema in force. Live subscriptions are prepared again. */
  setSchema(schema: DBSchema | undefined): void {
    this.#schema = schema;
    this.commits.invalidate();
    this.#decoders.clear();
    this.retention.forgetTypes();
    this.#permissions.clear();
    this.engine.forgetPlans();
    this.subscriptions.reopen();
  }

  /** Replaces the `$global` variables for later queries and writes. */
  setGlobalVariables(variables: Record<string, unknown>): void {
    this.#globalVariables = variables;
    this.#permissions.clear();
  }

  typeOf(collection: string): RecordType | undefined {
    const collections = this.#schema?.collections;
    return collections !== undefined && Object.hasOwn(collections, collection)
      ? collections[collection]!.schema
      : undefined;
  }

  /** Decodes a stored row of a collection into an application object. */
  decode(collection: string, row: Row): Entity {
    let decoder = this.#decoders.get(collection);
    if (decoder === undefined) {
      decoder = rowDecoder(this.#schema, collection);
      this.#decoders.set(collection, decoder);
    }
    return decoder(row);
  }

  prepare(
    query: CollectionQuery,
    session: Session | undefined,
    { skipRules = false, extend }: PrepareOptions = {},
  ): PreparedQuery {
    return prepareQuery(query, this.#schema?.collections, this.variables(session), session, {
      applyPermission: skipRules ? undefined : 'read',
      extend,
    });
  }

  variables(session: Session | undefined): { $global: Record<string, unknown>; $session: Record<string, unknown> } {
    return { $global: this.#globalVariables, $session: (session?.vars ?? {}) as Record<string, unknown> };
  }

  fetch(
    query: CollectionQuery,
    session: Session | undefined,
    skipRules: boolean,
    source: EntitySource = this.store,
  ): Entity[] {
    const prepared = this.prepare(query, session, { skipRules });
    return this.reader(prepared).readFresh(this.engine.fetch(this.engine.compile(prepared), source));
  }

  /** The number of entities that match, whatever the query's limit and cursor. */
  count(
    query: CollectionQuery,
    session: Session | undefined,
    skipRules: boolean,
    source: EntitySource = this.store,
  ): number {
    return this.engine.count(this.engine.compile(this.prepare(query, session, { skipRules })), source);
  }

  /** How `fetch`, or `count`, would answer the query. */
  async explain(
    query: CollectionQuery,
    session: Session | undefined,
    { skipRules = false, count = false }: ExplainOptions,
    source: EntitySource = this.store,
  ): Promise<QueryExplanation> {
    const plan = this.engine.compile(this.prepare(query, session, { skipRules }));
    return this.engine.explain(plan, count ? 'count' : 'fetch', source);
  }

  /** One entity by its literal id where no permission stands in the way; undefined when a query has to decide. */
  rowPastPermissions(collection: string, id: unknown, skipRules: boolean): Entity | null | undefined {
    if (typeof id !== 'string' || id.startsWith('$')) return undefined;
    const collections = this.#schema?.collections;
    if (collections !== undefined) {
      if (!Object.hasOwn(collections, collection)) return undefined;
      if (!skipRules && collections[collection]!.permissions !== undefined) return undefined;
    }
    const row = this.store.row(collection, id);
    return row === undefined ? null : this.decode(collection, row);
  }

  reader(prepared: PreparedQuery): ResultReader {
    let reader = this.#readers.get(prepared);
    if (reader === undefined) {
      reader = new ResultReader(prepared, this.#schema);
      this.#readers.set(prepared, reader);
    }
    return reader;
  }

  transaction(session: Session | undefined, skipRules: boolean): DBTransaction {
    const key = session ?? NO_SESSION;
    const hosts = skipRules ? this.#hostsPastRules : this.#hosts;
    let host = hosts.get(key);
    if (host === undefined) {
      host = this.#transactionHost(session, skipRules);
      hosts.set(key, host);
    }
    return new DBTransaction(host);
  }

  #transactionHost(session: Session | undefined, skipRules: boolean): TransactionHost {
    return {
      source: this.store,
      commits: this.commits,
      typeOf: (collection) => this.typeOf(collection),
      isUnknown: (collection) => this.#schema !== undefined && this.typeOf(collection) === undefined,
      fetch: (query, source) => this.fetch(query, session, skipRules, source),
      count: (query, source) => this.count(query, session, skipRules, source),
      explain: (query, source, options) => this.explain(query, session, { ...options, skipRules }, source),
      decode: (collection, row) => this.decode(collection, row),
    };
  }

  /**
   * One atomic, synchronous step. Throws and changes nothing when the schema or a permission forbids a write. Whom it
   * concerns that there was a commit, `commitListeners` among them, is told by the caller.
   */
  commit(changes: DBChanges, session: Session | undefined, options: CommitOptions = {}): Commit {
    const staged = stageChanges(changes, this.store);
    let durable: Promise<void>;
    const timestamp = this.#clock.next();
    if (this.#outbox !== undefined) {
      durable = this.#outbox.append(changes, staged);
    } else {
      this.#check(staged, session, options);
      const edits = this.stampsCommits ? this.#timestampEdits(changes, timestamp) : [];
      if (options.metadata !== undefined) edits.push(...metadataEdits(options.metadata(timestamp)));
      durable = this.#writeRows(staged.rowChanges, edits);
    }
    for (const observer of this.commitObservers) observer();
    return new AppliedCommit(timestamp, durable, changes, staged);
  }

  /** Applies changes stamped elsewhere: per entity, only those newer than what is stored. */
  commitStamped(
    changes: DBChanges,
    timestamp: Timestamp,
    session: Session | undefined,
    options: WriteOptions,
  ): Promise<void> {
    const accepted: DBChanges = {};
    for (const [collection, { sets, deletes }] of Object.entries(changes)) {
      const isNewer = (id: string): boolean => {
        const stamp = this.store.timestamp(collection, id);
        if (stamp !== undefined) return HybridLogicalClock.compare(timestamp, stamp) > 0;
        // It may have been deleted later than this change was made, and forgotten since.
        return !this.retention.isBeforeHorizon(timestamp) || this.store.row(collection, id) !== undefined;
      };
      setOwn(accepted, collection, {
        sets: new Map([...sets].filter(([id]) => isNewer(id))),
        deletes: new Set([...deletes].filter(isNewer)),
      });
    }
    if (this.#outbox !== undefined) return this.#outbox.applyRemote(changes, timestamp);
    const staged = stageChanges(accepted, this.store);
    this.#check(staged, session, options);
    return this.#writeRows(staged.rowChanges, this.#timestampEdits(accepted, timestamp));
  }

  /** Writes rows of the `_metadata` collection, past all checks. */
  writeMetadataRow(id: string, next: Row | undefined): Promise<void> {
    const prev = this.store.row(METADATA_COLLECTION, id);
    return this.#writeRows([{ collection: METADATA_COLLECTION, id, prev, next }], []);
  }

  /** Removes everything from storage. */
  async clear(): Promise<void> {
    const edits: StorageEdit[] = [];
    for (const [key] of this.storage.range({})) edits.push({ key, value: undefined });
    const durable = this.storage.write(edits);
    this.store.reload();
    this.commits.invalidate();
    this.#formatWritten = false;
    this.retention.load();
    this.#outbox?.load();
    await durable;
  }

  #check(staged: StagedCommit, session: Session | undefined, { skipRules = false }: WriteOptions): void {
    checkAgainstSchema(staged.writes, this.#schema);
    if (skipRules || this.#schema === undefined) return;
    for (const { collection } of staged.writes) {
      if (collection === METADATA_COLLECTION) {
        throw new InvalidOperationError(
          `The collection '${METADATA_COLLECTION}' belongs to the database and cannot be written to. Use overrideSchema to change the schema.`,
        );
      }
    }
    const permissions =
      this.#permissions.of(session) ??
      this.#permissions.remember(
        session,
        new WritePermissions(this.#schema, session, this.variables(session), this.engine),
      );
    permissions.check(staged, this.store);
  }

  #timestampEdits(changes: DBChanges, timestamp: Timestamp): StorageEdit[] {
    const edits: StorageEdit[] = [];
    for (const collection of Object.keys(changes)) {
      const { sets, deletes } = changes[collection]!;
      for (const id of sets.keys()) edits.push(this.store.timestampEdit(collection, id, timestamp));
      for (const id of deletes) if (!sets.has(id)) edits.push(this.store.timestampEdit(collection, id, timestamp));
    }
    return edits;
  }

  /** Writes rows that read as they did before: no view and no transaction has to know. */
  rewriteRows(rowChanges: readonly RowChange[], edits: StorageEdit[]): Promise<void> {
    return this.store.write(rowChanges, edits);
  }

  #writeRows(changes: readonly RowChange[], edits: StorageEdit[]): Promise<void> {
    const rowChanges = this.stampsCommits ? changes : this.retention.withoutRemovedMembers(changes);
    if (!this.#formatWritten && rowChanges.length + edits.length > 0) {
      this.#formatWritten = true;
      edits.push({ key: formatKey, value: STORAGE_FORMAT });
    }
    const durable = this.store.write(rowChanges, edits);
    // Reported by whoever awaits the commit; a commit that nobody awaits must not end the process.
    if (durable !== DURABLE) durable.catch(() => undefined);
    this.commits.append(rowChanges);
    this.engine.push(rowChanges);
    this.subscriptions.committed();
    return durable;
  }
}

export const newSession = (core: DatabaseCore, vars: Record<string, unknown>): DBSession =>
  new DBSession(() => core.schema, vars);
