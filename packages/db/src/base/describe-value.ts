/** Values as text: for error messages, and for what looks at a value as text. Neither throws. */
const MAX_LENGTH = 1000;

/** For an error message: never longer than a limit. */
export function describeValue(value: unknown): string {
  const text = textOf(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** The same with quotes around a string, so that `'2'` and `2` read differently. */
export function quoteValue(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : describeValue(value);
}

/** All of it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return String(value);
  if (value instanceof Set) return textOf([...value]);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
