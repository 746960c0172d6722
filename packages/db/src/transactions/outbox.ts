/**
 * The outbox of a client database: a durable log of local transactions that the server has not confirmed. Stored rows
 * are the optimistic state, so that queries and indexes need no overlay; for each entity with pending changes the
 * confirmed row is kept beside. The law: stored row = confirmed row with the pending transactions applied in order.
 */
import { platform } from '../base/platform.ts';
import { applyChange, mergeChange } from '../changes/apply-change.ts';
import type { Change, CollectionChanges, DBChanges, Row, RowChange } from '../changes/types.ts';
import { compareTimestamps } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { EntityKeys, basePrefix, encodeText, outboxPrefix, prefixEnd } from '../entities/entity-keys.ts';
import type { EntityStore } from '../entities/entity-store.ts';
import { metadataEdits } from '../entities/private-metadata.ts';
import type { MetadataEntry } from '../entities/private-metadata.ts';
import type { StorageEdit } from '../storage/port.ts';
import { equalValue } from '../values/equal-values.ts';
import { decodeTuple } from '../values/key-encoding.ts';
import type { StagedCommit } from './stage-changes.ts';

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

export class TransactionOutbox implements Outbox {
  readonly #store: EntityStore;
  readonly #write: WriteRows;
  readonly #baseKeys = new EntityKeys(basePrefix);
  #log: PendingTransaction[] = [];
  #nextSequence = 1;
  #runName = '';

  constructor(store: EntityStore, write: WriteRows) {
    this.#store = store;
    this.#write = write;
  }

