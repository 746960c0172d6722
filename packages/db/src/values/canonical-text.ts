/**
 * A text that two values share exactly when they are equal: types are told apart, object keys are sorted, Sets have no
 * order, undefined members count as absent. Long, but free of collisions: the key under which equal queries share a view.
 */
import { TriplitError } from '../base/errors.ts';

/** Levels of nesting that a value may have to get a text: those of a stored value, and of a query around it. */
export const MAX_TEXT_DEPTH = 1000;

export function checkTextDepth(depth: number): void {
  if (depth <= MAX_TEXT_DEPTH) return;
  throw new TriplitError(`A value or query is cyclic or nested deeper than ${MAX_TEXT_DEPTH} levels. Flatten it.`);
}

export function canonicalText(value: unknown): string {
  return textOf(value, true, 0);
}

/** The same for values whose order of keys and members counts as well. */
export function orderedText(value: unknown): string {
  return textOf(value, false, 0);
}

function textOf(value: unknown, sorts: boolean, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'undefined';
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : objectText(value, sorts, depth + 1);
    default:
      throw new TypeError(`A ${typeof value} has no canonical text. Only JSON values, Dates and Sets have one.`);
  }
}

function objectText(value: object, sorts: boolean, depth: number): string {
  checkTextDepth(depth);
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element, sorts, depth)).join(',')}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Set) {
    const members = Array.from(value, (member) => textOf(member, sorts, depth));
    return `Set(${(sorts ? members.sort() : members).join(',')})`;
  }
  const keys = Object.keys(value);
  let text = '';
  for (const key of sorts ? keys.sort() : keys) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text && ','}${JSON.stringify(key)}:${textOf(member, sorts, depth)}`;
  }
  return `{${text}}`;
}
