/**
 * Reads the candidate rows of an access path, each at most once, and answers whether any row satisfies a plan.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { chooseAccessPath, isCorrelated } from './access-path.ts';
import type { AccessPath, Link } from './access-path.ts';
import { satisfies, satisfiesAll, unboundParameters } from './evaluate-conditions.ts';
import type { Parameters } from './evaluate-conditions.ts';
import type { Plan } from './plan.ts';

/** Whether any row satisfies the plan's conditions (order, limit and inclusions play no part). */
export function hasCandidate(plan: Plan, parameters: Parameters, source: EntitySource): boolean {
  for (const row of candidates(chooseAccessPath(withoutOrder(plan), parameters, source), plan, parameters, source)) {
    if (satisfies(plan, row, parameters, source)) return true;
  }
  return false;
}

const unordered = new WeakMap<Plan, Plan>();

function withoutOrder(plan: Plan): Plan {
  if (plan.order.length === 0) return plan;
  let stripped = unordered.get(plan);
  if (stripped === undefined) {
    stripped = { ...plan, order: [], limit: undefined };
    unordered.set(plan, stripped);
  }
  return stripped;
}

/** Rows that may match, each once. Only `order` paths yield them in query order. */
export function candidates(path: AccessPath, plan: Plan, parameters: Parameters, source: EntitySource): Iterable<Row> {
  switch (path.kind) {
    case 'none':
      return [];
    case 'scan':
      return source.rows(plan.collection);
    case 'order':
      return source.indexedRows(path.scan);
    case 'ids': {
      const rows: Row[] = [];
      for (const id of path.ids) {
        const row = source.row(plan.collection, id);
        if (row !== undefined) rows.push(row);
      }
      return rows;
    }
    case 'index':
      return path.scans.length === 1 ? source.indexedRows(path.scans[0]!) : distinct(path.scans.map((scan) => source.indexedRows(scan)));
    case 'union':
      return distinct(path.paths.map((member) => candidates(member, plan, parameters, source)));
    case 'related':
      return relatedRows(path, plan, parameters, source);
  }
}

function* distinct(sequences: readonly Iterable<Row>[]): Iterable<Row> {
  const seen = new Set<unknown>();
  for (const rows of sequences) {
    for (const row of rows) {
      const id = row['id'];
      if (seen.has(id)) continue;
      seen.add(id);
      yield row;
    }
  }
}

/** Drives an exists from its own side: child rows first, then the parents that they name. */
function* relatedRows(path: AccessPath & { kind: 'related' }, plan: Plan, parameters: Parameters, source: EntitySource): Iterable<Row> {
  const { plan: child, sources } = path.exists.subquery;
  // Parameters read from a parent row are not known yet; the conditions that use them are left to the evaluation of
  // each parent.
  const childParameters = unboundParameters(sources, parameters);
  const conditions = child.conditions.filter((condition) => !isCorrelated(condition));
  const seenValues = new Set<unknown>();
  const seenParents = new Set<unknown>();
  for (const row of candidates(path.path, child, childParameters, source)) {
    if (!satisfiesAll(conditions, row, childParameters, source)) continue;
    for (const value of linkValues(path.link, row)) {
      if (seenValues.has(value)) continue;
      seenValues.add(value);
      for (const parent of parentsByLink(path.link, value, plan.collection, source)) {
        const id = parent['id'];
        if (seenParents.has(id)) continue;
        seenParents.add(id);
        yield parent;
      }
    }
  }
}

/** The values by which a child row names its parents. */
export function linkValues(link: Link, child: Row): readonly unknown[] {
  const value = link.childRead(child);
  if (link.kind !== 'members-of-child') return value === null || value === undefined ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value;
  return Object.keys(value).filter((key) => (value as Record<string, unknown>)[key] === true);
}

/** The parents that a link value names: a superset. */
export function parentsByLink(link: Link, value: unknown, collection: string, source: EntitySource): Iterable<Row> {
  if (link.kind === 'member-of-parent') {
    const member = String(value);
    return source.indexedRows({ collection, path: link.parentPath, kind: 'member', bounds: { gte: member, lte: member } });
  }
  if (link.parentPath === 'id') {
    const row = source.row(collection, String(value));
    return row === undefined ? [] : [row];
  }
  if (link.kind === 'members-of-child') return typedMemberParents(link, value, collection, source);
  return source.indexedRows({ collection, path: link.parentPath, kind: 'value', bounds: { gte: value, lte: value } });
}

/** Set members are stored as text; the parent's attribute may be a number or boolean. */
function* typedMemberParents(link: Link, member: unknown, collection: string, source: EntitySource): Iterable<Row> {
  const values: unknown[] = [member];
  const number = Number(member);
  if (member !== '' && !Number.isNaN(number)) values.push(number);
  if (member === 'true' || member === 'false') values.push(member === 'true');
  for (const value of values) {
    yield* source.indexedRows({ collection, path: link.parentPath, kind: 'value', bounds: { gte: value, lte: value } });
  }
}
