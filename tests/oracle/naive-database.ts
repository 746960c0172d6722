/**
 * The oracle: a database that answers a prepared query in the plainest way, by looking at every row, every time. It
 * shares no code with the engine; where the two disagree, one of them is wrong.
 */
import type { PreparedFilter, PreparedQuery } from '../../packages/db/src/ast/query.ts';

export type NaiveRow = Record<string, unknown>;
export type NaiveData = Map<string, Map<string, NaiveRow>>;
/** Rows of the enclosing queries, innermost first. */
type Ancestors = readonly NaiveRow[];

export interface NaiveResult {
  row: NaiveRow;
  include: Record<string, NaiveResult[] | NaiveResult | null>;
}

export function naiveFetch(data: NaiveData, query: PreparedQuery, ancestors: Ancestors = []): NaiveResult[] {
  let rows = [...(data.get(query.collectionName)?.values() ?? [])];
  rows.sort((a, b) => ((a['id'] as string) < (b['id'] as string) ? -1 : 1));
  rows = rows.filter((row) => (query.where ?? []).every((filter) => holds(data, filter, row, ancestors)));
  const order = query.order ?? [];
  const listed = (query.where ?? []).find(
    (filter) => Array.isArray(filter) && filter[0] === 'id' && (filter[1] === 'in' || filter[1] === '='),
  ) as [string, string, unknown] | undefined;
  if (order.length === 0 && listed?.[1] === 'in' && !(typeof listed[2] === 'string')) {
    const ids = members(listed[2]);
    rows.sort((a, b) => ids.indexOf(a['id']) - ids.indexOf(b['id']));
  }
  const sortValues = (row: NaiveRow): unknown[] =>
    order.map(([path, , relation]) => {
      if (relation === undefined) return at(row, path) ?? null;
      let query = relation.subquery;
      let related = naiveFetch(data, query, [row, ...ancestors])[0];
      const segments = path.split('.').slice(1);
      while (related !== undefined && query.include?.[segments[0]!] !== undefined) {
        query = query.include[segments[0]!]!.subquery;
        related = naiveFetch(data, query, [related.row, row, ...ancestors])[0];
        segments.shift();
      }
      return related === undefined ? null : (at(related.row, segments.join('.')) ?? null);
    });
  const compareTo = (values: unknown[], others: readonly unknown[]): number => {
    for (let index = 0; index < order.length; index++) {
      const result = compare(values[index], others[index]);
      if (result !== 0) return order[index]![1] === 'DESC' ? -result : result;
    }
    return 0;
  };
  rows.sort((a, b) => compareTo(sortValues(a), sortValues(b)));
  if (query.after !== undefined) {
    const [cursor, inclusive] = query.after;
    rows = rows.filter((row) => {
      const result = compareTo(sortValues(row), cursor);
      return result > 0 || (result === 0 && inclusive);
    });
  }
  if (query.limit !== undefined) rows = rows.slice(0, query.limit);
  return rows.map((row) => {
    const include: NaiveResult['include'] = {};
    for (const [name, { subquery, cardinality }] of Object.entries(query.include ?? {})) {
      const results = naiveFetch(data, subquery, [row, ...ancestors]);
      include[name] = cardinality === 'one' ? (results[0] ?? null) : results;
    }
    return { row, include };
  });
}

function holds(data: NaiveData, filter: PreparedFilter, row: NaiveRow, ancestors: Ancestors): boolean {
  if (typeof filter === 'boolean') return filter;
  if ('mod' in filter) {
    return filter.mod === 'and'
      ? filter.filters.every((member) => holds(data, member, row, ancestors))
      : filter.filters.some((member) => holds(data, member, row, ancestors));
  }
  if ('exists' in filter)
    return (
      naiveFetch(data, { ...filter.exists, order: undefined, limit: undefined } as PreparedQuery, [row, ...ancestors])
        .length > 0
    );
  const [path, operator, given] = filter;
  let value = given;
  let correlated = false;
  if (typeof given === 'string' && given.startsWith('$')) {
    const [scope, ...rest] = given.slice(1).split('.');
    correlated = scope !== '0';
    value = at(scope === '0' ? row : ancestors[Number(scope) - 1]!, rest.join('.'));
  }
  if (correlated && operator === '=' && (value === null || value === undefined)) return false;
  return compares(at(row, path), operator, value);
}

function compares(left: unknown, operator: string, right: unknown): boolean {
  if (operator.startsWith('SET_')) return comparesSet(left, operator.slice('SET_'.length), right);
  const noLeft = left === null || left === undefined;
  const noRight = right === null || right === undefined;
  switch (operator) {
    case '=':
      return noLeft || noRight ? noLeft && noRight : compare(left, right) === 0;
    case '!=':
      return !compares(left, '=', right);
    case '>':
      return noLeft ? false : noRight || compare(left, right) > 0;
    case '>=':
      return noLeft ? noRight : noRight || compare(left, right) >= 0;
    case '<':
      return noRight ? false : noLeft || compare(left, right) < 0;
    case '<=':
      return noRight ? noLeft : noLeft || compare(left, right) <= 0;
    case 'in':
      return !noLeft && !noRight && members(right).includes(left);
    case 'nin':
      return noLeft || noRight || !members(right).includes(left);
    case 'like': {
      if (noLeft || noRight) return false;
      const pattern = [...String(right)].map((char) =>
        char === '%' ? '[^]*' : char === '_' ? '[^]' : char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&'),
      );
      return new RegExp(`^${pattern.join('')}$`, 'iu').test(String(left));
    }
    case 'nlike':
      return !compares(left, 'like', right);
    case 'isDefined':
      return right ? !noLeft : noLeft;
    default:
      throw new Error(`The oracle does not know the operator ${operator}.`);
  }
}

function comparesSet(left: unknown, operator: string, right: unknown): boolean {
  if (operator === 'isDefined') return compares(left, operator, right);
  const none = left === null || left === undefined;
  const keys = none
    ? []
    : Object.entries(left as Record<string, boolean>)
        .filter(([, live]) => live)
        .map(([key]) => key);
  // The generated schemas have sets of strings only.
  if (operator === 'has' || operator === '=')
    return right !== null && right !== undefined && keys.includes(right as string);
  if (operator === '!has') return right === null || right === undefined || !keys.includes(right as string);
  return keys.some((key) => compares(key, operator, right));
}

function members(list: unknown): unknown[] {
  if (list instanceof Set || Array.isArray(list)) return [...(list as Iterable<unknown>)];
  return Object.entries(list as Record<string, boolean>)
    .filter(([, live]) => live)
    .map(([key]) => key);
}

function at(row: NaiveRow, path: string): unknown {
  let value: unknown = row;
  for (const segment of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as NaiveRow)[segment];
  }
  return value;
}

const rank = (value: unknown): number =>
  value === null || value === undefined
    ? 0
    : Array.isArray(value)
      ? 2
      : typeof value === 'object'
        ? 1
        : typeof value === 'number'
          ? 3
          : typeof value === 'string'
            ? 4
            : 5;

function compare(a: unknown, b: unknown): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0) return 0;
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}
