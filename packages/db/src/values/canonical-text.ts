/**
 * A text that two values share exactly when they are equal: types are told apart, object keys are sorted, Sets have no
 * order, undefined members count as absent. Long, but free of collisions: the key under which equal queries share a view.
 */
export function canonicalText(value: unknown): string {
  return textOf(value, true);
}

/** The same for values whose order of keys and members counts as well. */
export function orderedText(value: unknown): string {
  return textOf(value, false);
}

function textOf(value: unknown, sorts: boolean): string {
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
      return value === null ? 'null' : objectText(value, sorts);
    default:
      throw new TypeError(`A ${typeof value} has no canonical text. Only JSON values, Dates and Sets have one.`);
  }
}

function objectText(value: object, sorts: boolean): string {
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element, sorts)).join(',')}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Set) {
    const members = Array.from(value, (member) => textOf(member, sorts));
    return `Set(${(sorts ? members.sort() : members).join(',')})`;
  }
  const keys = Object.keys(value);
  let text = '';
  for (const key of sorts ? keys.sort() : keys) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text && ','}${JSON.stringify(key)}:${textOf(member, sorts)}`;
  }
  return `{${text}}`;
}
