/**
 * The planner: chooses how the candidate rows of a closed query are found. Any path yields a superset of the matching
 * rows; conditions are evaluated on every candidate afterwards, so a path can only be slow, never wrong.
 */
import type { EntitySource, IndexScan, ValueBounds } from '../query/entity-source.ts';
import { intersectBounds, pointScans, pointValues, rangeBounds } from './index-scans.ts';
import { linkOf } from './links.ts';
import type { Link } from './links.ts';
import { unboundParameters } from './parameters.ts';
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

export interface CostedPath {
  readonly path: AccessPath;
  /** The number of rows that are read, estimated. */
  readonly cost: number;
}

/** One way to find candidates, not priced yet. */
type AccessOption =
  | { readonly kind: 'path'; readonly path: AccessPath; readonly conditions: readonly Condition[] }
  | { readonly kind: 'union'; readonly group: GroupCondition; readonly conditions: readonly Condition[] }
  | { readonly kind: 'related'; readonly exists: ExistsCondition; readonly conditions: readonly Condition[] };

/** An alternative that the planner weighs, for explanations. */
export interface WeighedPath extends CostedPath {
  /** What the path sees to by itself. */
  readonly conditions: readonly Condition[];
}

/** The planner's thresholds. Mutable so that tests can force every path on small data. */
export const plannerLimits = {
  /** Collections up to this size are read whole: an index would cost more than it saves. */
  smallCollection: 24,
};
/** Rows are counted up to the first cap; where no path is below it, up to the next. Beyond the last, paths are equally bad. */
const COUNT_CAPS = [256, 4_096, 65_536] as const;
const MAX_COUNTED = 65_536;
/** All rows of a collection, as an estimate: to ask without a cap would be a read that a result depends on. */
const MAX_ROWS = 1_000_000_000;
/** Rows that one related row is assumed to lead to, before any is counted. */
const ASSUMED_FAN_OUT = 8;
/** The part of the rows that is assumed to satisfy conditions that no index can count. */
const ASSUMED_MATCHES = 1 / 4;
/** Reading in order is not given up before this many rows. */
const MIN_ROWS_IN_ORDER = 256;

export function chooseAccessPath(plan: Plan, parameters: Parameters, source: EntitySource): AccessPath {
  const byId = idPath(plan.conditions, parameters);
  if (byId !== undefined) return byId;
  const { collection } = plan;
  if (source.countRows(collection, plannerLimits.smallCollection + 1) <= plannerLimits.smallCollection)
    return plan.conditions.some(isNever) ? { kind: 'none' } : { kind: 'scan' };
  const options = optionsOf(plan, parameters);
  const ordered = plan.limit === undefined ? undefined : orderScan(plan, options);
  const only = options[0];
  if (ordered === undefined) {
    if (only === undefined) return { kind: 'scan' };
    // Nothing to compare it with.
    if (options.length === 1 && only.kind === 'path') return only.path;
  }
  const best = cheapestCounted(options, collection, parameters, source);
  if (ordered !== undefined) {
    const inOrder = pathInOrder(plan, ordered, options, best, parameters, source);
    if (inOrder !== undefined) return inOrder;
  }
  return best !== undefined && isWorthIt(best, collection, source) ? best.path : { kind: 'scan' };
}

/** Every path that `chooseAccessPath` could take, with its estimated cost; the scan of the collection included. */
export function weighAccessPaths(plan: Plan, parameters: Parameters, source: EntitySource): WeighedPath[] {
  const { collection } = plan;
  const options = optionsOf(plan, parameters);
  const weighed: WeighedPath[] = [];
  for (const option of options) {
    const priced = price(option, collection, parameters, source, MAX_COUNTED);
    if (priced !== undefined) weighed.push({ ...priced, conditions: option.conditions });
  }
  const ordered = plan.limit === undefined ? undefined : orderScan(plan, options);
  if (ordered !== undefined) {
    const best = cheapest(options, collection, parameters, source, MAX_COUNTED);
    const cost = costInOrder(plan, ordered, options, parameters, source);
    weighed.push({ path: orderPath(ordered, best), cost, conditions: ordered.option?.conditions ?? [] });
  }
  weighed.push({ path: { kind: 'scan' }, cost: source.countRows(collection, MAX_ROWS), conditions: [] });
  return weighed;
}

