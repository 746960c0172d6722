/**
 * The client's copy of the data: confirmed state and outbox in one database, with what sync must remember beside them:
 * how far the server's answers go, which queries it has answered, and whose the pending writes are. Invariant: after
 * `isOpen` every method that is not async takes effect, in reads and in live results, before it returns.
 */
import type { CollectionQuery, DB, DBChanges, Models, PendingTransaction, PreparedQuery, Timestamp } from '@triplit/db';
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
import { BEGINNING, QueryMarks } from './query-marks.ts';
import type { StoredQueryMarks } from './query-marks.ts';

const CHECKPOINT_KEY = ['latest_server_timestamp'];
const OWNERSHIP_KEY = ['ownership'];
const QUERY_MARKS_KEY = ['query-marks'];

export class Replica<M extends Models = Models> {
  /** Settles when data can be read and written; rejects when the database could not be opened. */
  readonly ready: Promise<void>;
  readonly #logger: Logger;
  readonly #pendingListeners = new Set<() => void>();
  readonly #variablesListeners = new Set<() => void>();
  #root: DB<M> | undefined;
  #handle: DB<M> | undefined;
  #delivery: LiveDelivery | undefined;
  #variables: Record<string, unknown> | undefined;
  #checkpoint: Timestamp | undefined;
  #marks = new QueryMarks();
  #ownership: Ownership = UNOWNED;
  readonly #pendingIds = new Map<string, ReadonlySet<string>>();
  #newestAtOpen = '';
  #isClosed = false;

