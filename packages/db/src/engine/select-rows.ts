/**
 * Answers a closed query now: the matching rows in the plan's order, cut to what is needed.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { chooseAccessPath } from './access-path.ts';
import type { AccessPath } from './access-options.ts';
import { candidates, provesExists, satisfies, satisfiesAll } from './evaluate-conditions.ts';
import type { Parameters } from './parameters.ts';
import type { Plan } from './plan.ts';
import { NO_CHILDREN } from './result-node.ts';
import type { ResultList } from './result-node.ts';
import { NO_SORT_VALUES, comparatorOf, isAfterCursor } from './row-order.ts';
import type { RowComparator, Sortable } from './row-order.ts';

/** A row of the result, ready to be a node of it: its children are attached by who asked for it. */
export interface SelectedRow extends Sortable {
  children: readonly ResultList[];
}

export interface SelectedRows<Selected> {
  readonly rows: Selected[];
  /** Whether matching rows may exist beyond the last one. */
  readonly truncated: boolean;
  readonly compare: RowComparator;
}

/** Reads the sort values of a row; relational terms follow the relation. */
export type SortValueReader = (row: Row) => readonly unknown[];

/** Makes what stands for a row in the result. */
export type RowSelection<Selected> = (id: string, row: Row, sortValues: readonly unknown[]) => Selected;

export const selectedRow: RowSelection<SelectedRow> = (id, row, sortValues) => ({
  id,
  row,
  sortValues,
  children: NO_CHILDREN,
});

/** `needed`: how many rows are wanted at most; undefined for all. */
export function selectRows<Selected extends Sortable>(
  plan: Plan,
  parameters: Parameters,
  source: EntitySource,
  readSortValues: SortValueReader,
  needed: number | undefined,
  select: RowSelection<Selected>,
): SelectedRows<Selected> {
  let path = needed === 0 ? ({ kind: 'none' } as const) : chooseAccessPath(plan, parameters, source);
  const compare = comparatorOf(plan, path.kind === 'ids' && path.listed ? path.ids : undefined);
  const rows: Selected[] = [];
  if (path.kind === 'order') {
    const selected = selectInOrder(path, plan, parameters, source, readSortValues, needed, select, compare);
    if (selected !== undefined) return selected;
    path = path.fallback!.path;
  }
  const unsorted = plan.order.length === 0;
  const sorted = unsorted && yieldsInDefaultOrder(path);
  const proven = path.kind === 'related' && provesExists(path) ? path.exists : undefined;
  const conditions = proven === undefined ? plan.conditions : plan.conditions.filter((each) => each !== proven);
  for (const row of candidates(path, plan, parameters, source)) {
    if (conditions.length > 0 && !satisfiesAll(conditions, row, parameters, source)) continue;
    const sortValues = unsorted ? NO_SORT_VALUES : readSortValues(row);
    if (plan.after !== undefined && !isAfterCursor(plan, sortValues)) continue;
    if (sorted && needed !== undefined && rows.length === needed) return { rows, truncated: true, compare };
    rows.push(select(row['id'] as string, row, sortValues));
  }
  if (!sorted) rows.sort(compare);
  const truncated = needed !== undefined && rows.length > needed;
  if (truncated) rows.length = needed;
  return { rows, truncated, compare };
}

/**
 * Rows come by the first order clause, then id: with further clauses each run of equal first values is sorted.
 * Undefined when the wanted rows lie so far apart that the path's fallback is better.
 */
function selectInOrder<Selected extends Sortable>(
  path: AccessPath & { kind: 'order' },
  plan: Plan,
  parameters: Parameters,
  source: EntitySource,
  readSortValues: SortValueReader,
  needed: number | undefined,
  select: RowSelection<Selected>,
  compare: RowComparator,
): SelectedRows<Selected> | undefined {
  const rows: Selected[] = [];
  const single = plan.order.length === 1;
  let runStart = 0;
  let examined = 0;
  const patience = path.fallback?.afterRows ?? Infinity;
  for (const row of candidates(path, plan, parameters, source)) {
    if (++examined > patience) return undefined;
    if (!satisfies(plan, row, parameters, source)) continue;
    const sortable = select(row['id'] as string, row, readSortValues(row));
    if (!isAfterCursor(plan, sortable.sortValues)) continue;
    if (single) {
      if (rows.length === needed) return { rows, truncated: true, compare };
    } else if (rows.length > runStart && !sameFirstValue(rows[runStart]!, sortable)) {
      sortTail(rows, runStart, compare);
      if (needed !== undefined && rows.length >= needed) {
        rows.length = needed;
        return { rows, truncated: true, compare };
      }
      runStart = rows.length;
    }
    rows.push(sortable);
  }
  if (!single) sortTail(rows, runStart, compare);
  const truncated = needed !== undefined && rows.length > needed;
  if (truncated) rows.length = needed;
  return { rows, truncated, compare };
}

function sameFirstValue(a: Sortable, b: Sortable): boolean {
  const left = a.sortValues[0] ?? null;
  const right = b.sortValues[0] ?? null;
  // Objects and arrays are compared as wholes by the comparator; here a run may only be too long, never too short.
  if (Object.is(left, right)) return true;
  return left === right || (typeof left === 'object' && typeof right === 'object' && left !== null && right !== null);
}

function sortTail(rows: Sortable[], from: number, compare: RowComparator): void {
  if (rows.length - from < 2) return;
  const tail = rows.splice(from).sort(compare);
  for (const row of tail) rows.push(row);
}

/** Whether rows found this way come by ascending id, or as the query lists them. */
export function yieldsInDefaultOrder(path: AccessPath): boolean {
  if (path.kind === 'none' || path.kind === 'scan') return true;
  if (path.kind === 'ids') return path.listed;
  if (path.kind !== 'index' || path.scans.length !== 1) return false;
  const { bounds, kind } = path.scans[0]!;
  return kind === 'member' || ('gte' in bounds && 'lte' in bounds && bounds.gte === bounds.lte);
}
