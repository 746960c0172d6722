/**
 * The document of an insert as the row to store: defaults filled in, undeclared properties left out, encoded. Documents of
 * the usual shape are copied as wholes, which is much cheaper than property by property; the result is the same.
 */
import { assignDefaults } from './assign.ts';
import type { RecordType } from './data-type.ts';
import { defaultValue } from './defaults.ts';
import { encode, encodeEntity } from './encode.ts';
import { isOptional } from './type-predicates.ts';

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
  const keys = Object.keys(type.properties);
  if (keys.some((key) => key in Object.prototype)) return encodePropertyWise;
  const types = keys.map((key) => type.properties[key]!);
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
    let given = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const value = row[key];
      if (value === undefined) {
        const filled = isRecord[i] ? undefined : defaultValue(types[i]!);
        if (filled !== undefined) row[key] = encode(types[i]!, filled);
        continue;
      }
      given++;
      if ((typeof value === kinds[i] && value !== 0) || (value === null && optional[i])) continue;
      // A record has defaults of its own; a null out of place has an error of its own.
      if (isRecord[i] || value === null) return encodePropertyWise(document);
      const encoded = tryToEncode(types[i]!, value);
      // The error is to name the property.
      if (encoded === undefined) return encodePropertyWise(document);
      row[key] = encoded;
    }
    // Undeclared properties, or some that are there as undefined.
    return Object.keys(document).length === given ? row : encodePropertyWise(document);
  };
}

function tryToEncode(type: Parameters<typeof encode>[0], value: unknown): unknown {
  try {
    return encode(type, value);
  } catch {
    return undefined;
  }
}
