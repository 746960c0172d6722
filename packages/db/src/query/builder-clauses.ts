/**
 * The forms in which builders accept clauses, turned into the one form that queries have. What exists is never changed;
 * an unusable input throws `QueryClauseFormattingError`.
 */
import type { Filter } from '../ast/query.ts';
import { AfterClauseWithNoOrderError, QueryClauseFormattingError } from '../base/errors.ts';
import { getPath } from '../values/value-pointer.ts';
import { isFilterStatement, isIdFilter, isWhereFilter } from './filter-guards.ts';

type Order = readonly (readonly [string, 'ASC' | 'DESC'])[];

export function appendWhere(existing: readonly Filter[] | undefined, input: readonly unknown[]): readonly Filter[] {
  const where = existing ?? [];
  if (input[0] === undefined) return where;
  const added = filtersOf(input);
  if (added === undefined || !added.every(isWhereFilter)) throw new QueryClauseFormattingError('where', input);
  return [...where, ...(added as Filter[])];
}

/** `('a', '=', 1)`, `(['a', '=', 1], …)` or `([['a', '=', 1], …])`. */
function filtersOf(input: readonly unknown[]): readonly unknown[] | undefined {
  if (typeof input[0] === 'string') return isFilterStatement(input) ? [input] : undefined;
  if (input.length === 1 && Array.isArray(input[0]) && !isFilterStatement(input[0])) return input[0];
  return input;
}

export function appendOrder(existing: Order | undefined, input: readonly unknown[]): Order {
  const order = existing ?? [];
  if (input[0] === undefined) return order;
  const added = orderClausesOf(input);
  if (!added.every(isOrderClause)) throw new QueryClauseFormattingError('order', input);
  return [...order, ...(added as Order)];
}

function orderClausesOf(input: readonly unknown[]): readonly unknown[] {
  if (typeof input[0] === 'string') return [input];
  if (input.length === 1 && Array.isArray(input[0]) && !isOrderClause(input[0])) return input[0];
  return input;
}

/** Whether the direction exists is judged when the query is prepared. */
function isOrderClause(clause: unknown): boolean {
  return Array.isArray(clause) && clause.length === 2 && clause.every((part) => typeof part === 'string');
}

/** The filters without those on the id, and one that asks for this id. */
export function replaceId(existing: readonly Filter[] | undefined, id: string): readonly Filter[] {
  return [...(existing ?? []).filter((filter) => !isIdFilter(filter)), ['id', '=', id]];
}

/** A cursor is one value per order clause, or an entity that has them; what an entity lacks counts as null. */
export function cursorOf(cursor: unknown, { order, select }: CursorContext): readonly unknown[] | undefined {
  if (!cursor) return undefined;
  if (order === undefined || order.length === 0) throw new AfterClauseWithNoOrderError();
  if (Array.isArray(cursor)) return cursor;
  if (!isEntity(cursor)) throw new QueryClauseFormattingError('after', cursor);
  return order.map(([path]) => getPath(cursor, path) ?? (isSelected(path, select) ? null : undefined));
}

function isEntity(cursor: unknown): cursor is object {
  return typeof cursor === 'object' && !(cursor instanceof Date || cursor instanceof Set || cursor instanceof Map);
}

interface CursorContext {
  readonly order: Order | undefined;
  readonly select: readonly string[] | undefined;
}

/** What was not selected is unknown rather than null: preparing such a cursor fails. */
function isSelected(path: string, select: readonly string[] | undefined): boolean {
  return select === undefined || select.some((selected) => path === selected || path.startsWith(`${selected}.`));
}

/** The inclusions with one more; an alias that exists is overwritten. */
export function addInclusion<I>(
  existing: Readonly<Record<string, I>> | undefined,
  alias: string,
  inclusion: I,
): Readonly<Record<string, I>> {
  return { ...existing, [alias]: inclusion };
}
