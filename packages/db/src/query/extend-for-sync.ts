/**
 * Adds to a prepared query what a client needs to evaluate it by itself: one row for each exists filter and the related
 * rows of relational orders, as hidden inclusions.
 */
import type { PreparedFilter, PreparedInclusion, PreparedQuery } from '../ast/query.ts';

export function extendForSync(query: PreparedQuery): PreparedQuery {
  return createQueryWithRelationalOrderAddedToIncludes(createQueryWithExistsAddedToIncludes(query));
}

/** Each exists subquery becomes the to-one inclusion `_exists-<n>`, recursively, groups and inclusions included. */
export function createQueryWithExistsAddedToIncludes(query: PreparedQuery): PreparedQuery {
  const include: Record<string, PreparedInclusion> = {};
  for (const [name, { subquery, cardinality }] of Object.entries(query.include ?? {})) {
    include[name] = { subquery: createQueryWithExistsAddedToIncludes(subquery), cardinality };
  }
  let count = 0;
  const visit = (filter: PreparedFilter): void => {
    if (typeof filter === 'boolean' || Array.isArray(filter)) return;
    if ('exists' in filter) {
      include[`_exists-${count++}`] = {
        subquery: createQueryWithExistsAddedToIncludes((filter as { exists: PreparedQuery }).exists),
        cardinality: 'one',
      };
      return;
    }
    (filter as { filters: readonly PreparedFilter[] }).filters.forEach(visit);
  };
  query.where?.forEach(visit);
  return { ...query, include: Object.keys(include).length === 0 ? query.include : include } as PreparedQuery;
}

/** Each relational order clause becomes an inclusion under its path. */
export function createQueryWithRelationalOrderAddedToIncludes(query: PreparedQuery): PreparedQuery {
  const include: Record<string, PreparedInclusion> = {};
  for (const [name, { subquery, cardinality }] of Object.entries(query.include ?? {})) {
    include[name] = { subquery: createQueryWithRelationalOrderAddedToIncludes(subquery), cardinality };
  }
  for (const [path, , relation] of query.order ?? []) if (relation !== undefined) include[path] = relation;
  return { ...query, include: Object.keys(include).length === 0 ? query.include : include } as PreparedQuery;
}
