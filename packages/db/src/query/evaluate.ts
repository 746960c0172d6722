/**
 * What a filter statement means for one row. Statements are compiled once and called per row and operand; values are in
 * encoded form on both sides. Empty means null or undefined, and the two are the same everywhere.
 */
import { InvalidFilterError } from '../base/errors.ts';
import { describeValue, textOf } from '../base/describe-value.ts';
import type { PreparedFilter } from '../ast/query.ts';
import type { DataType } from '../schema/data-type.ts';
import { SET_OP_PREFIX } from '../schema/operations.ts';
import { compareValue } from '../values/compare-values.ts';
import { equalValue } from '../values/equal-values.ts';
import { compilePath } from './compile-path.ts';
import type { Readable } from './compile-path.ts';
import { isFilterGroup, isFilterStatement } from './filter-guards.ts';
import { likeMatcher } from './like-pattern.ts';
import { isValueVariable, unescapeLiteral } from './variables.ts';

export { compilePath, valueAtPath } from './compile-path.ts';

/** Whether a row satisfies `path operator operand`. */
export type StatementTest = (row: Readable, operand: unknown) => boolean;
type ValueTest = (value: unknown, operand: unknown) => boolean;
type MemberOf = (key: string, operand: unknown) => unknown;

/** An operator that does not exist is reported when the first row is examined, with an `InvalidFilterError`. */
export function compileStatement(path: string, operator: string, type: DataType | undefined): StatementTest {
  const read = compilePath(path);
  const test = compileOperator(path, operator, type);
  return (row, operand) => test(read(row), operand instanceof Date ? operand.toISOString() : operand);
}

/** All of the filters, none of which may need other rows: an exists filter throws `InvalidFilterError`. */
export function satisfiesFilters(
  row: Readable,
  filters: readonly PreparedFilter[],
  typeAt: (path: string) => DataType | undefined = () => undefined,
): boolean {
  return filters.every((filter) => satisfiesFilter(row, filter, typeAt));
}

function satisfiesFilter(
  row: Readable,
  filter: PreparedFilter,
  typeAt: (path: string) => DataType | undefined,
): boolean {
  if (typeof filter === 'boolean') return filter;
  if (isFilterStatement(filter)) {
    const [path, operator, value] = filter;
    return compileStatement(
      path,
      operator,
      typeAt(path),
    )(row, isValueVariable(value) ? undefined : unescapeLiteral(value));
  }
  if (!isFilterGroup(filter)) {
    throw new InvalidFilterError('An exists filter cannot be decided by looking at one row. Fetch the query instead.');
  }
  const test = (member: PreparedFilter): boolean => satisfiesFilter(row, member, typeAt);
  return filter.mod === 'and' ? filter.filters.every(test) : filter.filters.some(test);
}

function compileOperator(path: string, operator: string, type: DataType | undefined): ValueTest {
  const isPrefixed = operator.startsWith(SET_OP_PREFIX);
  if (isPrefixed || type?.type === 'set') {
    return compileSetOperator(path, isPrefixed ? operator.slice(SET_OP_PREFIX.length) : operator, type);
  }
  if (operator === 'has') return hasElement;
  if (operator === '!has') return (value, operand) => !hasElement(value, operand);
  return scalarTests.get(operator)?.() ?? unrecognized(operator);
}

/** Made per statement, since some keep what they derived from the last operand. */
const scalarTests: ReadonlyMap<string, () => ValueTest> = new Map<string, () => ValueTest>([
  ['=', () => equals],
  ['!=', () => (value, operand) => !equals(value, operand)],
  ['>', () => (value, operand) => compare(value, operand) > 0],
  ['>=', () => (value, operand) => compare(value, operand) >= 0],
  ['<', () => (value, operand) => compare(value, operand) < 0],
  ['<=', () => (value, operand) => compare(value, operand) <= 0],
  ['like', () => (value, operand) => value != null && operand != null && isLike(value, operand)],
  ['nlike', () => (value, operand) => value == null || operand == null || !isLike(value, operand)],
  ['in', () => compileMembership(true)],
  ['nin', () => compileMembership(false)],
  ['isDefined', () => isDefined],
]);

function isDefined(value: unknown, operand: unknown): boolean {
  return (value != null) === Boolean(operand);
}

/** What `=` means for two encoded values. */
export function equals(value: unknown, operand: unknown): boolean {
  if (value === operand) return true;
  if (value == null || operand == null) return value == null && operand == null;
  if (typeof value !== typeof operand || operand instanceof Set) return false;
  return (typeof value === 'object' || typeof value === 'number') && compareValue(value, operand) === 0;
}

