/** The JSON form of entities over HTTP: dates as ISO text, sets as arrays, keys without a value left out. */
export function plainJson(value: unknown): unknown {
  if (value instanceof Date) return value.toJSON();
  if (value instanceof Set) return Array.from(value, plainJson);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value !== 'object' || value === null) return value;
  const plain: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) plain[key] = plainJson(item);
  return plain;
}