  /** Reads the log from storage. */
  load(): void {
    this.#log = [];
    this.#nextSequence = 1;
    // Several programs may feed one log, and an emptied log counts from the start again.
    this.#runName = platform.randomUuid().slice(0, RUN_NAME_LENGTH);
    for (const [key, value] of this.#store.storage.range({ gt: outboxPrefix, lt: prefixEnd(outboxPrefix) })) {
      const id = decodeTuple(key)[1] as string;
      this.#log.push({ id, changes: fromStored(value as StoredTransaction) });
      this.#nextSequence = Number(id.slice(0, SEQUENCE_WIDTH)) + 1;
    }
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
    const ids = new Set(transactionIds);
    const confirmed = this.#log.filter((transaction) => ids.has(transaction.id));
    return this.#rebase(confirmed, (collection, id, base) => {
      const known = this.#store.timestamp(collection, id);
      let row = base;
      let stamp: Timestamp | undefined;
      for (const transaction of confirmed) {
        const part = transaction.changes[collection];
        if (part === undefined || !(part.sets.has(id) || part.deletes.has(id))) continue;
        const applied = earlier?.get(transaction.id) ?? timestamp;
        if (known !== undefined && compareTimestamps(applied, known) <= 0) continue;
        row = applyToEntity(row, part, id);
        if (stamp === undefined || compareTimestamps(applied, stamp) > 0) stamp = applied;
      }
      return stamp === undefined ? { row: base } : { row, stamp };
    });
  }

  discard(transactionIds: readonly string[]): Promise<void> {
    return this.#rebase(
      this.#log.filter((transaction) => transactionIds.includes(transaction.id)),
      (_collection, _id, base) => ({ row: base }),
    );
  }

  discardEntity(collection: string, id: string): Promise<void> {
    const edits: StorageEdit[] = [];
    const remaining: PendingTransaction[] = [];
    for (const transaction of this.#log) {
      const part = transaction.changes[collection];
      if (part === undefined || !(part.sets.has(id) || part.deletes.has(id))) {
        remaining.push(transaction);
        continue;
      }
      const changes = withoutEntity(transaction.changes, collection, id);
      if (isWithoutEntries(changes)) {
        edits.push({ key: transactionKey(transaction.id), value: undefined });
      } else {
        remaining.push({ id: transaction.id, changes });
        edits.push({ key: transactionKey(transaction.id), value: toStored(changes) });
      }
    }
    this.#log = remaining;
    const rowChanges: RowChange[] = [];
    const base = this.#base(collection, id);
    if (base !== undefined) this.#settleEntity(collection, id, base.row ?? undefined, rowChanges, edits);
    return this.#write(rowChanges, edits);
  }

  applyRemote(changes: DBChanges, timestamp: Timestamp, metadata: readonly MetadataEntry[] = []): Promise<void> {
    const rowChanges: RowChange[] = [];
    const edits = metadataEdits(metadata);
    for (const [collection, id] of touchedEntities(changes)) {
      const stamp = this.#store.timestamp(collection, id);
      if (stamp !== undefined && compareTimestamps(timestamp, stamp) <= 0) continue;
      edits.push(this.#store.timestampEdit(collection, id, timestamp));
      const part = changes[collection]!;
      const set = part.sets.get(id);
      const base = this.#base(collection, id);
      const known = base === undefined ? this.#store.row(collection, id) : (base.row ?? undefined);
      // The server sends whole entities: what is missing in one is gone. Without an id it is a partial change.
      const confirmed = set?.['id'] ? keepIfEqual(known, set) : applyToEntity(known, part, id);
      if (base === undefined) {
        if (confirmed !== known) rowChanges.push({ collection, id, prev: known, next: confirmed });
        continue;
      }
      this.#settleEntity(collection, id, confirmed, rowChanges, edits);
    }
    return this.#write(rowChanges, edits);
  }

  /** Takes transactions out of the log, moves the confirmed rows of their entities on, and shows the result. */
  #rebase(
    removed: readonly PendingTransaction[],
    confirm: (collection: string, id: string, base: Row | undefined) => { row: Row | undefined; stamp?: Timestamp },
  ): Promise<void> {
    if (removed.length === 0) return Promise.resolve();
    const edits: StorageEdit[] = removed.map(({ id }) => ({ key: transactionKey(id), value: undefined }));
    this.#log = this.#log.filter((transaction) => !removed.includes(transaction));
    const rowChanges: RowChange[] = [];
    const seen = new Set<string>();
    for (const { changes } of removed) {
      for (const [collection, id] of touchedEntities(changes)) {
        const key = this.#baseKeys.entity(collection, id);
        if (seen.has(key)) continue;
        seen.add(key);
        const base = this.#base(collection, id);
        const confirmed = confirm(collection, id, base?.row ?? undefined);
        if (confirmed.stamp !== undefined) edits.push(this.#store.timestampEdit(collection, id, confirmed.stamp));
        this.#settleEntity(collection, id, confirmed.row, rowChanges, edits);
      }
    }
    return this.#write(rowChanges, edits);
  }

  /** Shows confirmed row + pending transactions, and keeps the confirmed row only while something is pending. */
  #settleEntity(
    collection: string,
    id: string,
    confirmed: Row | undefined,
    rowChanges: RowChange[],
    edits: StorageEdit[],
  ): void {
    let row = confirmed;
    let pending = false;
    for (const { changes } of this.#log) {
      const part = changes[collection];
      if (part === undefined || !(part.sets.has(id) || part.deletes.has(id))) continue;
      pending = true;
      row = applyToEntity(row, part, id);
    }
    edits.push(this.#baseEdit(collection, id, pending ? { row: confirmed ?? null } : undefined));
    const shown = this.#store.row(collection, id);
    const next = row === undefined ? undefined : keepIfEqual(shown, row);
    if (next !== shown) rowChanges.push({ collection, id, prev: shown, next });
  }

  #base(collection: string, id: string): StoredBase | undefined {
    return this.#store.storage.get(this.#baseKeys.entity(collection, id)) as StoredBase | undefined;
  }

  #baseEdit(collection: string, id: string, base: StoredBase | undefined): StorageEdit {
    return { key: this.#baseKeys.entity(collection, id), value: base };
  }
}

const transactionKey = (id: string): string => outboxPrefix + encodeText(id);

function keepIfEqual(known: Row | undefined, row: Row): Row {
  return known !== undefined && equalValue(known, row) ? known : row;
}

/** One entity's row after a change set: delete, then set. */
function applyToEntity(row: Row | undefined, part: CollectionChanges | undefined, id: string): Row | undefined {
  if (part === undefined) return row;
  const current = part.deletes.has(id) ? undefined : row;
  const set = part.sets.get(id);
  if (set === undefined) return current;
  return applyChange(current, set).next;
}

function* touchedEntities(changes: DBChanges): Iterable<readonly [collection: string, id: string]> {
  for (const collection of Object.keys(changes)) {
    const { sets, deletes } = changes[collection]!;
    for (const id of sets.keys()) yield [collection, id];
    for (const id of deletes) if (!sets.has(id)) yield [collection, id];
  }
}

function isWithoutEntries(changes: DBChanges): boolean {
  return Object.values(changes).every(({ sets, deletes }) => sets.size === 0 && deletes.size === 0);
}

function withoutEntity(changes: DBChanges, collection: string, id: string): DBChanges {
  const { sets, deletes } = changes[collection]!;
  const part = { sets: new Map(sets), deletes: new Set(deletes) };
  part.sets.delete(id);
  part.deletes.delete(id);
  return { ...changes, [collection]: part };
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
