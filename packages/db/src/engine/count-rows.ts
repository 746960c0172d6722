/**
 * Counts the rows that satisfy a closed plan; order, limit, cursor and inclusions play no part. Where an index knows the
 * number exactly no row is read.
 */
import type { EntitySource, IndexScan } from '../query/entity-source.ts';
import { chooseAccessPath } from './access-path.ts';
import type { AccessPath } from './access-options.ts';
import { candidates, satisfies, withoutOrder } from './evaluate-conditions.ts';
import { intersectBounds, pointScans, pointValues, rangeBounds } from './index-scans.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, Plan, StatementCondition } from './plan.ts';

/** Where a count comes from: the collection's or an index's own, or rows that are looked at. */
export type CountPath =
  | { readonly kind: 'count'; readonly scans: readonly IndexScan[] | undefined }
  | { readonly kind: 'rows'; readonly path: AccessPath };

/** Longer texts may be cut in an index, which then holds more than what equals them. */
const MAX_EXACT_TEXT = 128;

export function countRows(plan: Plan, parameters: Parameters, source: EntitySource): number {
  const counted = chooseCountPath(plan, parameters, source);
  if (counted.kind === 'count') {
    if (counted.scans === undefined) return source.countRows(plan.collection, Infinity);
    return counted.scans.reduce((sum, scan) => sum + source.countIndexed(scan, Infinity), 0);
  }
  let count = 0;
  for (const row of candidates(counted.path, plan, parameters, source))
    if (satisfies(plan, row, parameters, source)) count += 1;
  return count;
}

export function chooseCountPath(plan: Plan, parameters: Parameters, source: EntitySource): CountPath {
  if (source.countsExactly(plan.collection)) {
    const conditions = flatten(plan.conditions);
    if (conditions.length === 0) return { kind: 'count', scans: undefined };
    const scans = exactScans(conditions, plan.collection, parameters);
    if (scans !== undefined) return { kind: 'count', scans };
  }
  return { kind: 'rows', path: chooseAccessPath(withoutOrder(plan), parameters, source) };
}

function flatten(conditions: readonly Condition[]): Condition[] {
  return conditions.flatMap((condition) => {
    if (condition.kind === 'and') return flatten(condition.conditions);
    return condition.kind === 'constant' && condition.value ? [] : [condition];
  });
}

/** Scans that yield exactly the rows that satisfy all conditions. */
function exactScans(
  conditions: readonly Condition[],
  collection: string,
  parameters: Parameters,
): readonly IndexScan[] | undefined {
  const [first] = conditions;
  if (first?.kind !== 'statement') return undefined;
  if (conditions.length === 1 && (first.operator === '=' || first.operator === 'in'))
    return exactPoints(first, collection, parameters);
  let bounds = {};
  for (const condition of conditions) {
    if (condition.kind !== 'statement' || condition.path !== first.path) return undefined;
    const range = rangeBounds(condition, parameters);
    if (range === undefined || !Object.values(range).every(isExact)) return undefined;
    bounds = intersectBounds(bounds, range);
  }
  return [{ collection, path: first.path, kind: 'value', bounds }];
}

function exactPoints(
  condition: StatementCondition,
  collection: string,
  parameters: Parameters,
): readonly IndexScan[] | undefined {
  const values = pointValues(condition, parameters);
  if (values === undefined || condition.path === 'id') return undefined;
  // A list never contains an empty value.
  const wanted = condition.operator === 'in' ? values.filter((value) => value !== null && value !== undefined) : values;
  return wanted.every(isExact) ? pointScans(condition, collection, wanted) : undefined;
}

function isExact(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_EXACT_TEXT;
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
