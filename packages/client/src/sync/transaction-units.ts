/** What is sent together or not at all: single transactions, or all that touch the same entities. */
import type { PendingTransaction } from '@triplit/db';

/** Oldest first. */
export type TransactionUnit = readonly PendingTransaction[];

export function singleUnits(transactions: readonly PendingTransaction[]): TransactionUnit[] {
  return transactions.map((transaction) => [transaction]);
}

/** Transactions that have an entity in common, directly or through others, form one unit. Begun earlier, listed earlier. */
export function connectedUnits(transactions: readonly PendingTransaction[]): TransactionUnit[] {
  const units = new Set<Unit>();
  const unitOf = new Map<string, Unit>();
  for (const transaction of transactions) {
    const unit: Unit = { transactions: [transaction], entities: entitiesOf(transaction) };
    for (const related of new Set(unit.entities.map((entity) => unitOf.get(entity)))) {
      if (related === undefined) continue;
      unit.transactions.push(...related.transactions);
      unit.entities.push(...related.entities);
      units.delete(related);
    }
    units.add(unit);
    for (const entity of unit.entities) unitOf.set(entity, unit);
  }
  return Array.from(units, (unit) => unit.transactions.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toSorted(
    ([a], [b]) => (a!.id < b!.id ? -1 : 1),
  );
}

interface Unit {
  readonly transactions: PendingTransaction[];
  readonly entities: string[];
}

function entitiesOf({ changes }: PendingTransaction): string[] {
  const entities = Object.entries(changes).flatMap(([collection, { sets, deletes }]) =>
    [...sets.keys(), ...deletes].map((id) => JSON.stringify([collection, id])),
  );
  return [...new Set(entities)];
}
