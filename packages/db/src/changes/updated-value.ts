/** The two forms of a value that an updater assigns: a decoded copy to read back, and the encoded change to record. */
import { DBSerializationError } from '../base/errors.ts';
import { checkDepth, checkPlain } from '../values/clone-json.ts';
import { getOwn, setOwn } from '../values/own-property.ts';
import type { MemberType } from '../values/set-member.ts';
import { decodeMember, encodeDate } from '../values/set-member.ts';
import { memberKey } from './tracked-set.ts';
import type { Change } from './types.ts';

/** What an updater needs to know of a data type. Every data type of a schema has this shape. */
export interface UpdatedType {
  readonly type: string;
  readonly properties?: { readonly [property: string]: UpdatedType };
  readonly items?: { readonly type: string };
}

export function memberTypeIn(type: UpdatedType | undefined): MemberType | undefined {
  return type?.type === 'set' ? (type.items?.type as MemberType | undefined) : undefined;
}

export function propertyType(type: UpdatedType | undefined, property: string): UpdatedType | undefined {
  return type?.properties && (getOwn(type.properties, property) as UpdatedType | undefined);
}

/** A copy that shares nothing with the value. Arrays given for a set attribute become Sets; undefined becomes null. */
export function copyDecoded(value: unknown, type: UpdatedType | undefined, depth = 0): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  checkDepth(depth);
  if (value instanceof Date) return copyDate(value);
  if (value instanceof Set || (Array.isArray(value) && type?.type === 'set')) {
    return copySet(value as Iterable<unknown>, memberTypeIn(type));
  }
  if (Array.isArray(value)) return value.map((element) => copyDecoded(element, undefined, depth + 1));
  checkPlain(value);
  const copy = {};
  for (const key of Object.keys(value)) {
    const member: unknown = (value as Change)[key];
    if (member !== undefined) setOwn(copy, key, copyDecoded(member, propertyType(type, key), depth + 1));
  }
  return copy;
}

function copyDate(date: Date): Date {
  if (encodeDate(date) === undefined) throw new DBSerializationError('date', date);
  return new Date(date);
}

function copySet(members: Iterable<unknown>, type: MemberType | undefined): Set<unknown> {
  const copy = new Map<string, unknown>();
  for (const member of members) {
    const key = memberKey(member, type);
    copy.set(key, type ? decodeMember(type, key) : member);
  }
  return new Set(copy.values());
}

/** Dates as ISO strings and Sets as maps; of a copy made above. */
export function encodeDecoded(value: unknown, type: UpdatedType | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return encodeDate(value);
  if (value instanceof Set) return encodeMembers(value, type, true);
  if (Array.isArray(value)) return value.map((element) => encodeDecoded(element, undefined));
  const encoded = {};
  for (const key of Object.keys(value)) {
    setOwn(encoded, key, encodeDecoded((value as Change)[key], propertyType(type, key)));
  }
  return encoded;
}

/**
 * The change that turns `base` into `value` although changes merge: members of `base` that `value` lacks are marked
 * `false` in sets and null in objects, at every depth.
 */
export function encodeReplacement(base: unknown, value: unknown, type: UpdatedType | undefined): unknown {
  if (value instanceof Set) {
    const members = encodeMembers(value, type, true);
    if (base instanceof Set) return { ...encodeMembers(base, type, false), ...members };
    // Without a schema what is stored of a set is read as an object.
    return isPlainObject(base) ? { ...nullsFor(base), ...members } : members;
  }
  if (!isPlainObject(base) || !isPlainObject(value)) return encodeDecoded(value, type);
  const change = nullsFor(base);
  for (const key of Object.keys(value)) {
    setOwn(change, key, encodeReplacement(getOwn(base, key), value[key], propertyType(type, key)));
  }
  return change;
}

/** What is read back after that change: the value, and null for each member that it nulls. */
export function withNulls(base: unknown, value: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(value)) return value;
  const result = nullsFor(base);
  for (const key of Object.keys(value)) setOwn(result, key, withNulls(getOwn(base, key), value[key]));
  return result;
}

function nullsFor(object: object): Change {
  const nulls: Change = {};
  for (const key of Object.keys(object)) setOwn(nulls, key, null);
  return nulls;
}

export function isPlainObject(value: unknown): value is Change {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Set)
  );
}

function encodeMembers(members: Iterable<unknown>, type: UpdatedType | undefined, isMember: boolean): Change {
  const map = {};
  for (const member of members) setOwn(map, memberKey(member, memberTypeIn(type)), isMember);
  return map;
}
