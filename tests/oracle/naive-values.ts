/**
 * Values as the naive database understands them: types, order and operators, written down from the specification. Rows
 * are encoded (dates as ISO text, sets as maps of members to flags); nothing is shared with the real database.
 */
export type Row = Record<string, unknown>;

/** A data type of a schema, as plain JSON, or `any`: there is no schema. */
export interface NaiveType {
  type: 'any' | 'string' | 'number' | 'boolean' | 'date' | 'json' | 'set' | 'record';
  config?: { optional?: boolean; nullable?: boolean; default?: unknown; enum?: string[] };
  items?: NaiveType;
  properties?: Record<string, NaiveType>;
}

export const isEmpty = (value: unknown): value is null | undefined => value === null || value === undefined;
export const isOptional = (type: NaiveType): boolean =>
  type.config?.optional === true || type.config?.nullable === true;
export const isPlain = (value: unknown): value is Row =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !(value instanceof Set);

/** Follows a path through objects and arrays. */
export function at(value: unknown, path: string): unknown {
  let current = value;
  for (const key of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Row)[key];
  }
  return current;
}

/** The type at an attribute path: through records by name, into json at any depth. */
export function typeAt(type: NaiveType, path: string): NaiveType | undefined {
  let current: NaiveType | undefined = type;
  for (const key of path.split('.')) {
    if (current === undefined || current.type === 'json' || current.type === 'any') return current;
    current =
      current.type === 'record' && Object.hasOwn(current.properties!, key) ? current.properties![key] : undefined;
  }
  return current;
}

export function encode(type: NaiveType, value: unknown): unknown {
  if (isEmpty(value)) return value;
  switch (type.type) {
    case 'any':
      return encodeAny(value);
    case 'date':
      return new Date(value as Date | string | number).toISOString();
    case 'set':
      return isPlain(value)
        ? { ...value }
        : Object.fromEntries([...(value as Iterable<unknown>)].map((member) => [keyOf(member), true]));
    case 'record':
      return Object.fromEntries(
        Object.entries(value as Row).map(([key, member]) => [key, encode(type.properties![key]!, member)]),
      );
    default:
      return structuredClone(value);
  }
}

/** Without a schema a value shows itself what it is. */
function encodeAny(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Set)
    return Object.fromEntries([...(value as Set<unknown>)].map((member) => [keyOf(member), true]));
  if (Array.isArray(value)) return value.map((element) => encodeAny(element) ?? null);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, encodeAny(member)]),
  );
}

export function keyOf(member: unknown): string {
  return member instanceof Date ? member.toISOString() : String(member);
}

export function decode(type: NaiveType, value: unknown): unknown {
  if (isEmpty(value)) return value;
  switch (type.type) {
    case 'date':
      return new Date(value as string);
    case 'set':
      return new Set(membersOf(value, type.items!.type).map((member) => decode(type.items!, member)));
    case 'record': {
      const decoded: Row = {};
      for (const [key, property] of Object.entries(type.properties!)) {
        const member = (value as Row)[key];
        if (member !== undefined) decoded[key] = decode(property, member);
      }
      return decoded;
    }
    default:
      return structuredClone(value);
  }
}

/** The live members of an encoded set, encoded. */
export function membersOf(set: unknown, itemType: string): unknown[] {
  if (isEmpty(set)) return [];
  return Object.entries(set as Row)
    .filter(([, live]) => live === true)
    .map(([key]) => (itemType === 'number' ? Number(key) : itemType === 'boolean' ? key === 'true' : key));
}

const ranks: Record<string, number> = { null: 0, object: 1, array: 2, number: 3, string: 4, boolean: 5 };
function rank(value: unknown): number {
  return ranks[isEmpty(value) ? 'null' : Array.isArray(value) ? 'array' : typeof value]!;
}

