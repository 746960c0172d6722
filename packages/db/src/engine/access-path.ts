/**
 * The planner: chooses how the candidate rows of a closed query are found. Any path yields a superset of the matching
 * rows; conditions are evaluated on every candidate afterwards, so a path can only be slow, never wrong.
 */
import type { EntitySource, IndexScan } from '../query/entity-source.ts';
import { conditionOptions, idPath, isCorrelated, optionsOf } from './access-options.ts';
import type { AccessOption, AccessPath } from './access-options.ts';
import { linkOf } from './links.ts';
import { unboundParameters } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Condition, ExistsCondition, Plan } from './plan.ts';

export interface CostedPath {
  readonly path: AccessPath;
  /** The number of rows that are read, estimated. */
  readonly cost: number;
}

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
  // Reading in order finds nothing but matches.
  if (ordered !== undefined && plan.conditions.length === (ordered.option?.conditions.length ?? 0))
    return orderPath(ordered, undefined);
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

function isNever(condition: Condition): boolean {
  return condition.kind === 'constant' && !condition.value;
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