  constructor(options: DatabaseOptions<M>, logger: Logger) {
    this.#logger = logger;
    this.ready = this.#open(options);
    this.ready.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** A handle with the session's variables; undefined before `ready`. */
  get db(): DB<M> | undefined {
    return this.#handle;
  }

  /** The same, for code that runs after `ready`. */
  get openDb(): DB<M> {
    if (this.#handle === undefined) throw new Error('The replica was used before it was open.');
    return this.#handle;
  }

  get hasPending(): boolean {
    return this.#handle?.outbox !== undefined && this.#handle.outbox.size > 0;
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
    const before = this.#ownership;
    this.#own(claimFor(before, principal, this.#newestTransactionId()));
    if (this.#ownership.generation === before.generation || this.#checkpoint === undefined) return;
    this.#checkpoint = BEGINNING;
    this.#persist(CHECKPOINT_KEY, BEGINNING);
    this.#marks = new QueryMarks();
    this.#persist(QUERY_MARKS_KEY, this.#marks.toStored());
  }

  /** The session ended on purpose. */
  release(): void {
    this.#own(release(this.#ownership, this.#newestTransactionId()));
  }

  // Queries

  /** Whether the server never answered this query for the current principal. */
  async isFirstTimeFetching(query: CollectionQuery): Promise<boolean> {
    await this.ready;
    return (await this.openDb.getMetadata(this.#answeredKey(identifyQuery(query)))) !== true;
  }

  /** What the cache, without pending changes, holds of a query; undefined when the server never answered anything. */
  checkpointFor({ text }: IdentifiedQuery, prepared: PreparedQuery): QueryCheckpoint | undefined {
    if (this.#checkpoint === undefined) return undefined;
    const { since, changed } = this.#marks.connect(text, this.#checkpoint);
    if (changed) this.#persist(QUERY_MARKS_KEY, this.#marks.toStored());
    const db = this.openDb;
    const visited = db.entitiesOf(prepared);
    const entityIds: Record<string, readonly string[]> = {};
    for (const collection of collectionsOf(prepared)) {
      // A pending entity may be in the query only because of what is pending, or only without it.
      const pending = this.#touchedIds(collection);
      const ids = [...(visited.get(collection)?.keys() ?? [])].filter((id) => !pending.has(id));
      for (const id of pending) if (db.outbox!.confirmedRow(collection, id) !== undefined) ids.push(id);
      if (ids.length > 0) entityIds[collection] = ids;
    }
    return { timestamp: since, entityIds };
  }

  /** The query, which was answered, is no longer connected: nobody keeps current what the cache holds of it. */
  queryWithdrawn({ text }: IdentifiedQuery): void {
    if (this.#checkpoint === undefined || !this.isOpen) return;
    this.#marks.withdrawn(text, this.#checkpoint);
    this.#persist(QUERY_MARKS_KEY, this.#marks.toStored());
  }

  /** Takes in entities from the server, and remembers that it has answered these queries. */
  applyEntityData(changes: DBChanges, timestamp: Timestamp, answered: Iterable<IdentifiedQuery>): void {
    this.#checkpoint = timestamp;
    const metadata: [key: string[], value: unknown][] = [[CHECKPOINT_KEY, timestamp]];
    let marksChanged = false;
    for (const query of answered) {
      metadata.push([this.#answeredKey(query), true]);
      if (this.#marks.answered(query.text)) marksChanged = true;
    }
    if (marksChanged) metadata.push([QUERY_MARKS_KEY, this.#marks.toStored()]);
    const durable = this.openDb.outbox!.applyRemote(changes, timestamp, metadata);
    this.#report(durable, "The server's answer could not be stored");
    this.deliver();
  }

  // Pending writes

  /** Those that belong to the current principal, oldest first. */
  sendableTransactions(): readonly PendingTransaction[] {
    const { principal } = this.#ownership;
    const transactions = this.#handle?.outbox?.transactions() ?? [];
    return transactions.filter(({ id }) => ownerOf(this.#ownership, id) === principal);
  }

  isConfirmed(collection: string, id: string): boolean {
    return this.openDb.outbox!.confirmedRow(collection, id) !== undefined;
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
    const durable = this.openDb.outbox!.confirm(transactionIds, timestamp, earlier);
    // The server is to be told of these entities even where it has not answered any query: others may remove them.
    if (this.#checkpoint === undefined) {
      this.#checkpoint = BEGINNING;
      this.#persist(CHECKPOINT_KEY, BEGINNING);
    }
    this.#report(durable, 'An acknowledgement could not be stored, so these changes will be sent again');
    this.#pendingChanged();
    this.deliver();
    return durable;
  }

  discard(transactionIds: readonly string[]): void {
    this.#report(this.openDb.outbox!.discard(transactionIds), 'A rolled back change could not be removed from storage');
    this.#pendingChanged();
    this.deliver();
  }

  discardEntity(collection: string, id: string): void {
    const durable = this.openDb.outbox!.discardEntity(collection, id);
    this.#report(durable, 'A rolled back change could not be removed from storage');
    this.#pendingChanged();
    this.deliver();
  }

  // The whole

  async clear(options: { readonly full?: boolean | undefined }): Promise<void> {
    await this.ready;
    this.#checkpoint = undefined;
    this.#marks = new QueryMarks();
    this.#newestAtOpen = '';
    const { principal } = this.#ownership;
    const cleared = this.openDb.clear({ full: options.full === true });
    this.#own(principal === null ? UNOWNED : claimFor(UNOWNED, principal, undefined));
    this.#pendingChanged();
    await cleared;
    await this.openDb.setMetadata(OWNERSHIP_KEY, this.#ownership);
    this.deliver();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pendingListeners.clear();
    this.#variablesListeners.clear();
    this.#delivery?.close();
    await this.ready.catch(() => undefined);
    await this.#root?.close();
  }

  async #open(options: DatabaseOptions<M>): Promise<void> {
    const db = await openDatabase(options, this.#logger);
    this.#checkpoint = (await db.getMetadata(CHECKPOINT_KEY)) as Timestamp | undefined;
    this.#marks = new QueryMarks((await db.getMetadata(QUERY_MARKS_KEY)) as StoredQueryMarks | undefined);
    this.#ownership = ((await db.getMetadata(OWNERSHIP_KEY)) as Ownership | undefined) ?? UNOWNED;
    this.#root = db;
    this.#newestAtOpen = db.outbox!.transactions().at(-1)?.id ?? '';
    this.#handle = this.#withVariables(db);
    this.#delivery = new LiveDelivery(db as unknown as DB);
    db.onCommit(() => {
      if (this.#isClosed) return;
      this.requestDelivery();
      this.#pendingChanged();
    });
  }

  #withVariables(root: DB<M>): DB<M> {
    return this.#variables === undefined ? root : root.withSessionVars(this.#variables);
  }

  #newestTransactionId(): string | undefined {
    return this.openDb.outbox!.transactions().at(-1)?.id;
  }

  /** Entities of a collection that any pending transaction touches. */
  #touchedIds(collection: string): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { changes } of this.openDb.outbox!.transactions()) {
      const part = changes[collection];
      if (part === undefined) continue;
      for (const id of part.sets.keys()) ids.add(id);
      for (const id of part.deletes) ids.add(id);
    }
    return ids;
  }

  #answeredKey({ text }: IdentifiedQuery): string[] {
    return ['query-state', String(this.#ownership.generation), text];
  }

  #own(ownership: Ownership): void {
    if (ownership === this.#ownership) return;
    this.#ownership = ownership;
    this.#persist(OWNERSHIP_KEY, ownership);
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
