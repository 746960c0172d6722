/**
 * A text that two values share exactly when they are equal: types are told apart, object keys are sorted, Sets have no
 * order, undefined members count as absent. Long, but free of collisions: the key under which equal queries share a view.
 */
export function canonicalText(value: unknown): string {
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
      return value === null ? 'null' : objectText(value);
    default:
      throw new TypeError(`A ${typeof value} has no canonical text. Only JSON values, Dates and Sets have one.`);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value instanceof Set) return `Set(${Array.from(value, canonicalText).sort().join(',')})`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text && ','}${JSON.stringify(key)}:${canonicalText(member)}`;
  }
  return `{${text}}`;
}
