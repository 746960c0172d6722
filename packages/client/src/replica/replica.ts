/**
 * The client's copy of the data: confirmed state and outbox in one database, with what sync must remember beside them:
 * how far the server's answers go, which queries it has answered, and whose the pending writes are. Invariant: after
 * `isOpen` every method that is not async takes effect, in reads and in live results, before it returns.
 */
import { TriplitError } from '@triplit/db';
import type {
  CollectionQuery,
  DB,
  DBChanges,
  Models,
  Outbox,
  PendingTransaction,
  PreparedQuery,
  StorageEntry,
  Timestamp,
} from '@triplit/db';
import type { QueryCheckpoint } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { lastingVariables } from '../session/token-session.ts';
import { identifyQuery, stableText } from '../sync/query-identity.ts';
import type { IdentifiedQuery } from '../sync/query-identity.ts';
import { collectionsOf } from './collections-of.ts';
import { LiveDelivery } from './live-delivery.ts';
import { openDatabase } from './open-database.ts';
import type { DatabaseOptions } from './open-database.ts';
import { claimFor, ownerOf, release, UNOWNED } from './ownership.ts';
import type { Ownership } from './ownership.ts';
import type { OperationListener, ReplicaOperation } from './replica-operation.ts';
import { SyncState } from './sync-state.ts';
import { touchedIds } from './touched-ids.ts';

export class Replica<M extends Models = Models> {
  /** Settles when data can be read and written; rejects when the database could not be opened. */
  readonly ready: Promise<void>;
  readonly #logger: Logger;
  readonly #pendingListeners = new Set<() => void>();
  readonly #variablesListeners = new Set<() => void>();
  readonly #operationListeners = new Set<OperationListener>();
  #root: DB<M> | undefined;
  #handle: DB<M> | undefined;
  #delivery: LiveDelivery | undefined;
  #variables: Record<string, unknown> | undefined;
  readonly #state = new SyncState((key, value) => this.#persist(key, value));
  readonly #pendingIds = new Map<string, ReadonlySet<string>>();
  #newestAtOpen = '';
  #newestSeen = '';
  #isMirror = false;
  #isClosed = false;
  /** What was asked of it before it was closed has begun. */
  #isEnded = false;

