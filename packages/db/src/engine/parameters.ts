/**
 * Parameters of plans: how a parent row and its own parameters give a subquery the values that it refers to.
 */
import type { Row } from '../changes/types.ts';
import type { Operand, ParameterSource, Subplan } from './plan.ts';

/** The values of a plan's parameters, in the order of `plan.parameters`. */
export type Parameters = readonly unknown[];
export const NO_PARAMETERS: Parameters = [];
/** Stands for a parameter whose parent row is not fixed, where a subquery is looked at from its own side. */
export const UNKNOWN_PARAMETER: unique symbol = Symbol('unknown parameter');

/** The value of an operand that does not depend on the row; `undefined` inside `known: false` when it does. */
export function operandValue(
  operand: Operand,
  parameters: Parameters,
): { readonly known: boolean; readonly value: unknown } {
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

/** Whether a change of the parent row gives a subquery other parameters. */
export function bindingChanged(subplan: Subplan, previous: Row, next: Row): boolean {
  return subplan.sources.some((source) => source.kind === 'row' && source.read(previous) !== source.read(next));
}
