/**
 * Sends the outbox. Invariants: at most one CHANGES is unanswered; a transaction is never split; transactions leave in
 * order. A rejected batch is halved until it is known which of its parts the server refuses, so that one bad write does
 * not take good ones with it and is reported exactly once.
 */
import { areChangesEmpty, platform, TriplitError } from '@triplit/db';
import type { DBChanges, PendingTransaction, Timestamp } from '@triplit/db';
import { encodeChanges } from '@triplit/db/sync';
import type { ClientSyncMessage, ErrorMessage } from '@triplit/db/sync';
import { mergeTransactions } from './merge-transactions.ts';
import { retryDelayMs } from './retry-delay.ts';
import { connectedUnits, singleUnits } from './transaction-units.ts';
import type { TransactionUnit } from './transaction-units.ts';

/** `rollback`: a rejected write is taken back in view. `keep`: it stays, for the application to change or to clear. */
export type RejectedWritesPolicy = 'rollback' | 'keep';

export interface SyncWritesResult {
  /** Whether an attempt was made. */
  readonly didSync: boolean;
  readonly syncFailureReason?: string;
}

/** The sender's view of the replica. */
export interface SendableWrites {
  readonly isOpen: boolean;
  sendableTransactions(): readonly PendingTransaction[];
  isConfirmed(collection: string, id: string): boolean;
  /** Whether the transaction was already there when the database was opened. */
  isFromEarlierRun(transactionId: string): boolean;
  confirm(transactionIds: readonly string[], timestamp: Timestamp): void;
  discard(transactionIds: readonly string[]): void;
}

export interface SenderHost {
  /** Why nothing can be sent now; undefined when it can. */
  whyNotNow(): string | undefined;
  send(message: ClientSyncMessage): boolean;
  onAccepted(changes: DBChanges): void;
  /** Called once for each rejected transaction, after a rollback. */
  onRejected(error: TriplitError, changes: DBChanges): void;
}

/** Bounds the size of one CHANGES. */
const MAX_TRANSACTIONS_PER_BATCH = 5_000;
/** A write that the server failed to process, through no fault of the write, is tried again this often. */
const SERVER_FAULT_RETRIES = 2;

interface Batch {
  readonly units: readonly TransactionUnit[];
  readonly ids: readonly string[];
  readonly changes: DBChanges;
}

const FORGOTTEN: Batch = { units: [], ids: [], changes: {} };

export class Sender {
  readonly #writes: SendableWrites;
  readonly #host: SenderHost;
  readonly #policy: RejectedWritesPolicy;
  #inFlight: Batch | undefined;
  /** Units per batch; small while a refused write is being searched for. */
  #limit = MAX_TRANSACTIONS_PER_BATCH;
  readonly #sent = new Set<string>();
  /** Rejected and kept. They wait until something that they touch is written again. */
  readonly #rejected = new Set<string>();
  #faults = 0;
  #cancelRetry: (() => void) | undefined;
  #whenIdle: (() => void)[] = [];
  #isScheduled = false;
  /** Holds everything back. */
  isHeld = false;

  constructor(writes: SendableWrites, host: SenderHost, policy: RejectedWritesPolicy) {
    this.#writes = writes;
    this.#host = host;
    this.#policy = policy;
  }

  get isSending(): boolean {
    return this.#inFlight !== undefined;
  }

  get idsInFlight(): readonly string[] {
    return this.#inFlight?.ids ?? [];
  }

