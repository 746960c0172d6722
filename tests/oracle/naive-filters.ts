/** Filters and variables as text and structure, without a row to look at. */
import type { Filter } from './naive-database.ts';
import { encode } from './naive-values.ts';

export const isVariable = (value: unknown): value is string => typeof value === 'string' && /^\$(?!\$)/.test(value);

export function scopeOf(variable: string, unscoped: 0 | 1): { scope: string | number; keys: string[] } {
  const [first = '', ...rest] = variable.split('.');
  if (/^\$\d+$/.test(first)) return { scope: Number(first.slice(1)), keys: rest };
  if (['$global', '$session', '$token', '$query', '$role', '$prev'].includes(first))
    return { scope: first, keys: rest };
  return { scope: unscoped, keys: [first.slice(1), ...rest] };
}

/** Crossing a relation puts one more row between a statement and the rows that its variable counts. */
export function oneFurtherIn(value: unknown): unknown {
  if (!isVariable(value)) return value;
  return value.replace(/^\$(\d+)/, (_, scope: string) => `$${Number(scope) + 1}`);
}

/** A value that is compared with. A list is a Set, which nothing that is stored can be. */
export function constant(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  // Elements of a list are never variables, so nothing is escaped there.
  if (value instanceof Set || Array.isArray(value))
    return new Set(
      Array.from(value as Iterable<unknown>, (element) => (element instanceof Date ? element.toISOString() : element)),
    );
  if (typeof value === 'string') return value.startsWith('$$') ? value.slice(1) : value;
  return encode({ type: 'any' }, value);
}

/**
 * The filters that must all hold. A group with one filter is that filter, and so are all filters of an `and`. Constants that
 * decide nothing count.
 */
export function conjoined(filters: readonly Filter[]): Filter[] {
  return members('and', filters);
}

/** Without empty groups and repetitions, and with those of inner groups of the same kind. */
function members(mod: 'and' | 'or', filters: readonly Filter[]): Filter[] {
  const found = new Map<string, Filter>();
  for (const filter of filters) {
    const inner = isGroup(filter) ? members(filter.mod, filter.filters) : [filter];
    const isPart = isGroup(filter) && (inner.length < 2 || filter.mod === mod);
    for (const member of isPart || !isGroup(filter) ? inner : [{ mod: filter.mod, filters: inner }])
      found.set(JSON.stringify(member), member);
  }
  const decisive = mod === 'or';
  return found.has(JSON.stringify(decisive)) ? [decisive] : [...found.values()];
}

type Group = Extract<Filter, { mod: 'and' | 'or' }>;

function isGroup(filter: Filter): filter is Group {
  return typeof filter === 'object' && !Array.isArray(filter) && 'mod' in filter;
}
