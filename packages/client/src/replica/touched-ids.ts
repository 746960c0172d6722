import type { PendingTransaction } from '@triplit/db';

/** Entities of a collection that any of these transactions touches. */
export function touchedIds(transactions: readonly PendingTransaction[], collection: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { changes } of transactions) {
    const part = changes[collection];
    if (part === undefined) continue;
    for (const id of part.sets.keys()) ids.add(id);
    for (const id of part.deletes) ids.add(id);
  }
  return ids;
}
