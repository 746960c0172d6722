/**
 * Tells the kinds of filters and inclusions apart. The guards look at the shape only, since queries also arrive as JSON
 * from outside; `isFilterStatement` and its like say nothing about whether a path exists.
 */
import type { Cardinality, FilterStatement } from '../ast/query.ts';

/** Filters come in two forms: as written, or prepared. */
type GroupOf<F> = Extract<F, { readonly mod: unknown }>;
type ExistsOf<F> = Extract<F, { readonly exists: unknown }>;

export function isBooleanFilter(filter: unknown): filter is boolean {
  return typeof filter === 'boolean';
}

export function isFilterStatement(filter: unknown): filter is FilterStatement {
  return Array.isArray(filter) && filter.length === 3 && typeof filter[0] === 'string' && typeof filter[1] === 'string';
}

export function isFilterGroup<F>(filter: F): filter is GroupOf<F> {
  return isObject(filter) && 'mod' in filter;
}

/** `{ exists: query }`. */
export function isSubQueryFilter<F>(
  filter: F,
): filter is ExistsOf<F> & { readonly exists: { readonly collectionName: string } } {
  return isObject(filter) && 'exists' in filter && isObject(filter.exists) && 'collectionName' in filter.exists;
}

/** `{ exists: { _extends: relation } }`. */
export function isRelationshipExistsFilter<F>(
  filter: F,
): filter is ExistsOf<F> & { readonly exists: { readonly _extends: string } } {
  return isObject(filter) && 'exists' in filter && isObject(filter.exists) && '_extends' in filter.exists;
}

export function isWhereFilter(filter: unknown): boolean {
  return (
    isBooleanFilter(filter) ||
    isFilterStatement(filter) ||
    isFilterGroup(filter) ||
    isSubQueryFilter(filter) ||
    isRelationshipExistsFilter(filter)
  );
}

export function isIdFilter(filter: unknown): filter is FilterStatement {
  return isFilterStatement(filter) && filter[0] === 'id';
}

export function isIdFilterEqualityStatement(filter: unknown): filter is readonly ['id', '=', unknown] {
  return isIdFilter(filter) && filter[1] === '=';
}

/** `true` or `null`: the relation named like the alias. */
export function isQueryInclusionShorthand(inclusion: unknown): inclusion is true | null {
  return inclusion === true || inclusion === null;
}

/** `{ _extends: relation }`. */
export function isQueryInclusionReference<I>(inclusion: I): inclusion is Extract<I, { readonly _extends: string }> {
  return isObject(inclusion) && '_extends' in inclusion;
}

/** `{ subquery, cardinality }`. */
export function isQueryInclusionSubquery<I>(inclusion: I): inclusion is Extract<I, { readonly subquery: unknown }> {
  return isObject(inclusion) && 'subquery' in inclusion;
}

export function isQueryResultCardinality(cardinality: unknown): cardinality is Cardinality {
  return cardinality === 'one' || cardinality === 'many';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