  /** Sends soon, together with everything else that is written in this synchronous stretch. */
  request(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.send();
    });
  }

  /** Sends what is pending, if nothing is under way. `retryRejected`: also what the server refused before. */
  send({ retryRejected = false }: { readonly retryRejected?: boolean } = {}): SyncWritesResult {
    if (retryRejected) this.#rejected.clear();
    const reason = this.#whyNotNow();
    if (reason !== undefined) return { didSync: false, syncFailureReason: reason };
    for (let batch = this.#nextBatch(); batch !== undefined; batch = this.#nextBatch()) {
      if (!areChangesEmpty(batch.changes)) {
        this.#dispatch(batch);
        break;
      }
      // What was inserted and deleted again means nothing to the server.
      this.#writes.discard(batch.ids);
    }
    return { didSync: true };
  }

  /** The connection is gone: what was in flight may or may not have arrived, and is sent again on the next one. */
  connectionLost(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#faults = 0;
    this.#limit = MAX_TRANSACTIONS_PER_BATCH;
    this.#settle();
  }

  /** The outbox was emptied. The answer to what is in flight then means nothing, but is awaited nevertheless. */
  forget(): void {
    if (this.#inFlight !== undefined) this.#inFlight = FORGOTTEN;
    this.#sent.clear();
    this.#rejected.clear();
  }

  acknowledged(timestamp: Timestamp): void {
    const batch = this.#settle();
    if (batch === undefined) return;
    this.#faults = 0;
    this.#limit = Math.min(MAX_TRANSACTIONS_PER_BATCH, this.#limit * 2);
    for (const id of batch.ids) this.#sent.delete(id);
    this.#writes.confirm(batch.ids, timestamp);
    this.#host.onAccepted(batch.changes);
    this.send();
  }

  refused({ payload: { error, metadata } }: ErrorMessage): void {
    const batch = this.#settle();
    if (batch === undefined) return;
    if (batch.units.length !== 1) {
      this.#limit = Math.max(1, Math.floor(batch.units.length / 2));
      this.send();
      return;
    }
    const reason = TriplitError.fromJson(metadata?.failures?.[0]?.error ?? error);
    if (reason.status >= 500 && this.#faults < SERVER_FAULT_RETRIES) return this.#retryLater();
    this.#faults = 0;
    for (const id of batch.ids) this.#sent.delete(id);
    if (this.#policy === 'rollback') this.#writes.discard(batch.ids);
    else for (const id of batch.ids) this.#rejected.add(id);
    this.#host.onRejected(reason, batch.changes);
    this.send();
  }

  /** Settles when no unanswered batch contains the entity. */
  async whenNotInFlight(collection: string, id: string): Promise<void> {
    while (this.#inFlight !== undefined && touches(this.#inFlight.changes, collection, id)) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
  }

  #whyNotNow(): string | undefined {
    if (this.#inFlight !== undefined || this.isHeld || this.#cancelRetry !== undefined) return 'Sync in progress';
    if (!this.#writes.isOpen) return 'Server not ready';
    return this.#host.whyNotNow();
  }

  #nextBatch(): Batch | undefined {
    const transactions = this.#writes.sendableTransactions();
    if (transactions.length === 0) return undefined;
    const units = this.#unitsOf(transactions).slice(0, this.#limit);
    if (units.length === 0) return undefined;
    const batch = units.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const changes = mergeTransactions(batch, {
      isConfirmed: (collection, id) => this.#writes.isConfirmed(collection, id),
      maybeSent: (id) => this.#sent.has(id) || this.#writes.isFromEarlierRun(id),
    });
    return { units, ids: batch.map(({ id }) => id), changes };
  }

  /** A kept write depends on what fixes it, so with that policy writes of the same entities stay together. */
  #unitsOf(transactions: readonly PendingTransaction[]): TransactionUnit[] {
    if (this.#policy === 'rollback') return singleUnits(transactions);
    return connectedUnits(transactions).filter((unit) => unit.some(({ id }) => !this.#rejected.has(id)));
  }

  #dispatch(batch: Batch): void {
    for (const id of batch.ids) this.#sent.add(id);
    this.#inFlight = batch;
    const message: ClientSyncMessage = { type: 'CHANGES', payload: { changes: encodeChanges(batch.changes) } };
    if (!this.#host.send(message)) this.#settle();
  }

  #settle(): Batch | undefined {
    const batch = this.#inFlight;
    this.#inFlight = undefined;
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
    return batch;
  }

  #retryLater(): void {
    this.#cancelRetry = platform.schedule(
      () => {
        this.#cancelRetry = undefined;
        this.send();
      },
      retryDelayMs(this.#faults++, 0),
    );
  }
}

function touches(changes: DBChanges, collection: string, id: string): boolean {
  const part = changes[collection];
  return part !== undefined && (part.sets.has(id) || part.deletes.has(id));
}
