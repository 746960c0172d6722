/**
 * Reads the value at a dotted path of a row. Whatever is missing on the way, null included, makes the value undefined;
 * only own properties count, so a path such as `constructor` reads data or nothing.
 */
import { getOwn } from '../values/own-property.ts';
import { getPath } from '../values/value-pointer.ts';

/** Any object; encoded rows are the usual ones. */
export type Readable = Readonly<Record<string, unknown>>;

/** The path is split once; the result is made to be called for many rows. */
export function compilePath(path: string): (row: Readable) => unknown {
  const keys = path.split('.');
  if (keys.some(isInherited)) return (row) => getPath(row, keys);
  const first = keys[0]!;
  if (keys.length === 1) return (row) => row[first];
  if (keys.length === 2) {
    const second = keys[1]!;
    return (row) => property(row[first], second);
  }
  const rest = keys.slice(1);
  return (row) => {
    let value = row[first];
    for (const key of rest) value = property(value, key);
    return value;
  };
}

export function valueAtPath(row: Readable, path: string): unknown {
  return path.includes('.') ? getPath(row, path) : getOwn(row, path);
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readable)[key] : undefined;
}

/** Names that objects or arrays have without anybody having stored them. */
function isInherited(key: string): boolean {
  return key in Object.prototype || key in Array.prototype;
}
