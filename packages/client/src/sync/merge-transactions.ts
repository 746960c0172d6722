/** Joins pending transactions into one change set to send: order kept, the last value of each attribute wins. */
import { mergeDBChanges } from '@triplit/db';
import type { DBChanges, PendingTransaction } from '@triplit/db';

export interface MergeFacts {
  /** Whether the server is known to have the entity. */
  isConfirmed(collection: string, id: string): boolean;
  /** Whether the server may have received the transaction already. */
  maybeSent(transactionId: string): boolean;
}

/**
 * An entity that is inserted and deleted again before the server can have heard of it is left out. Empty collections are
 * left out as well, so the result may be empty.
 */
export function mergeTransactions(transactions: readonly PendingTransaction[], facts: MergeFacts): DBChanges {
  const merged: DBChanges = {};
  const unheardOf = new Map<string, Set<string>>();
  for (const transaction of transactions) {
    const { changes } = transaction;
    mergeDBChanges(merged, changes);
    for (const [collection, { sets, deletes }] of Object.entries(changes)) {
      const inserted = unheardOf.get(collection) ?? new Set();
      unheardOf.set(collection, inserted);
      for (const id of deletes) if (inserted.delete(id)) merged[collection]!.deletes.delete(id);
      for (const [id, change] of sets) {
        if (change['id'] && !merged[collection]!.deletes.has(id) && isUnheardOf(transaction, collection, id)) {
          inserted.add(id);
        }
      }
    }
  }
  for (const [collection, { sets, deletes }] of Object.entries(merged)) {
    if (sets.size === 0 && deletes.size === 0) delete merged[collection];
  }
  return merged;

  function isUnheardOf({ id: transactionId }: PendingTransaction, collection: string, id: string): boolean {
    return !facts.maybeSent(transactionId) && !facts.isConfirmed(collection, id);
  }
}
