/** Null and undefined mean the same to filters, optional attributes and order: there is no value. */
export function hasNoValue(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
