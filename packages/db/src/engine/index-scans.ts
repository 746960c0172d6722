/**
 * What conditions mean for an index: the values or bounds that every row satisfying them has. A scan may yield more rows
 * than match, never fewer.
 */
import type { IndexScan, ValueBounds } from '../query/entity-source.ts';
import { compareValue } from '../values/compare-values.ts';
import { liveMemberKeys, scalarsOfKey } from '../values/set-member.ts';
import { operandValue } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { StatementCondition } from './plan.ts';

/** The values that a statement compares for equality; undefined when it is not of that kind. */
export function pointValues(condition: StatementCondition, parameters: Parameters): unknown[] | undefined {
  const { operand, operator } = condition;
  if (!pointOperators.has(operator)) return undefined;
  const { known, value } = operandValue(operand, parameters);
  if (!known) return undefined;
  if (operator === 'in' || operator === 'SET_in') return listValues(value);
  // With an empty value of a parent none of them holds.
  if ((value === null || value === undefined) && operand.kind === 'parameter' && operand.correlated) return [];
  return [value ?? null];
}

const pointOperators: ReadonlySet<string> = new Set(['=', 'in', 'has', 'SET_=', 'SET_has', 'SET_in']);

function listValues(list: unknown): unknown[] {
  if (list instanceof Set || Array.isArray(list)) return [...new Set(list as Iterable<unknown>)];
  return liveMemberKeys(list).flatMap(scalarsOfKey);
}

/** One scan per value. Set members, and elements of a json array, are indexed by their text. */
export function pointScans(condition: StatementCondition, collection: string, values: readonly unknown[]): IndexScan[] {
  const { path, operator } = condition;
  if (operator !== 'has' && !operator.startsWith('SET_'))
    return values.map((value) => ({ collection, path, kind: 'value', bounds: { gte: value, lte: value } }));
  return [...new Set(values.map(String))].map((member) => ({
    collection,
    path,
    kind: 'member',
    bounds: { gte: member, lte: member },
  }));
}

/** The bounds of a comparison; undefined when it is none, or with a value that is not known or has parts. */
export function rangeBounds(condition: StatementCondition, parameters: Parameters): ValueBounds | undefined {
  if (!rangeOperators.has(condition.operator)) return undefined;
  const { known, value: operand } = operandValue(condition.operand, parameters);
  if (!known) return undefined;
  const value = operand ?? null;
  if (typeof value === 'object' && value !== null) return undefined;
  switch (condition.operator) {
    case '>':
      return { gt: value };
    case '>=':
      return { gte: value };
    case '<':
      return { lt: value };
    case '<=':
      return { lte: value };
    default:
      return value ? { gt: null } : { gte: null, lte: null };
  }
}

const rangeOperators: ReadonlySet<string> = new Set(['>', '>=', '<', '<=', 'isDefined']);

/** The bounds of values that are within both: at most one lower and one upper bound. */
export function intersectBounds(a: ValueBounds, b: ValueBounds): ValueBounds {
  const lower = tighter(lowerBound(a), lowerBound(b), 1);
  const upper = tighter(upperBound(a), upperBound(b), -1);
  return {
    ...(lower === undefined ? undefined : lower.inclusive ? { gte: lower.value } : { gt: lower.value }),
    ...(upper === undefined ? undefined : upper.inclusive ? { lte: upper.value } : { lt: upper.value }),
  };
}

interface Bound {
  readonly value: unknown;
  readonly inclusive: boolean;
}

function lowerBound(bounds: ValueBounds): Bound | undefined {
  if ('gt' in bounds) return { value: bounds.gt ?? null, inclusive: false };
  return 'gte' in bounds ? { value: bounds.gte ?? null, inclusive: true } : undefined;
}

function upperBound(bounds: ValueBounds): Bound | undefined {
  if ('lt' in bounds) return { value: bounds.lt ?? null, inclusive: false };
  return 'lte' in bounds ? { value: bounds.lte ?? null, inclusive: true } : undefined;
}

/** `direction` 1: the greater one is tighter; -1: the smaller one. */
function tighter(a: Bound | undefined, b: Bound | undefined, direction: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compareValue(a.value, b.value) * direction;
  if (order === 0) return a.inclusive ? b : a;
  return order > 0 ? a : b;
}
