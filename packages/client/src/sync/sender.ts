/**
 * Sends the outbox. Invariants: at most one CHANGES is unanswered; a transaction is never split; transactions leave in
 * order; a bad write does not take good ones with it and is reported exactly once. Where the server does not say which
 * part of a batch it refuses, the batch is halved until that is known.
 */
import { mergeDBChanges, platform, TriplitError } from '@triplit/db';
import type { DBChanges, PendingTransaction, Timestamp } from '@triplit/db';
import { MAX_TRANSACTIONS } from '@triplit/db/sync';
import type { ChangesAckMessage, ClientSyncMessage, ErrorMessage } from '@triplit/db/sync';
import { mergedBatch, partOf, transactionBatch, withoutTrace } from './batch.ts';
import type { Batch, BatchPart } from './batch.ts';
import type { MergeFacts } from './merge-transactions.ts';
import { retryDelayMs } from './retry-delay.ts';
import { connectedUnits, singleUnits } from './transaction-units.ts';
import type { TransactionUnit } from './transaction-units.ts';
import { entitiesOf } from './write-reports.ts';

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
  /** `earlier`: of those that were applied before. Settles when they are durably gone from the outbox. */
  confirm(
    transactionIds: readonly string[],
    timestamp: Timestamp,
    earlier?: ReadonlyMap<string, Timestamp>,
  ): Promise<void>;
  discard(transactionIds: readonly string[]): void;
}

export interface SenderHost {
  /** Why nothing can be sent now; undefined when it can. */
  whyNotNow(): string | undefined;
  /** Whether the server takes transactions one by one, and each only once. */
  sendsTransactions(): boolean;
  send(message: ClientSyncMessage): boolean;
  onAccepted(changes: DBChanges): void;
  /** Some of what was accepted had been applied before, so that others may have changed or deleted it since. */
  onRepeated(): void;
  /** Called once for each rejected transaction, after a rollback. */
  onRejected(error: TriplitError, changes: DBChanges): void;
}

/** A write that the server failed to process, through no fault of the write, is tried again this often. */
const SERVER_FAULT_RETRIES = 2;
const FIRST_SERVER_FAULT = 500;

const FORGOTTEN: Batch = { size: 0, parts: [], message: undefined };

interface Refusal {
  readonly part: BatchPart;
  readonly error: TriplitError;
}

