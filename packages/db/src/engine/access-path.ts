/**
 * The planner: chooses how the candidate rows of a closed query are found. Any path yields a superset of the matching
 * rows; conditions are evaluated on every candidate afterwards, so a path can only be slow, never wrong.
 */
import type { EntitySource, IndexScan, ValueBounds } from '../query/entity-source.ts';
import { liveMemberKeys, scalarsOfKey } from '../values/set-member.ts';
import { linkOf } from './links.ts';
import type { Link } from './links.ts';
import { operandValue, unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, ExistsCondition, Plan, StatementCondition } from './plan.ts';

export type AccessPath =
  /** Nothing can match. */
  | { readonly kind: 'none' }
  /** `listed`: the query names these ids itself, so without an order clause their order is that of the result. */
  | { readonly kind: 'ids'; readonly ids: readonly string[]; readonly listed: boolean }
  | { readonly kind: 'index'; readonly scans: readonly IndexScan[] }
  | { readonly kind: 'union'; readonly paths: readonly AccessPath[] }
  /** Rows of this collection whose attribute is the value that some row of the subquery has. */
  | { readonly kind: 'related'; readonly exists: ExistsCondition; readonly link: Link; readonly path: AccessPath }
  /** By the first order clause, so that a limit can stop early. */
  | { readonly kind: 'order'; readonly scan: IndexScan }
  | { readonly kind: 'scan' };

export interface CostedPath {
  readonly path: AccessPath;
  /** The number of rows that are read, estimated. */
  readonly cost: number;
}

/** The planner's thresholds. Mutable so that tests can force every path on small data. */
export const plannerLimits = {
  /** Collections up to this size are read whole: an index would cost more than it saves. */
  smallCollection: 24,
};
/** Counting stops here; beyond, paths are equally bad. */
const MAX_COUNTED = 50_000;
/** Rows that one related row is assumed to lead to, before any is counted. */
const ASSUMED_FAN_OUT = 8;

export function chooseAccessPath(plan: Plan, parameters: Parameters, source: EntitySource): AccessPath {
  const byId = idPath(plan.conditions, parameters);
  if (byId !== undefined) return byId;
  if (plan.conditions.some((condition) => condition.kind === 'constant' && !condition.value)) return { kind: 'none' };
  const { collection } = plan;
  if (source.countRows(collection, plannerLimits.smallCollection + 1) <= plannerLimits.smallCollection)
    return { kind: 'scan' };
  const best = cheapest(plan.conditions, collection, parameters, source, MAX_COUNTED);
  const ordered = orderPath(plan);
  if (ordered !== undefined && plan.limit !== undefined) {
    // Reading in order finds the first `limit` matches after about limit × (rows / matching rows).
    const rows = source.countRows(collection, MAX_COUNTED);
    const matching = best === undefined ? (plan.conditions.length === 0 ? rows : rows / 4) : Math.max(1, best.cost);
    const orderCost = Math.min(rows, Math.ceil((plan.limit + 1) * (rows / Math.max(1, matching))));
    if (best === undefined || orderCost < best.cost) return { kind: 'order', scan: ordered };
  }
  return best?.path ?? { kind: 'scan' };
}

/** An `id` equality or list at the top level: the rows are read directly, in the order of the list. */
function idPath(conditions: readonly Condition[], parameters: Parameters): AccessPath | undefined {
  for (const condition of conditions) {
    if (condition.kind !== 'statement' || condition.path !== 'id') continue;
    const ids = pointValues(condition, parameters);
    if (ids !== undefined)
      return {
        kind: 'ids',
        ids: [...new Set(ids)].filter((id): id is string => typeof id === 'string'),
        listed: condition.operand.kind === 'constant',
      };
  }
  return undefined;
}

function orderPath(plan: Plan): IndexScan | undefined {
  const first = plan.order[0];
  if (first === undefined || first.relation !== undefined) return undefined;
  const bounds: ValueBounds = {};
  if (plan.after !== undefined) {
    const value = plan.after.values[0] ?? null;
    Object.assign(bounds, first.descending ? { lte: value } : { gte: value });
  }
  return { collection: plan.collection, path: first.path, kind: 'value', bounds, reverse: first.descending };
}

/** The cheapest path over conditions that must all hold; undefined when only a scan is left. */
function cheapest(
  conditions: readonly Condition[],
  collection: string,
  parameters: Parameters,
  source: EntitySource,
  cap: number,
): CostedPath | undefined {
  let best: CostedPath | undefined;
  // Exists conditions last: they are only worth a look when nothing else is cheap.
  for (const pass of ['plain', 'exists'] as const) {
    for (const condition of conditions) {
      if ((condition.kind === 'exists') !== (pass === 'exists')) continue;
      const limit = best === undefined ? cap : Math.min(cap, best.cost);
      if (limit <= 1) return best;
      const found = pathFor(condition, collection, parameters, source, limit);
      if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found;
    }
  }
  return best;
}