/** An `id` equality or list at the top level: the rows are read directly, in the order of the list. */
function idPath(conditions: readonly Condition[], parameters: Parameters): AccessPath | undefined {
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

function isNever(condition: Condition): boolean {
  return condition.kind === 'constant' && !condition.value;
}

/** The options of a plan, plain conditions first. A cursor bounds the first order attribute like a comparison. */
function optionsOf(plan: Plan, parameters: Parameters): AccessOption[] {
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

function conditionOptions(
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

/** Counts no further than needed to tell the cheapest option from the others. */
function cheapestCounted(
  options: readonly AccessOption[],
  collection: string,
  parameters: Parameters,
  source: EntitySource,
): CostedPath | undefined {
  let best: CostedPath | undefined;
  for (const cap of COUNT_CAPS) {
    best = cheapest(options, collection, parameters, source, cap);
    if (best === undefined || best.cost < cap) return best;
  }
  return best;
}

/** The cheapest path of conditions that must all hold; undefined when only a scan is left. */
function cheapest(
  options: readonly AccessOption[],
  collection: string,
  parameters: Parameters,
  source: EntitySource,
  cap: number,
): CostedPath | undefined {
  let best: CostedPath | undefined;
  for (const option of options) {
    const limit = best === undefined ? cap : Math.min(cap, best.cost);
    if (best !== undefined && limit <= 1) return best;
    const found = price(option, collection, parameters, source, limit);
    if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found;
  }
  return best;
}

function price(
  option: AccessOption,
  collection: string,
  parameters: Parameters,
  source: EntitySource,
  cap: number,
): CostedPath | undefined {
  switch (option.kind) {
    case 'path':
      return { path: option.path, cost: rowsOf(option.path, source, cap) };
    case 'union': {
      const paths: AccessPath[] = [];
      let cost = 0;
      for (const member of option.group.conditions) {
        const options = conditionOptions([member], collection, parameters);
        const found = cheapest(options, collection, parameters, source, Math.max(1, cap - cost));
        if (found === undefined) return undefined;
        paths.push(found.path);
        cost += found.cost;
      }
      return { path: { kind: 'union', paths }, cost };
    }
    case 'related':
      return priceRelated(option.exists, parameters, source, cap);
  }
}

/** The rows that a path of plain conditions leads to. */
function rowsOf(path: AccessPath, source: EntitySource, cap: number): number {
  if (path.kind === 'ids') return path.ids.length;
  if (path.kind !== 'index') return 0;
  let rows = 0;
  for (const scan of path.scans) {
    rows += source.countIndexed(scan, Math.max(1, cap - rows));
    if (rows > cap) break;
  }
  return rows;
}

/** Driving an exists from its own side: the rows of the subquery by their own conditions, then the parents they name. */
function priceRelated(
  exists: ExistsCondition,
  parameters: Parameters,
  source: EntitySource,
  cap: number,
): CostedPath | undefined {
  const link = linkOf(exists);
  if (link === undefined) return undefined;
  const child = exists.subquery.plan;
  const childParameters = unboundParameters(exists.subquery.sources, parameters);
  const uncorrelated = child.conditions.filter((member) => !isCorrelated(member));
  const byId = idPath(uncorrelated, childParameters);
  let found: CostedPath | undefined;
  if (byId?.kind === 'ids') found = { path: byId, cost: byId.ids.length };
  else {
    const rows = source.countRows(child.collection, plannerLimits.smallCollection + 1);
    found =
      rows <= plannerLimits.smallCollection
        ? { path: { kind: 'scan' }, cost: rows }
        : cheapest(
            conditionOptions(uncorrelated, child.collection, childParameters),
            child.collection,
            childParameters,
            source,
            Math.ceil(cap / ASSUMED_FAN_OUT),
          );
  }
  return found && { path: { kind: 'related', exists, link, path: found.path }, cost: 1 + found.cost * ASSUMED_FAN_OUT };
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

/** Rows by conditions on this collection are never more than all rows; rows that others lead to may be. */
function isWorthIt({ path, cost }: CostedPath, collection: string, source: EntitySource): boolean {
  if (path.kind !== 'related' && path.kind !== 'union') return true;
  return cost < source.countRows(collection, Math.min(MAX_COUNTED, cost) + 1);
}

interface OrderScan {
  readonly scan: IndexScan;
  /** The option on the same attribute, whose bounds the scan has. */
  readonly option: AccessOption | undefined;
}

/** The scan by the first order clause, within what conditions and cursor say about that attribute. */
function orderScan(plan: Plan, options: readonly AccessOption[]): OrderScan | undefined {
  const first = plan.order[0];
  if (first === undefined || first.relation !== undefined) return undefined;
  const option = options.find((candidate) => isRangeOf(candidate, first.path));
  const bounds = option?.kind === 'path' && option.path.kind === 'index' ? option.path.scans[0]!.bounds : {};
  return {
    scan: { collection: plan.collection, path: first.path, kind: 'value', bounds, reverse: first.descending },
    option,
  };
}

function isRangeOf(option: AccessOption, path: string): boolean {
  if (option.kind !== 'path' || option.path.kind !== 'index' || option.path.scans.length !== 1) return false;
  const scan = option.path.scans[0]!;
  return scan.kind === 'value' && scan.path === path;
}

/** Reading in order, if that is expected to find the first rows sooner than `best`. */
function pathInOrder(
  plan: Plan,
  ordered: OrderScan,
  options: readonly AccessOption[],
  best: CostedPath | undefined,
  parameters: Parameters,
  source: EntitySource,
): AccessPath | undefined {
  if (best !== undefined && best.cost <= 1) return undefined;
  const cost = costInOrder(plan, ordered, options, parameters, source);
  // At the same cost rows that come in order need no sorting.
  return best === undefined || cost <= best.cost ? orderPath(ordered, best) : undefined;
}

function orderPath({ scan, option }: OrderScan, best: CostedPath | undefined): AccessPath {
  // What the order scan is bounded by anyway is no way out of it.
  const isAlternative = best !== undefined && !(option?.kind === 'path' && option.path === best.path);
  const fallback = isAlternative ? { path: best.path, afterRows: Math.max(MIN_ROWS_IN_ORDER, best.cost) } : undefined;
  return { kind: 'order', scan, fallback };
}

/** The first `limit` matches are found after about limit × (rows / matching rows). */
function costInOrder(
  plan: Plan,
  { scan, option }: OrderScan,
  options: readonly AccessOption[],
  parameters: Parameters,
  source: EntitySource,
): number {
  const { collection } = plan;
  const rows = source.countRows(collection, MAX_ROWS);
  const within = option === undefined ? rows : source.countIndexed(scan, MAX_COUNTED);
  const covered = option?.conditions.length ?? 0;
  let matching = 1;
  if (plan.conditions.length > covered) {
    const others = options.filter((candidate) => candidate !== option);
    const best = cheapestCounted(others, collection, parameters, source);
    matching = best === undefined ? ASSUMED_MATCHES : Math.min(1, Math.max(1, best.cost) / Math.max(1, rows));
  }
  return Math.min(within, Math.ceil((plan.limit! + 1) / matching));
}