export class Sender {
  readonly #writes: SendableWrites;
  readonly #host: SenderHost;
  readonly #policy: RejectedWritesPolicy;
  #inFlight: Batch | undefined;
  /** Units per batch; small while a refused write is being searched for. */
  #limit = MAX_TRANSACTIONS;
  readonly #sent = new Set<string>();
  /** Rejected and kept. They wait until something that they touch is written again. */
  readonly #rejected = new Set<string>();
  /** Durably gone from the outbox, which the server is to know, so that it need not remember them. */
  readonly #settled = new Set<string>();
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
    return this.#inFlight === undefined ? [] : idsOf(this.#inFlight.parts);
  }

  get entitiesInFlight(): readonly (readonly [collection: string, id: string])[] {
    return (this.#inFlight?.parts ?? []).flatMap(({ changes }) => entitiesOf(changes));
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
      if (batch.message !== undefined) {
        this.#dispatch(batch, batch.message);
        break;
      }
      // What was inserted and deleted again means nothing to the server.
      this.#writes.discard(idsOf(batch.parts));
    }
    return { didSync: true };
  }

  /** The connection is gone: what was in flight may or may not have arrived, and is sent again on the next one. */
  connectionLost(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#faults = 0;
    this.#limit = MAX_TRANSACTIONS;
    this.#settle();
  }

  /** The outbox was emptied. The answer to what is in flight then means nothing, but is awaited nevertheless. */
  forget(): void {
    if (this.#inFlight !== undefined) this.#inFlight = FORGOTTEN;
    this.#sent.clear();
    this.#rejected.clear();
  }

  acknowledged({ timestamp, rejected = [], repeated = [] }: ChangesAckMessage['payload']): void {
    const batch = this.#settle();
    if (batch === undefined) return;
    this.#limit = Math.min(MAX_TRANSACTIONS, this.#limit * 2);
    const errors = new Map(rejected.map(({ id, error }) => [id, error]));
    const earlier = new Map(repeated.map((each) => [each.id, each.timestamp]));
    const accepted: BatchPart[] = [];
    const refusals: Refusal[] = [];
    for (const id of batch.message?.payload.settled ?? []) this.#settled.delete(id);
    for (const part of batch.parts) {
      const error = errors.get(part.transactions.at(-1)!.id);
      if (error === undefined) {
        accepted.push(part);
        continue;
      }
      const known = part.transactions.filter(({ id }) => earlier.has(id));
      if (known.length > 0) accepted.push(partOf(known));
      const others = known.length > 0 ? partOf(part.transactions.filter(({ id }) => !earlier.has(id))) : part;
      refusals.push({ part: others, error: TriplitError.fromJson(error) });
    }
    if (accepted.length > 0) this.#accept(accepted, timestamp, earlier);
    this.#reject(refusals);
    this.send();
  }

  /** The whole batch was refused. */
  refused({ payload: { error, metadata } }: ErrorMessage): void {
    const batch = this.#settle();
    if (batch === undefined) return;
    if (batch.size === 1) {
      const reason = TriplitError.fromJson(metadata?.failures?.[0]?.error ?? error);
      this.#reject(batch.parts.map((part) => ({ part, error: reason })));
    } else this.#limit = Math.max(1, Math.floor(batch.size / 2));
    this.send();
  }

  /** Settles when no unanswered batch contains the entity. */
  async whenNotInFlight(collection: string, id: string): Promise<void> {
    while (this.#inFlight?.parts.some(({ changes }) => touches(changes, collection, id))) {
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
    const facts: MergeFacts = {
      isConfirmed: (collection, id) => this.#writes.isConfirmed(collection, id),
      maybeSent: (id) => this.#sent.has(id) || this.#writes.isFromEarlierRun(id),
    };
    const oneByOne = this.#host.sendsTransactions();
    if (oneByOne) {
      const traceless = withoutTrace(transactions, facts);
      if (traceless.length > 0) return { size: 1, parts: [partOf(traceless)], message: undefined };
    }
    const units = this.#unitsOf(transactions).slice(0, this.#limit);
    if (units.length === 0) return undefined;
    if (!oneByOne) return mergedBatch(units, facts);
    return transactionBatch(units, [...this.#settled].slice(0, MAX_TRANSACTIONS));
  }

  /** A kept write depends on what fixes it, so with that policy writes of the same entities stay together. */
  #unitsOf(transactions: readonly PendingTransaction[]): TransactionUnit[] {
    if (this.#policy === 'rollback') return singleUnits(transactions);
    return connectedUnits(transactions).filter((unit) => unit.some(({ id }) => !this.#rejected.has(id)));
  }

  #dispatch(batch: Batch, message: ClientSyncMessage): void {
    for (const id of idsOf(batch.parts)) this.#sent.add(id);
    this.#inFlight = batch;
    if (!this.#host.send(message)) this.#settle();
  }

  #accept(parts: readonly BatchPart[], timestamp: Timestamp, earlier: ReadonlyMap<string, Timestamp>): void {
    const ids = idsOf(parts);
    const oneByOne = this.#host.sendsTransactions();
    for (const id of ids) {
      this.#sent.delete(id);
      this.#rejected.delete(id);
    }
    this.#writes.confirm(ids, timestamp, earlier).then(
      () => {
        if (oneByOne) for (const id of ids) this.#settled.add(id);
      },
      // The next run finds them in the outbox, so the server has to go on knowing them.
      () => undefined,
    );
    if (earlier.size > 0) this.#host.onRepeated();
    this.#host.onAccepted(mergeDBChanges({}, ...parts.map(({ changes }) => changes)));
  }

  /** Whatever comes after a fault of the server waits with it, since it may depend on it. */
  #reject(refusals: readonly Refusal[]): void {
    const [fault] = refusals.filter(isFault);
    const isTriedAgain = fault !== undefined && this.#faults < SERVER_FAULT_RETRIES;
    const rejected = refusals.filter((refusal) => !isFault(refusal) || (refusal === fault && !isTriedAgain));
    const ids = idsOf(rejected.map(({ part }) => part));
    for (const id of ids) this.#sent.delete(id);
    if (this.#policy === 'keep') for (const id of ids) this.#rejected.add(id);
    else if (ids.length > 0) this.#writes.discard(ids);
    if (isTriedAgain) this.#retryLater();
    else this.#faults = 0;
    for (const { part, error } of rejected) this.#host.onRejected(error, part.changes);
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

const isFault = ({ error }: Refusal): boolean => error.status >= FIRST_SERVER_FAULT;

function idsOf(parts: readonly BatchPart[]): string[] {
  return parts.flatMap(({ transactions }) => transactions.map(({ id }) => id));
}

function touches(changes: DBChanges, collection: string, id: string): boolean {
  const part = changes[collection];
  return part !== undefined && (part.sets.has(id) || part.deletes.has(id));
}
