/**
 * Texts that two filters share exactly when they mean the same up to the order of members in groups and lists. Free of
 * collisions, unlike a hash: a filter that is dropped as a duplicate really is one.
 */
import type { PreparedFilter } from '../ast/query.ts';
import { canonicalText } from '../values/canonical-text.ts';
import { isFilterGroup, isFilterStatement } from './filter-guards.ts';

export function filterKey(filter: PreparedFilter): string {
  if (typeof filter === 'boolean' || isFilterStatement(filter)) return canonicalText(filter);
  if (isFilterGroup(filter)) return `${filter.mod}(${filtersKey(filter.filters)})`;
  const { where, ...rest } = filter.exists;
  return `exists(${canonicalText(rest)},${filtersKey(where ?? [])})`;
}

export function filtersKey(filters: readonly PreparedFilter[]): string {
  return filters.map(filterKey).sort().join(',');
}