  constructor(options: DatabaseOptions<M>, logger: Logger) {
    this.#logger = logger;
    this.ready = this.#open(options);
    this.ready.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** A handle with the session's variables; undefined before `ready`. `openDb` is for code that runs later. */
  get db(): DB<M> | undefined {
    return this.#handle;
  }

  get openDb(): DB<M> {
    if (this.#isEnded) throw new TriplitError('Make another one to go on.', 'The client is closed.');
    if (this.#handle === undefined) throw new Error('The replica was used before it was open.');
    return this.#handle;
  }

  get outbox(): Outbox {
    return this.openDb.outbox!;
  }

  /** Calls the listener whenever what is pending may have changed. */
  onPendingChange(listener: () => void): () => void {
    this.#pendingListeners.add(listener);
    return () => void this.#pendingListeners.delete(listener);
  }

  /** Calls the listener when live queries that read variables of the session mean something else. */
  onVariablesChange(listener: () => void): () => void {
    this.#variablesListeners.add(listener);
    return () => void this.#variablesListeners.delete(listener);
  }

  /** Hands live results to their subscribers as soon as the running code has finished. */
  requestDelivery(): void {
    this.#delivery?.request();
  }

  /** Hands live results to their subscribers, now. */
  deliver(): void {
    this.#delivery?.deliver();
  }

  // Copies of one replica in several programs

  /**
   * Calls the listener with each step, in order; whoever takes the same steps from the same content has the same replica.
   * `isNews`: the leader, whose copy this may be, does not know of it.
   */
  onOperation(listener: OperationListener): () => void {
    this.#operationListeners.add(listener);
    return () => void this.#operationListeners.delete(listener);
  }

  /** From now on this replica is a copy of a leader's, and takes over from it what is known about the server. */
  follow(): void {
    this.#isMirror = true;
  }

  /** From now on this replica is its own. Whatever is pending may have been sent by the last leader. */
  lead(): void {
    if (!this.#isMirror) return;
    this.#isMirror = false;
    this.#newestAtOpen = this.#newestTransactionId() ?? '';
  }

  /** Takes a step that was taken elsewhere. Answers of the server and clearing are the sync engine's to take. */
  mirror(operation: ReplicaOperation, isNews: boolean): void {
    switch (operation.kind) {
      case 'append':
        return this.#adopt(operation.transaction, isNews);
      case 'confirm':
        return void this.confirm(operation.ids, operation.timestamp, operation.earlier);
      case 'discard':
        return this.discard(operation.ids);
      case 'discardEntity':
        return this.discardEntity(operation.collection, operation.id);
      case 'connected':
        return void this.#connectMark(operation.text);
      case 'withdrawn':
        return this.#withdrawMark(operation.text);
      case 'own':
        return this.#own(operation.ownership);
      case 'answer':
      case 'clear':
    }
  }

  /** Becomes a copy of this content; only `kept`, which the leader may not know, stays pending. */
  async adoptContent(content: readonly StorageEntry[], kept: readonly PendingTransaction[]): Promise<void> {
    this.#report(this.outbox.adoptContent(content), 'The copy of the database could not be stored');
    for (const transaction of kept) this.#report(this.outbox.adopt(transaction), 'A write could not be stored');
    await this.#state.load(this.openDb);
    this.#newestSeen = this.#newestTransactionId() ?? '';
    this.#pendingChanged();
    this.deliver();
  }

  /** Up to when the cache knows what the server said. */
  get checkpoint(): Timestamp {
    return this.#state.checkpoint;
  }

  /** Settles when everything so far is durable. */
  async flush(): Promise<void> {
    await this.outbox.flush();
  }

  // Sessions

  /** The variables of later reads and writes; undefined for a client that never had a session. */
  setVariables(variables: Record<string, unknown> | undefined): void {
    const isSame = stableText(lastingVariables(variables)) === stableText(lastingVariables(this.#variables));
    this.#variables = variables;
    if (this.#root !== undefined) this.#handle = this.#withVariables(this.#root);
    if (!isSame) for (const listener of [...this.#variablesListeners]) listener();
  }

  /** A session of this principal begins. The cache of another one is checked against the server, query by query. */
  claim(principal: string): void {
    if (!this.#isMirror) this.#own(claimFor(this.#state.ownership, principal, this.#newestTransactionId()));
  }

  /** The session ended on purpose. */
  release(): void {
    if (!this.#isMirror) this.#own(release(this.#state.ownership, this.#newestTransactionId()));
  }

  // Queries

  /** Whether the server never answered this query for the current principal. */
  async isFirstTimeFetching(query: CollectionQuery): Promise<boolean> {
    await this.ready;
    return (await this.openDb.getMetadata(this.#state.answeredKey(identifyQuery(query).text))) !== true;
  }

  /** What the cache, without pending changes, holds of a query; undefined when the server never answered anything. */
  checkpointFor({ text }: IdentifiedQuery, prepared: PreparedQuery): QueryCheckpoint | undefined {
    const since = this.#isMirror ? undefined : this.#connectMark(text);
    if (since === undefined) return undefined;
    const db = this.openDb;
    const visited = db.entitiesOf(prepared);
    const entityIds: Record<string, readonly string[]> = {};
    for (const collection of collectionsOf(prepared)) {
      // A pending entity may be in the query only because of what is pending, or only without it.
      const pending = touchedIds(this.outbox.transactions(), collection);
      const ids = [...(visited.get(collection)?.keys() ?? [])].filter((id) => !pending.has(id));
      for (const id of pending) if (this.outbox.confirmedRow(collection, id) !== undefined) ids.push(id);
      if (ids.length > 0) entityIds[collection] = ids;
    }
    return { timestamp: since, entityIds };
  }

  /** The query, which was answered, is no longer connected: nobody keeps current what the cache holds of it. */
  queryWithdrawn({ text }: IdentifiedQuery): void {
    if (!this.#isMirror && this.isOpen) this.#withdrawMark(text);
  }

  /** Takes in entities from the server, and remembers that it has answered the queries of these texts. */
  applyEntityData(changes: DBChanges, timestamp: Timestamp, answered: readonly string[]): void {
    this.#emit({ kind: 'answer', changes, timestamp, answered });
    const durable = this.outbox.applyRemote(changes, timestamp, this.#state.answered(answered, timestamp));
    this.#report(durable, "The server's answer could not be stored");
    this.deliver();
  }

  // Pending writes

  /** Those that belong to the current principal, oldest first. */
  sendableTransactions(): readonly PendingTransaction[] {
    const { principal } = this.#state.ownership;
    const transactions = this.#handle?.outbox?.transactions() ?? [];
    return transactions.filter(({ id }) => ownerOf(this.#state.ownership, id) === principal);
  }

  isConfirmed(collection: string, id: string): boolean {
    return this.outbox.confirmedRow(collection, id) !== undefined;
  }

  /** Entities of a collection with a pending insert or update. */
  pendingIds(collection: string): ReadonlySet<string> {
    let ids = this.#pendingIds.get(collection);
    if (ids === undefined) {
      const transactions = this.#handle?.outbox?.transactions() ?? [];
      ids = new Set(transactions.flatMap(({ changes }) => [...(changes[collection]?.sets.keys() ?? [])]));
      this.#pendingIds.set(collection, ids);
    }
    return ids;
  }

  /** Whether the transaction was already pending when the database was opened. */
  isFromEarlierRun(transactionId: string): boolean {
    return transactionId <= this.#newestAtOpen;
  }

  /** `earlier`: see `Outbox`. Settles when they are durably gone from the outbox. */
  confirm(
    transactionIds: readonly string[],
    timestamp: Timestamp,
    earlier?: ReadonlyMap<string, Timestamp>,
  ): Promise<void> {
    this.#emit({ kind: 'confirm', ids: transactionIds, timestamp, ...(earlier && { earlier }) });
    const durable = this.outbox.confirm(transactionIds, timestamp, earlier);
    this.#state.acknowledged();
    this.#report(durable, 'An acknowledgement could not be stored, so these changes will be sent again');
    this.#pendingChanged();
    this.deliver();
    return durable;
  }

  discard(transactionIds: readonly string[]): void {
    this.#emit({ kind: 'discard', ids: transactionIds });
    this.#report(this.outbox.discard(transactionIds), 'A rolled back change could not be removed from storage');
    this.#pendingChanged();
    this.deliver();
  }

  discardEntity(collection: string, id: string): void {
    this.#emit({ kind: 'discardEntity', collection, id });
    const durable = this.outbox.discardEntity(collection, id);
    this.#report(durable, 'A rolled back change could not be removed from storage');
    this.#pendingChanged();
    this.deliver();
  }

  // The whole

  async clear(options: { readonly full?: boolean | undefined }): Promise<void> {
    await this.ready;
    this.#emit({ kind: 'clear', full: options.full === true });
    this.#state.reset();
    this.#newestAtOpen = this.#newestSeen = '';
    const { principal } = this.#state.ownership;
    const cleared = this.openDb.clear({ full: options.full === true });
    this.#own(principal === null ? UNOWNED : claimFor(UNOWNED, principal, undefined));
    this.#pendingChanged();
    await cleared;
    await this.#state.persistOwnership(this.openDb);
    this.deliver();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pendingListeners.clear();
    this.#variablesListeners.clear();
    this.#delivery?.close();
    await this.ready.catch(() => undefined);
    this.#isEnded = true;
    await this.#root?.close();
  }

  async #open(options: DatabaseOptions<M>): Promise<void> {
    const db = await openDatabase(options, this.#logger);
    this.#root = db;
    await this.#state.load(db);
    this.#newestAtOpen = this.#newestSeen = db.outbox!.transactions().at(-1)?.id ?? '';
    this.#handle = this.#withVariables(db);
    this.#delivery = new LiveDelivery(db as unknown as DB);
    db.observeCommits(() => {
      if (this.#isClosed) return;
      this.requestDelivery();
      this.#emitAppended();
      this.#pendingChanged();
    });
  }

  #emit(operation: ReplicaOperation, isNews = false): void {
    for (const listener of [...this.#operationListeners]) listener(operation, isNews);
  }

  /** A commit of this program was logged, unless it had no effect. */
  #emitAppended(): void {
    const transaction = this.#root!.outbox!.transactions().at(-1);
    if (transaction === undefined || transaction.id <= this.#newestSeen) return;
    this.#newestSeen = transaction.id;
    this.#emit({ kind: 'append', transaction }, true);
  }

  #adopt(transaction: PendingTransaction, isNews: boolean): void {
    const { outbox } = this;
    const before = outbox.size;
    this.#report(outbox.adopt(transaction), 'A write of another tab could not be stored');
    if (transaction.id > this.#newestSeen) this.#newestSeen = transaction.id;
    // One that was settled already: whoever still has it pending is told that it is over.
    if (outbox.size === before) {
      if (!outbox.transactions().some(({ id }) => id === transaction.id)) {
        this.#emit({ kind: 'discard', ids: [transaction.id] });
      }
      return;
    }
    this.#emit({ kind: 'append', transaction }, isNews);
    this.#pendingChanged();
    this.deliver();
  }

  /** A query is about to be connected. Returns what it can be resumed from. */
  #connectMark(text: string): Timestamp | undefined {
    const mark = this.#state.connect(text);
    if (mark?.changed === true) this.#emit({ kind: 'connected', text });
    return mark?.since;
  }

  #withdrawMark(text: string): void {
    this.#emit({ kind: 'withdrawn', text });
    this.#state.withdrawn(text);
  }

  #withVariables(root: DB<M>): DB<M> {
    return this.#variables === undefined ? root : root.withSessionVars(this.#variables);
  }

  #newestTransactionId(): string | undefined {
    return this.outbox.transactions().at(-1)?.id;
  }

  #own(ownership: Ownership): void {
    if (ownership === this.#state.ownership) return;
    this.#emit({ kind: 'own', ownership });
    this.#state.own(ownership);
  }

  #persist(key: string[], value: unknown): void {
    this.#report(this.openDb.setMetadata(key, value), 'The state of sync could not be stored');
  }

  #pendingChanged(): void {
    this.#pendingIds.clear();
    for (const listener of [...this.#pendingListeners]) listener();
  }

  #report(durable: Promise<void>, what: string): void {
    durable.catch((error: unknown) => {
      if (!this.#isClosed) this.#logger.error(`${what}: ${String(error)}`, { error });
    });
  }
}
