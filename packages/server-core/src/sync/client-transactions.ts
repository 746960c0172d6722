/**
 * A list of transactions from a client: each is applied in a step of its own, in order, and once, however often it
 * arrives. One that is refused does not concern the others.
 */
import { areChangesEmpty, compareTimestamps, InvalidOperationError, mergeDBChanges } from '@triplit/db';
import type { DBChanges, Timestamp, TriplitError } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import type { RejectedTransaction, RepeatedTransaction, SentTransaction, TransactionList } from '@triplit/db/sync';
import { AppliedTransactions, sweepApplied } from './applied-transactions.ts';
import { commitClientChanges } from './client-changes.ts';
import type { ChangesAnswer, Writer } from './client-changes.ts';

const FIRST_SERVER_FAULT = 500;

/** Throws when the connection has not asked for it. */
export function receiveTransactions({ transactions, settled }: TransactionList, writer: Writer): ChangesAnswer {
  if (!writer.features?.has('transactions'))
    throw new InvalidOperationError("This connection has not asked for the feature 'transactions'.");
  const { db } = writer;
  const list = new ReceivedList(writer);
  for (const transaction of transactions) list.apply(transaction);
  const writes = list.writes;
  if (settled && settled.length > 0) writes.add(list.applied.settle(settled));
  if (transactions.length > 0) writes.add(sweepApplied(db, transactions.length));
  // What was applied before may not be durable yet, either.
  const durable = Promise.all([...writes, db.whenDurable()]);
  // Nobody waits for it when the connection has ended meanwhile.
  durable.catch(() => undefined);
  return {
    answer: { type: 'CHANGES_ACK', payload: list.outcome() },
    durable,
    refusal: (caught) => {
      const error = writer.known(caught).toJSON();
      const metadata = { failures: [{ txId: '', collection: '', error }] };
      return { type: 'ERROR', payload: { messageType: 'CHANGES', error, metadata } };
    },
  };
}

class ReceivedList {
  readonly applied: AppliedTransactions;
  readonly writes = new Set<Promise<unknown>>();
  readonly #writer: Writer;
  readonly #rejected: RejectedTransaction[] = [];
  readonly #repeated: RepeatedTransaction[] = [];
  #latest: Timestamp | undefined;
  /** A fault of the server. What comes later may depend on what it has hit, so all that waits for another attempt. */
  #fault: TriplitError | undefined;

  constructor(writer: Writer) {
    this.#writer = writer;
    this.applied = new AppliedTransactions(writer.db, writer.facts);
  }

  apply(transaction: SentTransaction): void {
    const fresh = [...(transaction.joined ?? []), transaction].filter(({ id }) => !this.#isRepeated(id));
    if (fresh.length === 0) return;
    try {
      if (this.#fault) throw this.#fault;
      const changes = decoded(fresh);
      if (areChangesEmpty(changes)) return;
      this.#commit(
        changes,
        fresh.map(({ id }) => id),
      );
    } catch (caught) {
      this.#rejected.push({ id: transaction.id, error: this.#writer.known(caught).toJSON() });
    }
  }

  outcome() {
    const [rejected, repeated] = [this.#rejected, this.#repeated];
    return {
      timestamp: this.#latest ?? this.#writer.db.clock.next(),
      ...(rejected.length > 0 && { rejected }),
      ...(repeated.length > 0 && { repeated }),
    };
  }

  #isRepeated(id: string): boolean {
    const timestamp = this.applied.timestampOf(id);
    if (timestamp === undefined) return false;
    this.#repeated.push({ id, timestamp });
    this.#follow(timestamp);
    return true;
  }

  #commit(changes: DBChanges, ids: readonly string[]): void {
    try {
      const metadata = (timestamp: Timestamp) => this.applied.entriesOf(ids, timestamp);
      const { timestamp, durable } = commitClientChanges(this.#writer, changes, { metadata });
      this.writes.add(durable);
      this.#follow(timestamp);
    } catch (caught) {
      const error = this.#writer.known(caught);
      if (error.status >= FIRST_SERVER_FAULT) this.#fault = error;
      throw error;
    }
  }

  #follow(timestamp: Timestamp): void {
    if (this.#latest === undefined || compareTimestamps(timestamp, this.#latest) > 0) this.#latest = timestamp;
  }
}

function decoded(steps: readonly { readonly changes: unknown }[]): DBChanges {
  const [first, ...rest] = steps.map(({ changes }) => decodeChanges(changes));
  return rest.length === 0 ? first! : mergeDBChanges({}, first!, ...rest);
}