/** null < object < array < number < string < boolean; NaN is the lowest number. */
export function compare(a: unknown, b: unknown): number {
  const kind = rank(a);
  if (kind !== rank(b)) return kind - rank(b);
  if (kind === 0) return 0;
  if (kind === 1) return compareLists(sortedEntries(a as Row), sortedEntries(b as Row));
  if (kind === 2) return compareLists(a as unknown[], b as unknown[]);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = compare(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
const sortedEntries = (object: Row): unknown[] =>
  Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => [key, object[key]]);

/** Whether `value operator operand` holds. A list that a query brings is a Set; `type` is that of the left side. */
export function holds(value: unknown, operator: string, operand: unknown, type?: NaiveType): boolean {
  if (type?.type === 'set') return holdsOfSet(value, operator, operand, type.items!);
  const noValue = isEmpty(value);
  const noOperand = isEmpty(operand);
  switch (operator) {
    case '=':
      if (noValue || noOperand) return noValue && noOperand;
      return !(operand instanceof Set) && compare(value, operand) === 0;
    case '!=':
      return !holds(value, '=', operand);
    case '>':
      return !noValue && (noOperand || compare(value, listed(operand)) > 0);
    case '>=':
      return noOperand || (!noValue && compare(value, listed(operand)) >= 0);
    case '<':
      return !noOperand && (noValue || compare(value, listed(operand)) < 0);
    case '<=':
      return noValue || (!noOperand && compare(value, listed(operand)) <= 0);
    case 'in':
      return !noValue && !noOperand && isIn(value, operand) === true;
    case 'nin':
      return noValue || noOperand || isIn(value, operand) === false;
    case 'like':
      return !noValue && !noOperand && isLike(String(value), String(operand));
    case 'nlike':
      return !holds(value, 'like', operand);
    case 'isDefined':
      return noValue !== Boolean(operand);
    case 'has':
      if (noValue || noOperand || typeof value !== 'object') return false;
      if (Array.isArray(value)) return value.some((element) => equal(element, operand));
      return typeof operand !== 'object' && (value as Row)[String(operand)] === true;
    case '!has':
      return !holds(value, 'has', operand);
    default:
      throw new Error(`The oracle does not know the operator ${operator}.`);
  }
}

const listed = (operand: unknown): unknown => (operand instanceof Set ? [...(operand as Set<unknown>)] : operand);

/** Undefined: the operand is no list, and no encoded set either. */
function isIn(value: unknown, operand: unknown): boolean | undefined {
  if (operand instanceof Set) return operand.has(value);
  if (Array.isArray(operand)) return operand.includes(value);
  return isPlain(operand) ? typeof value !== 'object' && operand[String(value)] === true : undefined;
}

/** `has` and `=`: a member is it; `!has`: none is; any other operator: it holds of some member. */
function holdsOfSet(set: unknown, operator: string, operand: unknown, items: NaiveType): boolean {
  if (operator === 'isDefined') return holds(set, operator, operand);
  const members = membersOf(set, items.type);
  if (operator === 'has' || operator === '=') return members.includes(operand);
  if (operator === '!has') return !members.includes(operand);
  return members.some((member) => holds(member, operator, operand));
}

function isLike(text: string, pattern: string): boolean {
  const source = [...pattern].map((character) =>
    character === '%' ? '[^]*' : character === '_' ? '[^]' : character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 'iu').test(text);
}

/** Deep equality of what queries return: Sets in any order, Dates by time, no difference between absent and undefined. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((element, index) => equal(element, b[index]));
  }
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Set) {
    const keys = b instanceof Set ? new Set([...(b as Set<unknown>)].map(identity)) : undefined;
    return (
      keys !== undefined &&
      a.size === keys.size &&
      [...(a as Set<unknown>)].every((member) => keys.has(identity(member)))
    );
  }
  if (!isPlain(b)) return false;
  const keys = Object.keys(a).filter((key) => (a as Row)[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && equal((a as Row)[key], b[key]));
}
const identity = (member: unknown): string =>
  member instanceof Date ? `date ${member.getTime()}` : `${typeof member} ${String(member)}`;
