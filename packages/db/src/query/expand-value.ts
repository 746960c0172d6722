/**
 * The value side of a statement in prepared form: static variables replaced, Dates as ISO text, arrays as Sets. What
 * comes out as text with one leading `$` is a relational variable and nothing else.
 */
import { DBSerializationError, InvalidFilterError } from '../base/errors.ts';
import { cloneJson } from '../values/clone-json.ts';
import type { Expansion, Place } from './expansion.ts';
import {
  escapeLiteral,
  getVariableComponents,
  isValueVariable,
  isVariableScopeRelational,
  relationalVariable,
  resolveStaticVariable,
} from './variables.ts';

export function expandValue(value: unknown, place: Place, expansion: Expansion): unknown {
  if (!isValueVariable(value)) return expandConstant(value);
  const components = getVariableComponents(value);
  const [scope, ...path] = components;
  if (scope === undefined) return relationalVariable(place.unscoped, path);
  if (isVariableScopeRelational(scope)) return checkedRelational(value, path);
  if (!expansion.replaceStaticVariables) return value;
  if (scope === '$prev' && expansion.keepPrevious && expansion.variables.$prev === undefined) return value;
  return escapeLiteral(expandConstant(resolveStaticVariable(components, expansion.variables)));
}

function checkedRelational(variable: string, path: readonly string[]): string {
  if (path.some((key) => key !== '')) return variable;
  throw new InvalidFilterError(`The variable ${variable} names no attribute. Write ${variable}.<attribute>.`);
}

function expandConstant(value: unknown): unknown {
  if (typeof value === 'string' || value === undefined) return value;
  try {
    // What cannot be stored cannot be compared either; and what is compared later must not change in between.
    if (Array.isArray(value) || value instanceof Set)
      return new Set(Array.from(value as Iterable<unknown>, cloneElement));
    return cloneJson(value);
  } catch (error) {
    if (!(error instanceof DBSerializationError)) throw error;
    throw new InvalidFilterError(`A value to compare with is no JSON value. ${error.message}`);
  }
}

const cloneElement = (element: unknown): unknown => (element === undefined ? undefined : cloneJson(element));