/** Empty is below everything. A list is ordered as an array, however it was given. */
function compare(value: unknown, operand: unknown): number {
  return compareValue(value, operand instanceof Set ? [...operand] : operand);
}

function isLike(value: unknown, operand: unknown): boolean {
  return likeMatcher(String(operand))(textOf(value));
}

/** Above this many elements a list is turned into a Set before it is searched. */
const MAX_SEARCHED_LIST = 8;

/** `in` and `nin`: membership in an array, a Set or an encoded set `{ [member]: boolean }`, without coercion. */
function compileMembership(expected: boolean): ValueTest {
  let lastList: readonly unknown[] | undefined;
  let lastSet: ReadonlySet<unknown> | undefined;
  const includes = (list: readonly unknown[], value: unknown): boolean => {
    if (list.length <= MAX_SEARCHED_LIST) return list.includes(value);
    if (list !== lastList) {
      lastList = list;
      lastSet = new Set(list);
    }
    return lastSet!.has(value);
  };
  return (value, operand) => {
    if (value == null || operand == null) return !expected;
    if (operand instanceof Set) return operand.has(value) === expected;
    if (typeof operand !== 'object') return false;
    if (Array.isArray(operand)) return includes(operand, value) === expected;
    return isLiveMember(operand, value) === expected;
  };
}

/** Keys of an encoded set are text, so members of any scalar type are found by their text. */
function isLiveMember(set: object, value: unknown): boolean {
  return typeof value !== 'object' && (set as Readable)[String(value)] === true;
}

/** `has` where no schema says "set": an element of an array, or a live member of an object read as an encoded set. */
function hasElement(value: unknown, operand: unknown): boolean {
  if (typeof value !== 'object' || value === null || operand == null) return false;
  if (!Array.isArray(value)) return isLiveMember(value, operand);
  return typeof operand === 'object' ? value.some((element) => equalValue(element, operand)) : value.includes(operand);
}

function compileSetOperator(path: string, operator: string, type: DataType | undefined): ValueTest {
  if (operator === 'isDefined') return isDefined;
  const itemType = type?.type === 'set' ? type.items.type : undefined;
  const memberOf = memberReaders[itemType ?? 'unknown'];
  if (operator === 'has' || operator === '=' || operator === '!has') {
    const expected = operator !== '!has';
    return (set, operand) => {
      if (set == null || operand == null) return !expected;
      assertSetLike(set, path);
      return hasMember(set, operand, memberOf) === expected;
    };
  }
  const test = scalarTests.get(operator)?.() ?? unrecognized(SET_OP_PREFIX + operator);
  return (set, operand) => {
    if (set == null) return false;
    assertSetLike(set, path);
    if (Array.isArray(set)) return set.some((member) => test(member, operand));
    for (const key in set) {
      if ((set as Readable)[key] === true && test(memberOf(key, operand), operand)) return true;
    }
    return false;
  };
}

/** Whether the operand, as a key, is flagged, and is of the type that the key stands for. */
function hasMember(set: object, operand: unknown, memberOf: MemberOf): boolean {
  if (Array.isArray(set)) return set.includes(operand);
  if (typeof operand === 'object') return false;
  const key = String(operand);
  return (set as Readable)[key] === true && equals(memberOf(key, operand), operand);
}

/** The member that a key stands for, in encoded form. Without a schema, the operand shows the type. */
const memberReaders: Readonly<Record<'string' | 'date' | 'number' | 'boolean' | 'unknown', MemberOf>> = {
  string: (key) => key,
  date: (key) => key,
  number: (key) => Number(key),
  boolean: (key) => key === 'true',
  unknown: (key, operand) => {
    const example =
      operand instanceof Set ? operand.values().next().value : Array.isArray(operand) ? operand[0] : operand;
    if (typeof example === 'number') return Number(key);
    return typeof example === 'boolean' ? key === 'true' : key;
  },
};

function assertSetLike(value: {}, path: string): asserts value is object {
  if (typeof value === 'object') return;
  throw new InvalidFilterError(
    `A set was expected at '${path}', but the stored value is ${describeValue(value)}. Write the attribute again as a set.`,
  );
}

function unrecognized(operator: string): ValueTest {
  return () => {
    throw new InvalidFilterError(`The operator ${operator} is not recognized.`);
  };
}
