/**
 * From stored rows to what application code reads. Decoders are compiled once per type; they skip absent properties,
 * hide those that the schema does not declare, and share no object with the row.
 */
import { DBDeserializationError, TriplitError, UnrecognizedAttributeTypeError } from '../base/errors.ts';
import { copyJson } from '../values/clone-json.ts';
import { getOwn, setOwn } from '../values/own-property.ts';
import { millisecondsOf } from '../values/iso-date.ts';
import { decodeMember } from '../values/set-member.ts';
import type { DataType, PrimitiveType, RecordType, SetType } from './data-type.ts';
import { positionOf, shapeOf } from './record-shape.ts';
import type { RecordShape } from './record-shape.ts';
import { isOptional, isPrimitiveType, isRecordValue, typeName } from './type-predicates.ts';

type Decoder = (encoded: unknown) => unknown;

/** Throws `DBDeserializationError` when the value does not match the type. No value of an optional type stays as it is. */
export function decode(type: DataType, encoded: unknown): unknown {
  return compileAttribute(type)(encoded);
}

/** For hot paths: compile once, call per row. */
export function compileDecoder(type: RecordType): (row: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  return compileFields(type) as (row: Fields) => Record<string, unknown>;
}

function compileAttribute(type: DataType): Decoder {
  const decodePresent = compilePresent(type);
  if (!isOptional(type)) return decodePresent;
  return (encoded) => (encoded == null ? encoded : decodePresent(encoded));
}

function compilePresent(type: DataType): Decoder {
  switch (type.type) {
    case 'string':
    case 'number':
    case 'boolean': {
      const kind = type.type;
      return (encoded) => (typeof encoded === kind ? encoded : fail(type, encoded));
    }
    case 'date':
      return (encoded) => decodeDate(type, encoded);
    case 'json':
      return (encoded) => (encoded === undefined ? fail(type, encoded) : copyJson(encoded));
    case 'set':
      return (encoded) => decodeSet(type, encoded);
    case 'record':
      return compileRecord(type);
    default:
      throw new UnrecognizedAttributeTypeError((type as { type: unknown }).type);
  }
}

function compileRecord(type: RecordType): Decoder {
  const decodeFields = compileFields(type);
  return (value) => (isRecordValue(value) ? decodeFields(value) : fail(type, value));
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Copies the row as a whole, which is much cheaper than property by property, and replaces what is stored in another
 * form. Only a row with properties that the schema does not declare is built up from nothing.
 */
function compileFields(type: RecordType): (row: Fields) => Fields {
  const shape = shapeOf(type);
  const kinds = shape.types.map(({ type: name }) => storedAsRead.get(name));
  const decoders = shape.types.map(compileAttribute);
  return (row) => {
    const decoded: Record<string, unknown> = { ...row };
    let position = -1;
    try {
      // A row is plain data: nothing inherited is enumerable.
      for (const key in row) {
        const value = row[key];
        position = positionOf(shape, key, position + 1);
        if (position < 0 || value === undefined) return decodeDeclared(row, shape, decoders);
        if (typeof value !== kinds[position]) decoded[key] = decoders[position]!(value);
      }
    } catch (error) {
      throw wrapped(error, row, shape.keys[position]!);
    }
    return decoded;
  };
}

/** Scalar types whose stored form is what applications read. */
const storedAsRead: ReadonlyMap<DataType['type'], string> = new Map([
  ['string', 'string'],
  ['number', 'number'],
  ['boolean', 'boolean'],
]);

function decodeDeclared(row: Fields, { keys }: RecordShape, decoders: readonly Decoder[]): Fields {
  const decoded = {};
  let i = 0;
  try {
    for (; i < keys.length; i++) {
      const value = getOwn(row, keys[i]!);
      if (value !== undefined) setOwn(decoded, keys[i]!, decoders[i]!(value));
    }
  } catch (error) {
    throw wrapped(error, row, keys[i]!);
  }
  return decoded;
}

function decodeDate(type: DataType, encoded: unknown): Date {
  if (typeof encoded !== 'string') return fail(type, encoded);
  const time = millisecondsOf(encoded);
  return Number.isNaN(time) ? fail(type, encoded) : new Date(time);
}

/** In the key order of the map, without removed members. */
function decodeSet(type: SetType, encoded: unknown): Set<unknown> {
  if (!isRecordValue(encoded)) return fail(type, encoded);
  const itemType = type.items.type;
  const members = new Set<unknown>();
  // Stored sets are plain data: nothing inherited is enumerable.
  for (const key in encoded) {
    if (encoded[key] === true) members.add(itemType === 'string' ? key : decodeMember(itemType, key));
  }
  return members;
}

/** The member that a key stands for in the encoded map of its set. */
export function collectionKeyDecode(itemType: PrimitiveType, key: string): unknown {
  if (!isPrimitiveType(itemType))
    throw new TriplitError(`A ${(itemType as DataType).type} cannot be a member of a set.`);
  return decodeMember(itemType.type, key);
}

function fail(type: DataType, encoded: unknown): never {
  throw new DBDeserializationError(typeName(type), encoded);
}

function wrapped(error: unknown, row: unknown, key: string): unknown {
  if (!(error instanceof DBDeserializationError)) return error;
  return new DBDeserializationError('record', row, `Could not decode property: '${key}'. Error: ${error.message}`);
}