function pathFor(
  condition: Condition,
  collection: string,
  parameters: Parameters,
  source: EntitySource,
  cap: number,
): CostedPath | undefined {
  switch (condition.kind) {
    case 'constant':
      return condition.value ? undefined : { path: { kind: 'none' }, cost: 0 };
    case 'statement': {
      const scans = indexScans(condition, collection, parameters);
      if (scans === undefined) return undefined;
      if (scans === 'ids') {
        const ids = pointValues(condition, parameters)!.filter((id): id is string => typeof id === 'string');
        return { path: { kind: 'ids', ids: [...new Set(ids)], listed: false }, cost: ids.length };
      }
      if (scans.length === 0) return { path: { kind: 'none' }, cost: 0 };
      let cost = 0;
      for (const scan of scans) {
        cost += source.countIndexed(scan, Math.max(1, cap - cost));
        if (cost > cap) break;
      }
      return { path: { kind: 'index', scans }, cost };
    }
    case 'and':
      return cheapest(condition.conditions, collection, parameters, source, cap);
    case 'or': {
      const paths: AccessPath[] = [];
      let cost = 0;
      for (const member of condition.conditions) {
        const found = pathFor(member, collection, parameters, source, Math.max(1, cap - cost));
        if (found === undefined) return undefined;
        paths.push(found.path);
        cost += found.cost;
      }
      return { path: { kind: 'union', paths }, cost };
    }
    case 'exists': {
      const link = linkOf(condition);
      if (link === undefined) return undefined;
      const child = condition.subquery.plan;
      const uncorrelated = child.conditions.filter((member) => !isCorrelated(member));
      const childParameters = unboundParameters(condition.subquery.sources, parameters);
      const childSmall = source.countRows(child.collection, plannerLimits.smallCollection + 1);
      const found =
        idPathOf(uncorrelated, childParameters) ??
        (childSmall <= plannerLimits.smallCollection
          ? { path: { kind: 'scan' } as const, cost: childSmall }
          : cheapest(uncorrelated, child.collection, childParameters, source, Math.ceil(cap / ASSUMED_FAN_OUT)));
      return (
        found && {
          path: { kind: 'related', exists: condition, link, path: found.path },
          cost: 1 + found.cost * ASSUMED_FAN_OUT,
        }
      );
    }
  }
}

function idPathOf(conditions: readonly Condition[], parameters: Parameters): CostedPath | undefined {
  const path = idPath(conditions, parameters);
  return path?.kind === 'ids' ? { path, cost: path.ids.length } : undefined;
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

/** The values that a statement compares for equality; undefined when it is not of that kind. */
export function pointValues(condition: StatementCondition, parameters: Parameters): unknown[] | undefined {
  const { known, value } = operandValue(condition.operand, parameters);
  if (!known) return undefined;
  switch (condition.operator) {
    case '=':
    case 'SET_=':
    case 'SET_has':
    case 'has':
      return [value ?? null];
    case 'in':
    case 'SET_in':
      return listValues(value);
    default:
      return undefined;
  }
}

function listValues(list: unknown): unknown[] {
  if (list instanceof Set || Array.isArray(list)) return [...(list as Iterable<unknown>)];
  return liveMemberKeys(list).flatMap(scalarsOfKey);
}

/** The index scans that cover a statement: `ids` when it is about the id itself, undefined when no index helps. */
function indexScans(
  condition: StatementCondition,
  collection: string,
  parameters: Parameters,
): readonly IndexScan[] | 'ids' | undefined {
  const { path, operator } = condition;
  const values = pointValues(condition, parameters);
  if (values !== undefined) {
    if (path === 'id') return 'ids';
    if (operator === 'has') return undefined;
    const member = operator.startsWith('SET_');
    return values.map((value) => ({
      collection,
      path,
      kind: member ? 'member' : 'value',
      bounds: member ? { gte: String(value), lte: String(value) } : { gte: value, lte: value },
    }));
  }
  const { known, value } = operandValue(condition.operand, parameters);
  if (!known || typeof value === 'object') return undefined;
  const bounds = rangeBounds(operator, value ?? null);
  return bounds === undefined ? undefined : [{ collection, path, kind: 'value', bounds }];
}

function rangeBounds(operator: string, value: unknown): ValueBounds | undefined {
  switch (operator) {
    case '>':
      return { gt: value };
    case '>=':
      return { gte: value };
    case '<':
      return { lt: value };
    case '<=':
      return { lte: value };
    case 'isDefined':
      return value ? { gt: null } : { gte: null, lte: null };
    default:
      return undefined;
  }
}
