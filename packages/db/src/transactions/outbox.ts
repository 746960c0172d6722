/**
 * The outbox of a client database: a durable log of local transactions that the server has not confirmed. Stored rows
 * are the optimistic state, so that queries and indexes need no overlay; for each entity with pending changes the
 * confirmed row is kept beside. The law: stored row = confirmed row with the pending transactions applied in order.
 */
import { platform } from '../base/platform.ts';
import { mergeChange } from '../changes/apply-change.ts';
import type { Change, CollectionChanges, DBChanges, Row, RowChange } from '../changes/types.ts';
import { compareTimestamps } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { EntityKeys, basePrefix, encodeText, outboxPrefix, prefixEnd } from '../entities/entity-keys.ts';
import type { EntityStore } from '../entities/entity-store.ts';
import { metadataEdits } from '../entities/private-metadata.ts';
import type { MetadataEntry } from '../entities/private-metadata.ts';
import type { StorageEdit, StorageEntry } from '../storage/port.ts';
import { equalValue } from '../values/equal-values.ts';
import { decodeTuple } from '../values/key-encoding.ts';
import type { StagedCommit } from './stage-changes.ts';
import {
  applyAll,
  applyToEntity,
  isTouched,
  isWithoutEntries,
  partsByEntity,
  partsOf,
  touchedEntities,
  withoutEntity,
} from './entity-parts.ts';
import type { EntityParts } from './entity-parts.ts';
import { changesTo, contentOf } from './store-content.ts';

export interface PendingTransaction {
  /** Unique everywhere: a count that grows with each transaction known here, then a random name of this run. */
  readonly id: string;
  readonly changes: DBChanges;
}

export interface Outbox {
  /** The number of pending transactions. */
  readonly size: number;
  /** Oldest first. */
  transactions(): readonly PendingTransaction[];
  /** What is pending for one entity, over all transactions; undefined when nothing is. */
  changesForEntity(collection: string, id: string): { update: Change | undefined; delete: boolean } | undefined;
  /**
   * The server acknowledged these transactions: they become confirmed state, as of the timestamp. `earlier`: when it
   * applied those that it had known before; what has become of their entities since is not undone.
   */
  confirm(
    transactionIds: readonly string[],
    timestamp: Timestamp,
    earlier?: ReadonlyMap<string, Timestamp>,
  ): Promise<void>;
  /** Drops these transactions; what they changed is rolled back in view. */
  discard(transactionIds: readonly string[]): Promise<void>;
  /** Drops what every pending transaction does to one entity. */
  discardEntity(collection: string, id: string): Promise<void>;
  /**
   * Applies entities from the server. Per entity, data that is not newer than what is known is ignored; pending changes
   * stay on top. `metadata` is written in the same batch.
   */
  applyRemote(changes: DBChanges, timestamp: Timestamp, metadata?: readonly MetadataEntry[]): Promise<void>;
  /** The row as the server last confirmed it. */
  confirmedRow(collection: string, id: string): Row | undefined;
  /** Takes a transaction of another program that shares this log into its place. One that is known, or was, is ignored. */
  adopt(transaction: PendingTransaction): Promise<void>;
  /** Settles when everything so far is durable. */
  flush(): Promise<void>;
  /** Everything that is stored, for a copy of this database; see `adoptContent`. */
  content(): readonly StorageEntry[];
  /** Makes this database a copy of another one, with its log. Live views see what differs. */
  adoptContent(content: readonly StorageEntry[]): Promise<void>;
  /** The transactions in the content of a store. */
  transactionsIn(content: Iterable<StorageEntry>): PendingTransaction[];
}

/** Writes row changes and further edits in one batch, and settles the live views. */
export type WriteRows = (rowChanges: readonly RowChange[], edits: StorageEdit[]) => Promise<void>;

/** The stored form of a confirmed row; `row: null` says that the server has none. */
interface StoredBase {
  readonly row: Row | null;
}
interface StoredTransaction {
  readonly [collection: string]: {
    readonly sets: readonly (readonly [string, Change])[];
    readonly deletes: readonly string[];
  };
}

