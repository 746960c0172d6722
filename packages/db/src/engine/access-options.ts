/**
 * The ways in which the candidate rows of a closed query can be found, as its conditions offer them; `access-path.ts`
 * prices them and chooses.
 */
import type { IndexScan, ValueBounds } from '../query/entity-source.ts';
import { intersectBounds, pointScans, pointValues, rangeBounds } from './index-scans.ts';
import type { Link } from './links.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, ExistsCondition, GroupCondition, Plan, StatementCondition } from './plan.ts';

export type AccessPath =
  /** Nothing can match. */
  | { readonly kind: 'none' }
  /** `listed`: the query names these ids itself, so without an order clause their order is that of the result. */
  | { readonly kind: 'ids'; readonly ids: readonly string[]; readonly listed: boolean }
  | { readonly kind: 'index'; readonly scans: readonly IndexScan[] }
  | { readonly kind: 'union'; readonly paths: readonly AccessPath[] }
  /** Rows of this collection whose attribute is the value that some row of the subquery has. */
  | { readonly kind: 'related'; readonly exists: ExistsCondition; readonly link: Link; readonly path: AccessPath }
  /**
   * By the first order clause, so that a limit can stop early. Where matches turn out to lie far apart, it is given up
   * for the second best path after that many rows.
   */
  | { readonly kind: 'order'; readonly scan: IndexScan; readonly fallback: OrderFallback | undefined }
  | { readonly kind: 'scan' };

export interface OrderFallback {
  readonly path: AccessPath;
  readonly afterRows: number;
}

/** One way to find candidates, not priced yet. */
export type AccessOption =
  | { readonly kind: 'path'; readonly path: AccessPath; readonly conditions: readonly Condition[] }
  | { readonly kind: 'union'; readonly group: GroupCondition; readonly conditions: readonly Condition[] }
  | { readonly kind: 'related'; readonly exists: ExistsCondition; readonly conditions: readonly Condition[] };

/** The options of a plan, plain conditions first. A cursor bounds the first order attribute like a comparison. */
export function optionsOf(plan: Plan, parameters: Parameters): AccessOption[] {
  const first = plan.order[0];
  const cursor =
    plan.after === undefined || first === undefined || first.relation !== undefined
      ? undefined
      : { path: first.path, bounds: cursorBounds(plan.after.values[0] ?? null, first.descending) };
  return conditionOptions(plan.conditions, plan.collection, parameters, cursor);
}

function cursorBounds(value: unknown, descending: boolean): ValueBounds {
  return descending ? { lte: value } : { gte: value };
}

interface Range {
  bounds: ValueBounds;
  readonly conditions: Condition[];
}

export function conditionOptions(
  conditions: readonly Condition[],
  collection: string,
  parameters: Parameters,
  cursor?: { readonly path: string; readonly bounds: ValueBounds },
): AccessOption[] {
  const plain: AccessOption[] = [];
  const existing: AccessOption[] = [];
  let ranges: Map<string, Range> | undefined;
  const bound = (path: string, bounds: ValueBounds, condition: Condition | undefined): void => {
    ranges ??= new Map();
    const range = ranges.get(path);
    if (range === undefined) ranges.set(path, { bounds, conditions: condition === undefined ? [] : [condition] });
    else {
      range.bounds = intersectBounds(range.bounds, bounds);
      if (condition !== undefined) range.conditions.push(condition);
    }
  };
  const add = (condition: Condition): void => {
    switch (condition.kind) {
      case 'constant':
        if (!condition.value) plain.push({ kind: 'path', path: { kind: 'none' }, conditions: [condition] });
        break;
      case 'statement': {
        const path = pointPath(condition, collection, parameters);
        if (path !== undefined) plain.push({ kind: 'path', path, conditions: [condition] });
        else {
          const bounds = rangeBounds(condition, parameters);
          if (bounds !== undefined) bound(condition.path, bounds, condition);
        }
        break;
      }
      case 'and':
        condition.conditions.forEach(add);
        break;
      case 'or':
        existing.unshift({ kind: 'union', group: condition as GroupCondition, conditions: [condition] });
        break;
      case 'exists':
        existing.push({ kind: 'related', exists: condition, conditions: [condition] });
    }
  };
  for (const condition of conditions) add(condition);
  if (cursor !== undefined) bound(cursor.path, cursor.bounds, undefined);
  if (ranges !== undefined) {
    for (const [path, range] of ranges) {
      const scans: readonly IndexScan[] = [{ collection, path, kind: 'value', bounds: range.bounds }];
      plain.push({ kind: 'path', path: { kind: 'index', scans }, conditions: range.conditions });
    }
  }
  for (const option of existing) plain.push(option);
  return plain;
}

function pointPath(condition: StatementCondition, collection: string, parameters: Parameters): AccessPath | undefined {
  const values = pointValues(condition, parameters);
  if (values === undefined) return undefined;
  if (values.length === 0) return { kind: 'none' };
  return condition.path === 'id'
    ? idsPath(values, false)
    : { kind: 'index', scans: pointScans(condition, collection, values) };
}

/** An `id` equality or list at the top level: the rows are read directly, in the order of the list. */
export function idPath(conditions: readonly Condition[], parameters: Parameters): AccessPath | undefined {
  for (const condition of conditions) {
    if (condition.kind !== 'statement' || condition.path !== 'id') continue;
    const ids = pointValues(condition, parameters);
    if (ids !== undefined) return idsPath(ids, condition.operand.kind === 'constant');
  }
  return undefined;
}

function idsPath(values: readonly unknown[], listed: boolean): AccessPath & { kind: 'ids' } {
  return { kind: 'ids', ids: values.filter((id): id is string => typeof id === 'string'), listed };
}

/** Whether a condition of a subquery depends on its parent; such conditions cannot drive it alone. */
export function isCorrelated(condition: Condition): boolean {
  switch (condition.kind) {
    case 'constant':
      return false;
    case 'statement':
      return condition.operand.kind === 'parameter' && condition.operand.correlated;
    case 'exists':
      return condition.subquery.sources.some((source) => source.kind === 'parameter');
    default:
      return condition.conditions.some(isCorrelated);
  }
}
