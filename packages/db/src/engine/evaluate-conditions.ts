/**
 * Evaluates the conditions of a plan on one row. This is the only place where a condition gets its truth value, so reads,
 * live views, permissions and sync cannot disagree.
 */
import type { Row } from '../changes/types.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { hasCandidate } from './candidates.ts';
import type { Condition, Operand, ParameterSource, Plan, StatementCondition } from './plan.ts';

/** The values of a plan's parameters, in the order of `plan.parameters`. */
export type Parameters = readonly unknown[];
export const NO_PARAMETERS: Parameters = [];
/** Stands for a parameter whose parent row is not fixed, where a subquery is looked at from its own side. */
export const UNKNOWN_PARAMETER: unique symbol = Symbol('unknown parameter');

export function satisfies(plan: Plan, row: Row, parameters: Parameters, source: EntitySource): boolean {
  return satisfiesAll(plan.conditions, row, parameters, source);
}

export function satisfiesAll(conditions: readonly Condition[], row: Row, parameters: Parameters, source: EntitySource): boolean {
  for (const condition of conditions) if (!satisfiesCondition(condition, row, parameters, source)) return false;
  return true;
}

export function satisfiesCondition(condition: Condition, row: Row, parameters: Parameters, source: EntitySource): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.value;
    case 'statement':
      return satisfiesStatement(condition, row, parameters);
    case 'and':
      return satisfiesAll(condition.conditions, row, parameters, source);
    case 'or':
      for (const member of condition.conditions) if (satisfiesCondition(member, row, parameters, source)) return true;
      return false;
    case 'exists':
      return hasCandidate(condition.subquery.plan, bindParameters(condition.subquery.sources, row, parameters), source);
  }
}

/**
 * A correlated equality with an empty value never holds: a missing foreign key must not match rows whose own key is
 * missing too.
 */
function satisfiesStatement(condition: StatementCondition, row: Row, parameters: Parameters): boolean {
  const { operand } = condition;
  switch (operand.kind) {
    case 'constant':
      return condition.test(row, operand.value);
    case 'row':
      return condition.test(row, operand.read(row));
    case 'parameter': {
      const value = parameters[operand.index];
      if (operand.correlated && (value === null || value === undefined) && condition.operator === '=') return false;
      return condition.test(row, value);
    }
  }
}

/** The value of an operand that does not depend on the row; `undefined` inside `known: false` when it does. */
export function operandValue(operand: Operand, parameters: Parameters): { readonly known: boolean; readonly value: unknown } {
  if (operand.kind === 'constant') return { known: true, value: operand.value };
  if (operand.kind === 'parameter') {
    const value = parameters[operand.index];
    return { known: value !== UNKNOWN_PARAMETER, value };
  }
  return { known: false, value: undefined };
}

export function bindParameters(sources: readonly ParameterSource[], row: Row, parameters: Parameters): Parameters {
  if (sources.length === 0) return NO_PARAMETERS;
  const bound = new Array<unknown>(sources.length);
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index]!;
    bound[index] = source.kind === 'row' ? source.read(row) : parameters[source.index];
  }
  return bound;
}

/** A subquery's parameters as far as they are known without a parent row. */
export function unboundParameters(sources: readonly ParameterSource[], parameters: Parameters): Parameters {
  return sources.map((source) => (source.kind === 'row' ? UNKNOWN_PARAMETER : parameters[source.index]));
}