const SEQUENCE_WIDTH = 16;
const RUN_NAME_LENGTH = 13;
const MAX_SETTLED = 10_000;

export class TransactionOutbox implements Outbox {
  readonly #store: EntityStore;
  readonly #write: WriteRows;
  readonly #baseKeys = new EntityKeys(basePrefix);
  #log: PendingTransaction[] = [];
  #nextSequence = 1;
  #runName = '';
  /** Transactions that were taken out of the log, so that no copy of them comes back; the last ones. */
  readonly #settled = new Set<string>();

  constructor(store: EntityStore, write: WriteRows) {
    this.#store = store;
    this.#write = write;
  }

  /** Reads the log from storage. */
  load(): void {
    this.#log = this.transactionsIn(this.#store.storage.range({ gt: outboxPrefix, lt: prefixEnd(outboxPrefix) }));
    this.#nextSequence = sequenceOf(this.#log.at(-1)?.id) + 1;
    this.#settled.clear();
    // Several programs may feed one log, and an emptied log counts from the start again.
    this.#runName = platform.randomUuid().slice(0, RUN_NAME_LENGTH);
  }

  get size(): number {
    return this.#log.length;
  }

  transactions(): readonly PendingTransaction[] {
    return this.#log;
  }

  changesForEntity(collection: string, id: string): { update: Change | undefined; delete: boolean } | undefined {
    let update: Change | undefined;
    let deleted = false;
    let found = false;
    for (const { changes } of this.#log) {
      const part = changes[collection];
      if (part === undefined) continue;
      if (part.deletes.has(id)) {
        found = true;
        deleted = true;
        update = undefined;
      }
      const set = part.sets.get(id);
      if (set !== undefined) {
        found = true;
        update = update === undefined ? set : mergeChange(update, set);
      }
    }
    return found ? { update, delete: deleted } : undefined;
  }

  confirmedRow(collection: string, id: string): Row | undefined {
    const base = this.#base(collection, id);
    return base === undefined ? this.#store.row(collection, id) : (base.row ?? undefined);
  }

  /** Logs a local transaction and shows it. A commit without effect is not logged. */
  append(changes: DBChanges, { rowChanges }: StagedCommit): Promise<void> {
    if (isWithoutEntries(changes)) return Promise.resolve();
    const id = `${String(this.#nextSequence++).padStart(SEQUENCE_WIDTH, '0')}-${this.#runName}`;
    const edits: StorageEdit[] = [{ key: transactionKey(id), value: toStored(changes) }];
    for (const [collection, entityId] of touchedEntities(changes)) {
      if (this.#base(collection, entityId) !== undefined) continue;
      edits.push(this.#baseEdit(collection, entityId, { row: this.#store.row(collection, entityId) ?? null }));
    }
    this.#log.push({ id, changes });
    return this.#write(rowChanges, edits);
  }

  confirm(
    transactionIds: readonly string[],
    timestamp: Timestamp,
    earlier?: ReadonlyMap<string, Timestamp>,
  ): Promise<void> {
    const confirmed = this.#logged(transactionIds);
    const appliedBefore = new Map<CollectionChanges, Timestamp>();
    for (const { id, changes } of earlier === undefined ? [] : confirmed) {
      const at = earlier!.get(id);
      if (at !== undefined) for (const part of Object.values(changes)) appliedBefore.set(part, at);
    }
    return this.#rebase(confirmed, ({ collection, id, parts }, base) => {
      const known = this.#store.timestamp(collection, id);
      let row = base;
      let stamp: Timestamp | undefined;
      for (const part of parts) {
        const at = appliedBefore.get(part) ?? timestamp;
        if (known !== undefined && compareTimestamps(at, known) <= 0) continue;
        row = applyToEntity(row, part, id);
        if (stamp === undefined || compareTimestamps(at, stamp) > 0) stamp = at;
      }
      return stamp === undefined ? { row: base } : { row, stamp };
    });
  }

  discard(transactionIds: readonly string[]): Promise<void> {
    return this.#rebase(this.#logged(transactionIds), (_entity, base) => ({ row: base }));
  }

