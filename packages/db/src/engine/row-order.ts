/**
 * The total order of a plan's rows: the order clauses, then ascending id. Sort values are read once per row version.
 */
import type { Row } from '../changes/types.ts';
import { compareValue } from '../values/compare-values.ts';
import type { Plan } from './plan.ts';

/** A row with its sort values, one per order clause. */
export interface Sortable {
  readonly id: string;
  readonly row: Row;
  readonly sortValues: readonly unknown[];
}
export type RowComparator = (a: Sortable, b: Sortable) => number;

export const NO_SORT_VALUES: readonly unknown[] = [];

export function comparatorOf(plan: Plan, listedIds: readonly string[] | undefined): RowComparator {
  const directions = plan.order.map((term) => (term.descending ? -1 : 1));
  if (directions.length === 0) {
    if (listedIds === undefined || listedIds.length < 2) return compareIds;
    const positions = new Map(listedIds.map((id, position) => [id, position]));
    // Whatever matches has a listed id.
    return (a, b) => positions.get(a.id)! - positions.get(b.id)!;
  }
  if (directions.length === 1) {
    const direction = directions[0]!;
    return (a, b) => compareValue(a.sortValues[0], b.sortValues[0]) * direction || compareIds(a, b);
  }
  return (a, b) => {
    for (let index = 0; index < directions.length; index++) {
      const order = compareValue(a.sortValues[index], b.sortValues[index]);
      if (order !== 0) return order * directions[index]!;
    }
    return compareIds(a, b);
  };
}

/** Whether a row with these sort values comes after the plan's cursor. */
export function isAfterCursor(plan: Plan, sortValues: readonly unknown[]): boolean {
  const { after } = plan;
  if (after === undefined) return true;
  for (let index = 0; index < plan.order.length; index++) {
    const order = compareValue(sortValues[index], after.values[index]);
    if (order !== 0) return plan.order[index]!.descending ? order < 0 : order > 0;
  }
  return after.inclusive;
}

/** Where an entry stands, or belongs, in ordered entries. */
export function positionOf<Entry extends Pick<Sortable, 'id'>>(
  entries: readonly Entry[],
  entry: Entry,
  compare: (a: Entry, b: Entry) => number,
): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(entries[middle]!, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The order of plans that ask for none. */
export function compareIds(a: Pick<Sortable, 'id'>, b: Pick<Sortable, 'id'>): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
