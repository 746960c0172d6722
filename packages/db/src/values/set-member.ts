/**
 * Members of set attributes as keys of the encoded map `{ [key]: isMember }`. The two directions are inverse for every
 * valid member; a key marked `false` is a member that was removed.
 */
import { isoTextOf, millisecondsOf } from './iso-date.ts';

export type MemberType = 'string' | 'number' | 'boolean' | 'date';

/** The key of a member, or undefined when the value is no valid member of that type. */
export function encodeMember(type: MemberType, value: unknown): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return typeof value === 'number' ? String(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'date':
      return encodeDate(value);
  }
}

export function decodeMember(type: MemberType, key: string): string | number | boolean | Date {
  switch (type) {
    case 'string':
      return key;
    case 'number':
      return Number(key);
    case 'boolean':
      return key === 'true';
    case 'date':
      return new Date(millisecondsOf(key));
  }
}

/** Whether a key of an encoded map stands for a member of the type. */
export function isMemberKey(type: MemberType, key: string): boolean {
  switch (type) {
    case 'string':
      return true;
    case 'number':
      return key === 'NaN' || (key.trim() !== '' && !Number.isNaN(Number(key)));
    case 'boolean':
      return key === 'true' || key === 'false';
    case 'date':
      return !Number.isNaN(millisecondsOf(key));
  }
}

/** The type that a member shows by itself, where no schema tells. */
export function memberTypeOf(value: unknown): MemberType | undefined {
  if (value instanceof Date) return 'date';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined;
}

/** ISO text of a valid Date, a parseable string or a number of milliseconds; undefined for anything else. */
export function encodeDate(value: unknown): string | undefined {
  if (!(value instanceof Date || typeof value === 'string' || typeof value === 'number')) return undefined;
  const date = value instanceof Date ? value : new Date(typeof value === 'string' ? millisecondsOf(value) : value);
  return Number.isNaN(date.getTime()) ? undefined : isoTextOf(date);
}

/** The keys of an encoded set whose flag is true. A JSON array stands for a set of its items. */
export function liveMemberKeys(set: unknown): string[] {
  if (typeof set !== 'object' || set === null) return [];
  if (Array.isArray(set)) return set.map(String);
  const members: string[] = [];
  for (const key of Object.keys(set)) if ((set as Record<string, unknown>)[key] === true) members.push(key);
  return members;
}

/** Every scalar that a key may stand for where the item type is not known: the text, and the number or boolean. */
export function scalarsOfKey(key: string): readonly (string | number | boolean)[] {
  if (key === 'true' || key === 'false') return [key, key === 'true'];
  const number = Number(key);
  return String(number) === key ? [key, number] : [key];
}
