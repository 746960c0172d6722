/** Addresses inside JSON values: dotted paths through objects and array indexes. */
import { getOwn, setOwn } from './own-property.ts';

/** The value at the path, or undefined when anything on the way is missing. */
export function getPath(value: unknown, path: string | Iterable<string>): unknown {
  let current = value;
  for (const key of typeof path === 'string' ? path.split('.') : path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = getOwn(current, key);
  }
  return current;
}

/** Sets the value at the path in place. What is missing or not an object on the way becomes an object. */
export function setPath(target: object, path: string | Iterable<string>, value: unknown): void {
  const keys = typeof path === 'string' ? path.split('.') : [...path];
  const last = keys.pop();
  if (last === undefined) return;
  let current = target;
  for (const key of keys) {
    const next = getOwn(current, key);
    if (typeof next === 'object' && next !== null) {
      current = next;
    } else {
      const created = {};
      setOwn(current, key, created);
      current = created;
    }
  }
  setOwn(current, last, value);
}

export const ValuePointer = { Get: getPath, Set: setPath } as const;
