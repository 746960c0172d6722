/** The JSON form of values in HTTP bodies: as encoded, except that sets are arrays. Unknown record keys are refused. */
import { JSONDeserializationError, JSONSerializationError, UnrecognizedAttributeTypeError } from '../base/errors.ts';
import { cloneJson } from '../values/clone-json.ts';
import { setOwn } from '../values/own-property.ts';
import { encodeDate } from '../values/set-member.ts';
import type { DataType, RecordType, SetType } from './data-type.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { isOptional, isRecordValue, propertyOf, typeName } from './type-predicates.ts';

export type ValueForm = 'decoded' | 'encoded';

/** From the given form to JSON. Optional properties without a value are left out. */
export function serialize(type: DataType, value: unknown, form: ValueForm): unknown {
  if (value == null && isOptional(type)) return value;
  switch (type.type) {
    case 'date':
      return encodeDate(value) ?? failToSerialize(type, value);
    case 'set':
      return serializeSet(type, value, form);
    case 'record':
      return mapRecord(type, value, failToSerialize, (property, member) => serialize(property, member, form));
    case 'json':
      return value === undefined ? failToSerialize(type, value) : cloneJson(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type.type ? value : failToSerialize(type, value);
    default:
      throw new UnrecognizedAttributeTypeError((type as { type: unknown }).type);
  }
}

/** From JSON to the given form. */
export function deserialize(type: DataType, json: unknown, form: ValueForm): unknown {
  if (json == null && isOptional(type)) return json;
  if (type.type === 'record') {
    return mapRecord(type, json, failToDeserialize, (property, member) => deserialize(property, member, form));
  }
  if (type.type === 'set' && !Array.isArray(json)) return failToDeserialize(type, json);
  if (type.type === 'date' && typeof json !== 'string') return failToDeserialize(type, json);
  try {
    const encoded = encode(type, json);
    return form === 'encoded' ? encoded : decode(type, encoded);
  } catch (error) {
    if (error instanceof UnrecognizedAttributeTypeError) throw error;
    return failToDeserialize(type, json);
  }
}

function serializeSet(type: SetType, value: unknown, form: ValueForm): unknown[] {
  const members = form === 'encoded' && isRecordValue(value) ? decode(type, value) : value;
  if (!(members instanceof Set)) return failToSerialize(type, value);
  return Array.from(members, (member) => serialize(type.items, member, 'decoded'));
}

function mapRecord(
  type: RecordType,
  value: unknown,
  fail: (type: DataType, value: unknown, context?: string) => never,
  map: (property: DataType, member: unknown) => unknown,
): Record<string, unknown> {
  if (!isRecordValue(value)) return fail(type, value);
  const mapped = {};
  for (const key of Object.keys(value)) {
    const property = propertyOf(type, key);
    if (property === undefined) return fail(type, value, `Unrecognized property: ${key}`);
    const member = value[key];
    if (member != null || !isOptional(property)) setOwn(mapped, key, map(property, member));
  }
  return mapped;
}

function failToSerialize(type: DataType, value: unknown, context?: string): never {
  throw new JSONSerializationError(value, typeName(type), context);
}
function failToDeserialize(type: DataType, value: unknown, context?: string): never {
  throw new JSONDeserializationError(value, typeName(type), context);
}
