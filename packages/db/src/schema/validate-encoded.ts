/**
 * The check of encoded values at commit and on arrival from other peers: required properties are there and every value
 * has the JSON kind of its type. Enums, date formats, set members and unknown keys are not looked at.
 */
import { UnrecognizedAttributeTypeError } from '../base/errors.ts';
import { describeValue } from '../base/describe-value.ts';
import { getOwn } from '../values/own-property.ts';
import type { DataType } from './data-type.ts';
import { positionOf, shapeOf } from './record-shape.ts';
import { isOptional, typeName } from './type-predicates.ts';

export type EncodedValidation =
  | { readonly valid: true; readonly error?: undefined }
  | { readonly valid: false; readonly error: string };

const VALID: EncodedValidation = { valid: true };

/** With `partial`, properties that are absent are not missed. */
export function validateEncoded(
  type: DataType,
  encoded: unknown,
  options: { readonly partial?: boolean } = {},
): EncodedValidation {
  const error = findError(type, encoded, options.partial === true);
  return error === undefined ? VALID : { valid: false, error };
}

function findError(type: DataType, encoded: unknown, isPartial: boolean): string | undefined {
  if (encoded == null && isOptional(type)) return undefined;
  if (!hasEncodedKind(type, encoded)) {
    return `Encoded value ${describeValue(encoded)} is not valid for type ${typeName(type)}.`;
  }
  if (type.type !== 'record') return undefined;
  const shape = shapeOf(type);
  let position = -1;
  let present = 0;
  // What is stored is plain data: nothing inherited is enumerable.
  for (const key in encoded as Readonly<Record<string, unknown>>) {
    const value = (encoded as Readonly<Record<string, unknown>>)[key];
    position = positionOf(shape, key, position + 1);
    if (position < 0 || value === undefined) continue;
    present++;
    const property = shape.types[position]!;
    if (typeof value === scalarKinds[property.type]) continue;
    const error = findError(property, value, isPartial);
    if (error !== undefined) return `Property ${key} is invalid: ${error}`;
  }
  if (isPartial || present === shape.keys.length) return undefined;
  const missing = shape.types.findIndex(
    (property, i) => !isOptional(property) && getOwn(encoded as object, shape.keys[i]!) === undefined,
  );
  if (missing < 0) return undefined;
  return `Property ${shape.keys[missing]} is invalid: ${findError(shape.types[missing]!, undefined, false)}`;
}

const scalarKinds: Readonly<Partial<Record<DataType['type'], string>>> = {
  string: 'string',
  date: 'string',
  number: 'number',
  boolean: 'boolean',
};

function hasEncodedKind(type: DataType, encoded: unknown): boolean {
  switch (type.type) {
    case 'string':
    case 'date':
    case 'number':
    case 'boolean':
      return typeof encoded === scalarKinds[type.type];
    case 'json':
      return encoded !== undefined;
    case 'set':
    case 'record':
      return typeof encoded === 'object' && encoded !== null && !Array.isArray(encoded);
    default:
      throw new UnrecognizedAttributeTypeError((type as { type: unknown }).type);
  }
}
