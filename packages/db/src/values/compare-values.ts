/**
 * The one total order over encoded values: null < object < array < number < string < boolean. There is no coercion.
 * Undefined counts as null; NaN is the lowest number; strings compare by UTF-16 code unit.
 */
export type EncodingType = 'null' | 'object' | 'array' | 'number' | 'string' | 'boolean';

/** The letters that stand for the types in encoded keys; their order is the order of the types. */
export const encodingByte = {
  null: 'b',
  object: 'c',
  array: 'd',
  number: 'e',
  string: 'f',
  boolean: 'g',
} as const satisfies Record<EncodingType, string>;

export const encodingRank: ReadonlyMap<EncodingType, number> = new Map(
  (Object.keys(encodingByte) as EncodingType[]).map((type, rank) => [type, rank]),
);

/** The lowest and the highest value, for bounds of key ranges. */
export const MIN = null;
export const MAX = true;

/** Undefined for what cannot be encoded, such as functions. */
export function encodingTypeOf(value: unknown): EncodingType | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as EncodingType;
    case 'undefined':
      return 'null';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'array' : 'object';
    default:
      return undefined;
  }
}

/** Negative, zero or positive. */
export function compareValue(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  const rankDifference = rankOf(a) - rankOf(b);
  if (rankDifference !== 0) return rankDifference;
  if (a == null) return 0;
  if (Array.isArray(a)) return compareTuple(a, b as unknown[]);
  if (typeof a === 'object') return compareTuple(sortedEntries(a), sortedEntries(b as object));
  return a === false ? -1 : 1;
}

/** Component by component; a tuple that begins another comes before it. */
export function compareTuple(a: readonly unknown[], b: readonly unknown[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const order = compareValue(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Keys and values of an object in turn, by ascending key, without undefined values. */
export function sortedEntries(object: object): unknown[] {
  const flat: unknown[] = [];
  for (const key of Object.keys(object).sort()) {
    const value = (object as Record<string, unknown>)[key];
    if (value !== undefined) flat.push(key, value);
  }
  return flat;
}

/** Of different ones, or NaN twice. */
function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(b) ? (Number.isNaN(a) ? 0 : 1) : -1;
}

function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'undefined':
      return 0;
    case 'number':
      return 3;
    case 'string':
      return 4;
    case 'boolean':
      return 5;
    case 'object':
      if (value === null) return 0;
      return Array.isArray(value) ? 2 : 1;
    default:
      throw new TypeError(`A ${typeof value} has no place in the order of values. Only JSON values can be compared.`);
  }
}