  discardEntity(collection: string, id: string): Promise<void> {
    const edits: StorageEdit[] = [];
    const remaining: PendingTransaction[] = [];
    for (const transaction of this.#log) {
      if (!isTouched(transaction.changes, collection, id)) {
        remaining.push(transaction);
        continue;
      }
      const changes = withoutEntity(transaction.changes, collection, id);
      if (isWithoutEntries(changes)) {
        this.#settle(transaction.id);
        edits.push({ key: transactionKey(transaction.id), value: undefined });
      } else {
        remaining.push({ id: transaction.id, changes });
        edits.push({ key: transactionKey(transaction.id), value: toStored(changes) });
      }
    }
    this.#log = remaining;
    const rowChanges: RowChange[] = [];
    const base = this.#base(collection, id);
    if (base !== undefined) this.#settleEntity(collection, id, base.row ?? undefined, [], rowChanges, edits);
    return this.#write(rowChanges, edits);
  }

  applyRemote(changes: DBChanges, timestamp: Timestamp, metadata: readonly MetadataEntry[] = []): Promise<void> {
    const rowChanges: RowChange[] = [];
    const edits = metadataEdits(metadata);
    let pending: EntityParts | undefined;
    for (const collection of Object.keys(changes)) {
      const part = changes[collection]!;
      // The first answer of a server is large, and there is nothing to compare it with.
      const isNews = this.#store.isBlank(collection);
      const take = (set: Change | undefined, id: string): void => {
        const stamp = isNews ? undefined : this.#store.timestamp(collection, id);
        if (stamp !== undefined && compareTimestamps(timestamp, stamp) <= 0) return;
        edits.push(this.#store.timestampEdit(collection, id, timestamp));
        // Without pending transactions there are no confirmed rows beside.
        const base = this.#log.length === 0 ? undefined : this.#base(collection, id);
        const known = base ? (base.row ?? undefined) : isNews ? undefined : this.#store.row(collection, id);
        // The server sends whole entities: what is missing in one is gone. Without an id it is a partial change.
        const confirmed = set?.['id'] ? keepIfEqual(known, set) : applyToEntity(known, part, id);
        if (base === undefined) {
          if (confirmed !== known) rowChanges.push({ collection, id, prev: known, next: confirmed });
          return;
        }
        pending ??= partsByEntity(this.#log, (name, entityId) => isTouched(changes, name, entityId));
        this.#settleEntity(collection, id, confirmed, partsOf(pending, collection, id), rowChanges, edits);
      };
      part.sets.forEach(take);
      for (const id of part.deletes) if (!part.sets.has(id)) take(undefined, id);
    }
    return this.#write(rowChanges, edits);
  }

  adopt(transaction: PendingTransaction): Promise<void> {
    const { id, changes } = transaction;
    const place = this.#log.findLastIndex((other) => other.id <= id);
    if (this.#settled.has(id) || this.#log[place]?.id === id) return Promise.resolve();
    this.#log = this.#log.toSpliced(place + 1, 0, transaction);
    this.#nextSequence = Math.max(this.#nextSequence, sequenceOf(id) + 1);
    const edits: StorageEdit[] = [{ key: transactionKey(id), value: toStored(changes) }];
    const rowChanges: RowChange[] = [];
    const pending = partsByEntity(this.#log, (collection, entityId) => isTouched(changes, collection, entityId));
    for (const [collection, entityId] of touchedEntities(changes)) {
      const confirmed = this.confirmedRow(collection, entityId);
      this.#settleEntity(collection, entityId, confirmed, partsOf(pending, collection, entityId), rowChanges, edits);
    }
    return this.#write(rowChanges, edits);
  }

  flush(): Promise<void> {
    return this.#store.storage.flush();
  }

  content(): readonly StorageEntry[] {
    return contentOf(this.#store.storage);
  }

  adoptContent(content: readonly StorageEntry[]): Promise<void> {
    const { rowChanges, edits } = changesTo(content, this.#store.storage);
    const durable = this.#write(rowChanges, edits);
    this.load();
    return durable;
  }

  transactionsIn(content: Iterable<StorageEntry>): PendingTransaction[] {
    const transactions: PendingTransaction[] = [];
    for (const [key, value] of content) {
      if (!key.startsWith(outboxPrefix)) continue;
      transactions.push({ id: decodeTuple(key)[1] as string, changes: fromStored(value as StoredTransaction) });
    }
    return transactions;
  }

  #logged(transactionIds: readonly string[]): PendingTransaction[] {
    const ids = new Set(transactionIds);
    return this.#log.filter(({ id }) => ids.has(id));
  }

  /**
   * Takes transactions out of the log, moves the confirmed rows of their entities on, and shows the result. `confirm` gets
   * what the transactions do to the entity.
   */
  #rebase(
    removed: readonly PendingTransaction[],
    confirm: (
      entity: { readonly collection: string; readonly id: string; readonly parts: readonly CollectionChanges[] },
      base: Row | undefined,
    ) => { row: Row | undefined; stamp?: Timestamp },
  ): Promise<void> {
    if (removed.length === 0) return Promise.resolve();
    const edits: StorageEdit[] = removed.map(({ id }) => ({ key: transactionKey(id), value: undefined }));
    const gone = new Set(removed);
    this.#log = this.#log.filter((transaction) => !gone.has(transaction));
    for (const { id } of removed) this.#settle(id);
    const touched = partsByEntity(removed);
    const remaining = partsByEntity(this.#log, (collection, id) => touched.get(collection)?.has(id) === true);
    const rowChanges: RowChange[] = [];
    for (const [collection, entities] of touched) {
      for (const [id, parts] of entities) {
        const base = this.#base(collection, id);
        const confirmed = confirm({ collection, id, parts }, base?.row ?? undefined);
        if (confirmed.stamp !== undefined) edits.push(this.#store.timestampEdit(collection, id, confirmed.stamp));
        this.#settleEntity(collection, id, confirmed.row, partsOf(remaining, collection, id), rowChanges, edits);
      }
    }
    return this.#write(rowChanges, edits);
  }

  /** Shows confirmed row + pending parts of transactions, and keeps the confirmed row only while there are any. */
  #settleEntity(
    collection: string,
    id: string,
    confirmed: Row | undefined,
    pending: readonly CollectionChanges[],
    rowChanges: RowChange[],
    edits: StorageEdit[],
  ): void {
    edits.push(this.#baseEdit(collection, id, pending.length > 0 ? { row: confirmed ?? null } : undefined));
    const row = applyAll(confirmed, pending, id);
    const shown = this.#store.row(collection, id);
    const next = row === undefined ? undefined : keepIfEqual(shown, row);
    if (next !== shown) rowChanges.push({ collection, id, prev: shown, next });
  }

  #settle(id: string): void {
    this.#settled.add(id);
    if (this.#settled.size > MAX_SETTLED) this.#settled.delete(this.#settled.values().next().value!);
  }

  #base(collection: string, id: string): StoredBase | undefined {
    return this.#store.storage.get(this.#baseKeys.entity(collection, id)) as StoredBase | undefined;
  }

  #baseEdit(collection: string, id: string, base: StoredBase | undefined): StorageEdit {
    return { key: this.#baseKeys.entity(collection, id), value: base };
  }
}

const sequenceOf = (id: string | undefined): number => Number(id?.slice(0, SEQUENCE_WIDTH) ?? 0);
const transactionKey = (id: string): string => outboxPrefix + encodeText(id);

function keepIfEqual(known: Row | undefined, row: Row): Row {
  return known !== undefined && equalValue(known, row) ? known : row;
}

function toStored(changes: DBChanges): StoredTransaction {
  return Object.fromEntries(
    Object.entries(changes).map(([name, { sets, deletes }]) => [name, { sets: [...sets], deletes: [...deletes] }]),
  );
}

function fromStored(stored: StoredTransaction): DBChanges {
  return Object.fromEntries(
    Object.entries(stored).map(([name, { sets, deletes }]) => [
      name,
      { sets: new Map(sets), deletes: new Set(deletes) },
    ]),
  );
}
