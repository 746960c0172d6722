/**
 * The document of an insert as the row to store: defaults filled in, undeclared properties left out, encoded. Documents of
 * the usual shape are copied as wholes, which is much cheaper than property by property; the result is the same.
 */
import { assignDefaults } from './assign.ts';
import type { RecordType } from './data-type.ts';
import { defaultValue } from './defaults.ts';
import { encode, encodeEntity } from './encode.ts';
import { positionOf, shapeOf } from './record-shape.ts';
import { isOptional } from './type-predicates.ts';
import { setOwn } from '../values/own-property.ts';

type Encoder = (document: object) => Record<string, unknown>;
const encoders = new WeakMap<RecordType, Encoder>();

/** Throws `DBSerializationError` for a value that does not fit its property. The document is not changed. */
export function encodeDocument(type: RecordType, document: object): Record<string, unknown> {
  let encoder = encoders.get(type);
  if (encoder === undefined) {
    encoder = compile(type);
    encoders.set(type, encoder);
  }
  return encoder(document);
}

function compile(type: RecordType): Encoder {
  const encodePropertyWise: Encoder = (document) => encodeEntity(type, assignDefaults(type, document));
  const shape = shapeOf(type);
  const { keys, types } = shape;
  // Scalars that are stored as they are given. A zero is looked at, since it may be negative.
  const kinds = types.map((property) =>
    ['number', 'boolean'].includes(property.type) || (property.type === 'string' && property.config?.enum === undefined)
      ? property.type
      : undefined,
  );
  const optional = types.map(isOptional);
  const isRecord = types.map((property) => property.type === 'record');
  return (document) => {
    const prototype: unknown = Object.getPrototypeOf(document);
    if (prototype !== Object.prototype && prototype !== null) return encodePropertyWise(document);
    const row: Record<string, unknown> = { ...document };
    let position = -1;
    let given = 0;
    for (const key in row) {
      const value = row[key];
      position = positionOf(shape, key, position + 1);
      // Undeclared properties, or some that are there as undefined, are left out.
      if (position < 0 || value === undefined) return encodePropertyWise(document);
      given++;
      if ((typeof value === kinds[position] && value !== 0) || (value === null && optional[position])) continue;
      // A record has defaults of its own; a null out of place has an error of its own.
      if (isRecord[position] || value === null) return encodePropertyWise(document);
      const encoded = tryToEncode(types[position]!, value);
      // The error is to name the property.
      if (encoded === undefined) return encodePropertyWise(document);
      row[key] = encoded;
    }
    for (let i = 0; given < keys.length && i < keys.length; i++) {
      if (isRecord[i] || Object.hasOwn(row, keys[i]!)) continue;
      const filled = defaultValue(types[i]!);
      if (filled !== undefined) setOwn(row, keys[i]!, encode(types[i]!, filled));
    }
    return row;
  };
}

function tryToEncode(type: Parameters<typeof encode>[0], value: unknown): unknown {
  try {
    return encode(type, value);
  } catch {
    return undefined;
  }
}
