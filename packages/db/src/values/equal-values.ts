/** Deep equality of JSON values, Dates and Sets. Exact: null is not undefined, and an absent key is not a present one. */
export function equalValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Number.isNaN(a) && Number.isNaN(b);
  }
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalArrays(a, b);
  if (a instanceof Date || b instanceof Date) return isSameDate(a, b);
  if (a instanceof Set || b instanceof Set) return a instanceof Set && b instanceof Set && equalSets(a, b);
  return equalObjects(a as Record<string, unknown>, b as Record<string, unknown>);
}

function equalArrays(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalValue(a[i], b[i])) return false;
  return true;
}

function isSameDate(a: object, b: object): boolean {
  return a instanceof Date && b instanceof Date && equalValue(a.getTime(), b.getTime());
}

/** Whatever the order of members; Dates by their time. */
function equalSets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  const identities = new Set([...b].map(identityOf));
  return [...a].every((member) => identities.has(identityOf(member)));
}
function identityOf(member: unknown): unknown {
  return member instanceof Date ? `date ${member.getTime()}` : member;
}

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !equalValue(a[key], b[key])) return false;
  return true;
}
