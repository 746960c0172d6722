/**
 * What one `CHANGES` carries. Servers of version 1 take or refuse a batch as a whole, so its transactions are merged; with
 * the feature `transactions` each of its parts is taken or refused for itself, and never applied twice.
 */
import { areChangesEmpty, mergeDBChanges } from '@triplit/db';
import type { DBChanges, PendingTransaction } from '@triplit/db';
import { encodeChanges } from '@triplit/db/sync';
import type { ChangesMessage, SentTransaction } from '@triplit/db/sync';
import { mergeTransactions } from './merge-transactions.ts';
import type { MergeFacts } from './merge-transactions.ts';
import { connectedUnits } from './transaction-units.ts';
import type { TransactionUnit } from './transaction-units.ts';

/** What the server accepts or refuses as one. */
export interface BatchPart {
  readonly transactions: TransactionUnit;
  /** Of all its transactions together. */
  readonly changes: DBChanges;
}

export interface Batch {
  /** The number of units in it. */
  readonly size: number;
  readonly parts: readonly BatchPart[];
  /** Undefined when there is nothing to tell. */
  readonly message: ChangesMessage | undefined;
}

/** Above this a message is long enough that another one costs nothing. One transaction may be longer. */
const MAX_BATCH_CHARACTERS = 1024 * 1024;

export function mergedBatch(units: readonly TransactionUnit[], facts: MergeFacts): Batch {
  const transactions = units.flat().toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const changes = mergeTransactions(transactions, facts);
  const message: ChangesMessage = { type: 'CHANGES', payload: { changes: encodeChanges(changes) } };
  return {
    size: units.length,
    parts: [{ transactions, changes }],
    message: areChangesEmpty(changes) ? undefined : message,
  };
}

/** Takes as many units as one message may hold. `settled`: what will not be sent again. */
export function transactionBatch(units: readonly TransactionUnit[], settled: readonly string[]): Batch {
  const transactions: SentTransaction[] = [];
  let characters = 0;
  for (const unit of units) {
    const transaction = sentTransaction(unit);
    characters += JSON.stringify(transaction).length;
    if (transactions.length > 0 && characters > MAX_BATCH_CHARACTERS) break;
    transactions.push(transaction);
  }
  const payload = settled.length > 0 ? { transactions, settled } : { transactions };
  const parts = units.slice(0, transactions.length).map(partOf);
  return { size: parts.length, parts, message: { type: 'CHANGES', payload } };
}

/** The transactions that only insert what they delete again, as long as the server cannot have heard of it. */
export function withoutTrace(
  transactions: readonly PendingTransaction[],
  facts: MergeFacts,
): readonly PendingTransaction[] {
  if (!transactions.some(hasDelete)) return [];
  return connectedUnits(transactions)
    .filter((unit) => areChangesEmpty(mergeTransactions(unit, facts)))
    .flat();
}

export function partOf(transactions: TransactionUnit): BatchPart {
  return { transactions, changes: mergeDBChanges({}, ...transactions.map(({ changes }) => changes)) };
}

function sentTransaction(unit: TransactionUnit): SentTransaction {
  const steps = unit.map(({ id, changes }) => ({ id, changes: encodeChanges(changes) }));
  const joined = steps.slice(0, -1);
  return joined.length > 0 ? { ...steps.at(-1)!, joined } : steps.at(-1)!;
}

function hasDelete({ changes }: PendingTransaction): boolean {
  return Object.values(changes).some(({ deletes }) => deletes.size > 0);
}
