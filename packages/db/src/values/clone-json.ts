/**
 * A copy of a JSON value that shares nothing with it. On the way it becomes true JSON: Dates turn into ISO strings, Sets
 * into arrays, undefined members disappear, -0 is 0. What JSON cannot hold (functions, symbols, bigints, cycles) is refused.
 */
import { DBSerializationError } from '../base/errors.ts';
import { setOwn } from './own-property.ts';

/** Levels of nesting that one value may have; deeper is taken for a cycle. */
export const MAX_JSON_DEPTH = 500;

export function cloneJson<T>(value: T): T {
  return cloneAt(value, 0) as T;
}

function cloneAt(value: unknown, depth: number): unknown {
  if (typeof value !== 'object') return checkedScalar(value);
  if (value === null) return null;
  if (depth >= MAX_JSON_DEPTH) {
    throw new DBSerializationError(
      'json',
      '[deep value]',
      `The value is cyclic or nested deeper than ${MAX_JSON_DEPTH} levels.`,
    );
  }
  if (Array.isArray(value)) return cloneArray(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Set) return cloneArray([...value], depth);
  const clone: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) setOwn(clone, key, cloneAt(member, depth + 1));
  }
  return clone;
}

function cloneArray(array: readonly unknown[], depth: number): unknown[] {
  const clone: unknown[] = [];
  for (let i = 0; i < array.length; i++) clone.push(cloneAt(array[i] ?? null, depth + 1));
  return clone;
}

function checkedScalar(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new DBSerializationError('json', String(value), `A ${typeof value} is not a JSON value.`);
  }
  // JSON has no negative zero: it must not live in memory only to change its sign on disk.
  return value === 0 ? 0 : value;
}
