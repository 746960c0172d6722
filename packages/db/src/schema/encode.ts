/**
 * From what application code writes to what is stored. Inputs are never changed and never shared with the result. What
 * does not fit the type throws `DBSerializationError`; inside records the error names the property at each level.
 */
import { DBSerializationError, UnrecognizedAttributeTypeError } from '../base/errors.ts';
import { cloneJson } from '../values/clone-json.ts';
import { setOwn } from '../values/own-property.ts';
import { encodeDate, encodeMember, isMemberKey } from '../values/set-member.ts';
import type { DataType, PrimitiveType, RecordType, SetType, StringType } from './data-type.ts';
import { isOptional, isRecordValue, propertyOf, typeName } from './type-predicates.ts';

/** A value or a partial value of the type. No value of an optional type encodes to undefined. */
export function encode(type: DataType, input: unknown): unknown {
  return encodeAttribute(type, input) ?? undefined;
}

/** A document whose defaults are already in. Absent properties stay absent. */
export function encodeEntity(type: RecordType, document: object): Record<string, unknown> {
  return encodeRecord(type, document);
}

/** A partial entity. A null stays null; a property given as undefined stays there as undefined: it clears the attribute. */
export function encodeChange(type: RecordType, change: object): Record<string, unknown> {
  return encodeRecord(type, change);
}

function encodeAttribute(type: DataType, input: unknown): unknown {
  if (input != null) return encodePresent(type, input);
  if (isOptional(type)) return input;
  throw new DBSerializationError(typeName(type), input);
}

function encodePresent(type: DataType, input: unknown): unknown {
  switch (type.type) {
    case 'string':
      return encodeString(type, input);
    case 'number':
      // A negative zero would be lost on disk and not in memory.
      if (typeof input === 'number') return input === 0 ? 0 : input;
      break;
    case 'boolean':
      if (typeof input === 'boolean') return input;
      break;
    case 'date': {
      const encoded = encodeDate(input);
      if (encoded !== undefined) return encoded;
      break;
    }
    case 'json':
      return cloneJson(input);
    case 'set':
      return encodeSet(type, input);
    case 'record':
      return encodeRecord(type, input);
    default:
      throw new UnrecognizedAttributeTypeError((type as { type: unknown }).type);
  }
  throw new DBSerializationError(typeName(type), input);
}

function encodeString(type: StringType, input: unknown): string {
  if (typeof input !== 'string') throw new DBSerializationError('string', input);
  const options = type.config?.enum;
  if (options && !options.includes(input)) {
    throw new DBSerializationError('string', input, `The value is not one of: ${options.join(', ')}.`);
  }
  return input;
}

function encodeRecord(type: RecordType, input: unknown): Record<string, unknown> {
  if (!isRecordValue(input)) throw new DBSerializationError('record', input);
  const encoded: Record<string, unknown> = {};
  const keys = Object.keys(input);
  let i = 0;
  try {
    for (; i < keys.length; i++) {
      const key = keys[i]!;
      const property = propertyOf(type, key);
      if (property === undefined) break;
      setOwn(encoded, key, encodeAttribute(property, input[key]));
    }
  } catch (error) {
    throw wrapped(error, 'record', input, `Could not encode property: '${keys[i]}'.`);
  }
  if (i < keys.length) throw new DBSerializationError('record', input, `Unrecognized property: ${keys[i]}`);
  return encoded;
}

function encodeSet(type: SetType, input: unknown): Record<string, boolean> {
  if (input instanceof Set || Array.isArray(input)) {
    const encoded = {};
    for (const member of input as Iterable<unknown>) setOwn(encoded, encodeSetMember(type, member, input), true);
    return encoded;
  }
  if (isRecordValue(input)) return encodeMap(type, input);
  throw new DBSerializationError(typeName(type), input);
}

function encodeSetMember(type: SetType, member: unknown, input: object): string {
  try {
    return collectionKeyEncode(type.items, member);
  } catch (error) {
    throw wrapped(error, typeName(type), input, 'Could not encode a member.');
  }
}

/** An already encoded set or set change: `{ [member]: isMember }`. */
function encodeMap(type: SetType, input: Readonly<Record<string, unknown>>): Record<string, boolean> {
  const encoded = {};
  for (const key of Object.keys(input)) {
    const isMember = input[key];
    if (typeof isMember !== 'boolean' || !isMemberKey(type.items.type, key)) {
      throw new DBSerializationError(typeName(type), input, `${key} is no member key with a boolean.`);
    }
    if (isMember && type.items.type === 'string') encodeString(type.items, key);
    setOwn(encoded, key, isMember);
  }
  return encoded;
}

/** The key that a member has in the encoded map of its set. */
export function collectionKeyEncode(itemType: PrimitiveType, member: unknown): string {
  if (itemType.type === 'string') return encodeString(itemType, member);
  const key = encodeMember(itemType.type, member);
  if (key === undefined) throw new DBSerializationError(itemType.type, member);
  return key;
}

function wrapped(error: unknown, targetType: string, value: unknown, context: string): unknown {
  if (!(error instanceof DBSerializationError)) return error;
  return new DBSerializationError(targetType, value, `${context} Error: ${error.message}`);
}
