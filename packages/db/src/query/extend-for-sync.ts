/**
 * Adds to an expanded query what a client needs to evaluate it by itself: one row for each exists filter and the related
 * row of each relational order, as hidden inclusions. Variables keep their meaning, since the nesting stays the same.
 */
import type { PreparedFilter, PreparedInclusion, PreparedQuery } from '../ast/query.ts';
import { setOwn } from '../values/own-property.ts';
import { isFilterGroup, isFilterStatement } from './filter-guards.ts';

export function extendForSync(query: PreparedQuery): PreparedQuery {
  return createQueryWithExistsAddedToIncludes(createQueryWithRelationalOrderAddedToIncludes(query));
}

/** Each exists filter becomes the to-one inclusion `_exists-<n>`; so do those in groups, in inclusions and in each other. */
export function createQueryWithExistsAddedToIncludes(query: PreparedQuery): PreparedQuery {
  const include = mapInclusions(query, createQueryWithExistsAddedToIncludes);
  existsSubqueries(query.where ?? []).forEach((subquery, index) => {
    include[`_exists-${index}`] = { subquery: createQueryWithExistsAddedToIncludes(subquery), cardinality: 'one' };
  });
  return withInclusions(query, include);
}

/** Each relational order becomes an inclusion under its path, in inclusions too. */
export function createQueryWithRelationalOrderAddedToIncludes(query: PreparedQuery): PreparedQuery {
  const include = mapInclusions(query, createQueryWithRelationalOrderAddedToIncludes);
  for (const [path, , relation] of query.order ?? []) {
    if (relation !== undefined) include[path] = mapSubquery(relation, createQueryWithRelationalOrderAddedToIncludes);
  }
  return withInclusions(query, include);
}

/** Whether an exists filter occurs anywhere: in groups, inclusions or order subqueries. */
export function hasSubqueryFilterAtAnyLevel(query: PreparedQuery): boolean {
  return existsSubqueries(query.where ?? []).length > 0 || subqueries(query).some(hasSubqueryFilterAtAnyLevel);
}

/** Whether a relational order occurs anywhere. */
export function hasSubqueryOrderAtAnyLevel(query: PreparedQuery): boolean {
  return (query.order ?? []).some(([, , relation]) => relation) || subqueries(query).some(hasSubqueryOrderAtAnyLevel);
}

/** Of inclusions and of order clauses. */
function subqueries(query: PreparedQuery): PreparedQuery[] {
  const inclusions = Object.values(query.include ?? {});
  for (const [, , relation] of query.order ?? []) if (relation !== undefined) inclusions.push(relation);
  return inclusions.map(({ subquery }) => subquery);
}

function existsSubqueries(filters: readonly PreparedFilter[]): PreparedQuery[] {
  return filters.flatMap((filter) => {
    if (typeof filter === 'boolean' || isFilterStatement(filter)) return [];
    return isFilterGroup(filter) ? existsSubqueries(filter.filters) : [filter.exists];
  });
}

type Extend = (query: PreparedQuery) => PreparedQuery;

function mapInclusions(query: PreparedQuery, extend: Extend): Record<string, PreparedInclusion> {
  const include: Record<string, PreparedInclusion> = {};
  for (const [alias, inclusion] of Object.entries(query.include ?? {})) {
    setOwn(include, alias, mapSubquery(inclusion, extend));
  }
  return include;
}

function mapSubquery({ subquery, cardinality }: PreparedInclusion, extend: Extend): PreparedInclusion {
  return { subquery: extend(subquery), cardinality };
}

function withInclusions(query: PreparedQuery, include: Record<string, PreparedInclusion>): PreparedQuery {
  return Object.keys(include).length === 0 ? query : { ...query, include };
}
