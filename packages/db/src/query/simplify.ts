/**
 * Shortens a prepared query without changing its meaning: groups are flattened, constants decide early, duplicates go.
 * Simplifying a second time changes nothing.
 */
import type { FilterGroup, PreparedFilter, PreparedInclusion, PreparedOrder, PreparedQuery } from '../ast/query.ts';
import { setOwn } from '../values/own-property.ts';
import { filterKey } from './filter-key.ts';
import { isFilterGroup, isFilterStatement } from './filter-guards.ts';

/** Simplifies the query in place and returns it. */
export function simplifyQuery<Q extends PreparedQuery>(query: Q): Q {
  return Object.assign(query, simplifyClauses(query));
}

/** A simplified copy; absent clauses are undefined. */
export function simplified(query: PreparedQuery): PreparedQuery {
  const { collectionName, select, limit, after } = query;
  const { include, where, order } = simplifyClauses(query);
  return { collectionName, select, include, where, order, limit, after };
}

/** One filter that means the same as the group; undefined when nothing is left of it, which means true. */
export function simplifyFilterGroup(group: FilterGroup<PreparedFilter>): PreparedFilter | undefined {
  const filters = simplifyFilters(group.filters, group.mod);
  return filters.length < 2 ? filters[0] : { mod: group.mod, filters };
}

function simplifyClauses(query: PreparedQuery): Pick<PreparedQuery, 'include' | 'where' | 'order'> {
  const where = simplifyFilters(query.where ?? [], 'and');
  const order = query.order?.map(simplifyOrder);
  return {
    include: simplifyInclusions(query.include),
    where: where.length > 0 ? where : undefined,
    order: order !== undefined && order.length > 0 ? order : undefined,
  };
}

function simplifyInclusions(include: PreparedQuery['include']): PreparedQuery['include'] {
  const entries = Object.entries(include ?? {});
  if (entries.length === 0) return undefined;
  const result: Record<string, PreparedInclusion> = {};
  for (const [alias, inclusion] of entries) setOwn(result, alias, simplifyInclusion(inclusion));
  return result;
}

function simplifyInclusion({ subquery, cardinality }: PreparedInclusion): PreparedInclusion {
  return { subquery: withoutAbsent(simplified(subquery)), cardinality };
}

function simplifyOrder(clause: PreparedOrder): PreparedOrder {
  const [path, direction, relation] = clause;
  return relation === undefined ? clause : [path, direction, simplifyInclusion(relation)];
}

/** The members of a group of this kind, simplified; `and` for a where clause. */
export function simplifyFilters(filters: readonly PreparedFilter[], mod: 'and' | 'or' = 'and'): PreparedFilter[] {
  const decisive = mod === 'or';
  const seen = new Set<string>();
  const result: PreparedFilter[] = [];
  for (const filter of filters) {
    const simple = simplifyFilter(filter);
    if (simple === undefined) continue;
    const members =
      typeof simple !== 'boolean' && isFilterGroup(simple) && simple.mod === mod ? simple.filters : [simple];
    for (const member of members) {
      if (member === decisive) return [decisive];
      const key = filterKey(member);
      if (seen.has(key)) continue;
      seen.add(key);
      result.push(member);
    }
  }
  return result;
}

function simplifyFilter(filter: PreparedFilter): PreparedFilter | undefined {
  if (typeof filter === 'boolean' || isFilterStatement(filter)) return filter;
  if (isFilterGroup(filter)) return simplifyFilterGroup(filter);
  const exists = withoutAbsent(simplified(filter.exists));
  return exists.where?.[0] === false ? false : { exists };
}

/** Subqueries carry only the clauses that they have. */
function withoutAbsent(query: PreparedQuery): PreparedQuery {
  return Object.fromEntries(
    Object.entries(query).filter(([, clause]) => clause !== undefined),
  ) as unknown as PreparedQuery;
}
