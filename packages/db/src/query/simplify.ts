/** Brings a prepared query into its simplest form; the meaning stays the same. */
import type { PreparedFilter, PreparedInclusion, PreparedOrder, PreparedQuery } from '../ast/query.ts';
import { canonicalText } from '../values/canonical-text.ts';

export function simplifyQuery(query: PreparedQuery): PreparedQuery {
  const include = Object.entries(query.include ?? {}).map(([name, inclusion]): [string, PreparedInclusion] => [name, simplifyInclusion(inclusion)]);
  const order = (query.order ?? []).map(([path, direction, relation]): PreparedOrder => (relation === undefined ? [path, direction] : [path, direction, simplifyInclusion(relation)]));
  const where = simplifyFilters(query.where ?? []);
  return {
    collectionName: query.collectionName,
    select: query.select,
    include: include.length === 0 ? undefined : Object.fromEntries(include),
    where: where.length === 0 ? undefined : where,
    order: order.length === 0 ? undefined : order,
    limit: query.limit,
    after: query.after,
  } as PreparedQuery;
}

const simplifyInclusion = ({ subquery, cardinality }: PreparedInclusion): PreparedInclusion => ({ subquery: simplifyQuery(subquery), cardinality });

/** A list of filters that must all hold. */
export function simplifyFilters(filters: readonly PreparedFilter[], mod: 'and' | 'or' = 'and'): PreparedFilter[] {
  const flat: PreparedFilter[] = [];
  const seen = new Set<string>();
  const add = (filter: PreparedFilter): void => {
    const text = canonicalFilterText(filter);
    if (seen.has(text)) return;
    seen.add(text);
    flat.push(filter);
  };
  for (const filter of filters) {
    const simple = simplifyFilter(filter);
    if (simple === undefined) continue;
    if (typeof simple === 'object' && 'mod' in simple && simple.mod === mod) simple.filters.forEach(add);
    else add(simple);
  }
  const absorbing = mod === 'or';
  return flat.includes(absorbing) ? [absorbing] : flat;
}

function simplifyFilter(filter: PreparedFilter): PreparedFilter | undefined {
  if (typeof filter === 'boolean' || Array.isArray(filter)) return filter;
  if ('exists' in filter) {
    const exists = simplifyQuery((filter as { exists: PreparedQuery }).exists);
    return exists.where?.length === 1 && exists.where[0] === false ? false : { exists };
  }
  const group = filter as { mod: 'and' | 'or'; filters: readonly PreparedFilter[] };
  const members = simplifyFilters(group.filters, group.mod);
  if (members.length === 0) return undefined;
  return members.length === 1 ? members[0] : { mod: group.mod, filters: members };
}

function canonicalFilterText(filter: PreparedFilter): string {
  if (typeof filter === 'boolean' || Array.isArray(filter)) return canonicalText(filter);
  if ('exists' in filter) {
    const { where, ...rest } = (filter as { exists: PreparedQuery }).exists;
    return `exists ${canonicalText(rest)} ${(where ?? []).map(canonicalFilterText).sort().join()}`;
  }
  const group = filter as { mod: string; filters: readonly PreparedFilter[] };
  return `${group.mod}(${group.filters.map(canonicalFilterText).sort().join()})`;
}
