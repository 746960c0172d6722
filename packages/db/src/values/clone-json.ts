/**
 * A copy of a JSON value that shares nothing with it. On the way it becomes true JSON: Dates turn into ISO strings, Sets
 * into arrays, undefined members disappear, -0 is 0. What JSON cannot hold (functions, symbols, bigints, invalid dates,
 * Maps and other objects with content of their own, cycles) is refused. NaN and the infinities are kept.
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
  checkDepth(depth);
  if (Array.isArray(value)) return cloneArray(value, depth);
  if (value instanceof Date) return cloneDate(value);
  if (value instanceof Set) return cloneArray([...value], depth);
  checkPlain(value);
  const clone: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) setOwn(clone, key, cloneAt(member, depth + 1));
  }
  return clone;
}

/** The same of what is known to be JSON. */
export function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson);
  const copy = {};
  for (const key of Object.keys(value)) setOwn(copy, key, copyJson((value as Record<string, unknown>)[key]));
  return copy;
}

function cloneArray(array: readonly unknown[], depth: number): unknown[] {
  const clone: unknown[] = [];
  for (let i = 0; i < array.length; i++) clone.push(cloneAt(array[i] ?? null, depth + 1));
  return clone;
}

/** `depth`: how many objects and arrays are around the value. */
export function checkDepth(depth: number): void {
  if (depth < MAX_JSON_DEPTH) return;
  throw new DBSerializationError(
    'json',
    '[deep value]',
    `The value is cyclic or nested deeper than ${MAX_JSON_DEPTH} levels.`,
  );
}

export function cloneDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new DBSerializationError('date', date);
  return date.toISOString();
}

/** Refuses objects whose content is not in their properties, such as a Map or a RegExp: their copy would be empty. */
export function checkPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Object]') return;
  throw new DBSerializationError('json', tag, `${tag.slice('[object '.length, -1)} is not a JSON value.`);
}

/** A value that is no object, as JSON holds it. */
export function checkedScalar(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    throw new DBSerializationError('json', String(value), `A ${typeof value} is not a JSON value.`);
  }
  // JSON has no negative zero: it must not live in memory only to change its sign on disk.
  return value === 0 ? 0 : value;
}
