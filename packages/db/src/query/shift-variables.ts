/** Moves a subquery's filters to a deeper place: what they say about their own rows stays, outer references follow. */
import type { PreparedFilter } from '../ast/query.ts';
import { isFilterGroup, isFilterStatement } from './filter-guards.ts';
import {
  getVariableComponents,
  isValueVariable,
  isVariableScopeRelational,
  safeIncrementSubqueryVar,
} from './variables.ts';

/** Adds `step` to every variable that refers beyond the subquery whose filters these are. */
export function shiftOuterVariables(filters: readonly PreparedFilter[], step: number, depth = 0): PreparedFilter[] {
  return step === 0 ? [...filters] : filters.map((filter) => shift(filter, step, depth));
}

function shift(filter: PreparedFilter, step: number, depth: number): PreparedFilter {
  if (typeof filter === 'boolean') return filter;
  if (isFilterStatement(filter)) {
    const [path, operator, value] = filter;
    return isOuterVariable(value, depth) ? [path, operator, safeIncrementSubqueryVar(value, step)] : filter;
  }
  if (isFilterGroup(filter)) return { ...filter, filters: shiftOuterVariables(filter.filters, step, depth) };
  return { exists: { ...filter.exists, where: shiftOuterVariables(filter.exists.where ?? [], step, depth + 1) } };
}

function isOuterVariable(value: unknown, depth: number): boolean {
  if (!isValueVariable(value)) return false;
  const [scope] = getVariableComponents(value);
  return isVariableScopeRelational(scope) && scope > depth;
}
