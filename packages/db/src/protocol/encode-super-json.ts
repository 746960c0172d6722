/**
 * Values to superjson. Plain JSON comes out as the very same object, without a copy; only what holds something special
 * is rebuilt around it.
 */
import { TriplitError } from '../base/errors.ts';
import { escapePathSegment, isRecord, MAX_VALUE_DEPTH, SUPER_JSON_VERSION } from './super-json.ts';
import type { AnnotationMap, AnnotationTree, SuperJson } from './super-json.ts';

export interface EncodedValue {
  readonly json: unknown;
  /** The value's own annotation, or those of the values below it; absent when it is plain JSON. */
  readonly annotations?: AnnotationTree | AnnotationMap;
}

export function encodeSuperJson(value: unknown): SuperJson {
  const { json, annotations } = encodeValue(value);
  return annotations ? { json, meta: { values: annotations, v: SUPER_JSON_VERSION } } : { json };
}

/** Whether the value travels as it is. The quick look that nearly every row needs only; false also for what is refused. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > MAX_VALUE_DEPTH) return false;
  if (Array.isArray(value)) {
    // By index, so that holes are seen.
    for (let index = 0; index < value.length; index++) if (!isPlain(value[index], depth + 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key of Object.keys(value)) {
    if (key === '__proto__' || !isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

/** Throws a TriplitError for what superjson has no form for (functions, symbols, instances of classes). */
export function encodeValue(value: unknown): EncodedValue {
  return isPlain(value, 0) ? { json: value } : encodeAt(value, 0);
}

function encodeAt(value: unknown, depth: number): EncodedValue {
  if (depth > MAX_VALUE_DEPTH) {
    throw new TriplitError(
      `A value is nested more than ${MAX_VALUE_DEPTH} levels deep (or contains itself) and cannot be sent.`,
    );
  }
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return { json: value };
    case 'number':
      return encodeNumber(value);
    case 'undefined':
      return { json: null, annotations: ['undefined'] };
    case 'bigint':
      return { json: String(value), annotations: ['bigint'] };
    case 'object':
      return value === null ? { json: null } : encodeObject(value, depth);
    case 'function':
    case 'symbol':
      throw new TriplitError(`A ${typeof value} cannot be sent; write JSON values, dates or sets.`);
  }
}

function encodeNumber(value: number): EncodedValue {
  if (Number.isFinite(value) && !Object.is(value, -0)) return { json: value };
  return { json: Object.is(value, -0) ? '-0' : String(value), annotations: ['number'] };
}

function encodeObject(value: object, depth: number): EncodedValue {
  if (Array.isArray(value)) return encodeArray(value, depth);
  if (value instanceof Date) {
    return Number.isNaN(value.valueOf()) ? { json: null } : { json: value.toISOString(), annotations: ['Date'] };
  }
  if (value instanceof Map) return annotate('map', encodeArray([...value], depth));
  if (value instanceof Set) return annotate('set', encodeArray([...value], depth));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TriplitError('An instance of a class cannot be sent; write JSON values, dates or sets.');
  }
  return encodeRecord(value as Record<string, unknown>, depth);
}

function annotate(annotation: string, { json, annotations }: EncodedValue): EncodedValue {
  return { json, annotations: annotations ? [annotation, annotations as AnnotationMap] : [annotation] };
}

function encodeArray(values: readonly unknown[], depth: number): EncodedValue {
  let json: readonly unknown[] = values;
  let annotations: Record<string, AnnotationTree> | undefined;
  for (let index = 0; index < values.length; index++) {
    const encoded = encodeAt(values[index], depth + 1);
    if (encoded.json !== values[index] || !(index in values)) {
      if (json === values) json = [...values];
      (json as unknown[])[index] = encoded.json;
    }
    if (encoded.annotations) addAnnotations((annotations ??= {}), String(index), encoded.annotations);
  }
  return annotations ? { json, annotations } : { json };
}

function encodeRecord(record: Record<string, unknown>, depth: number): EncodedValue {
  let json = record;
  let annotations: Record<string, AnnotationTree> | undefined;
  for (const key of Object.keys(record)) {
    if (key === '__proto__')
      throw new TriplitError('A value has a key named "__proto__", which cannot be sent; rename it.');
    const value = record[key];
    const encoded = encodeAt(value, depth + 1);
    if (encoded.json !== value) {
      if (json === record) json = { ...record };
      json[key] = encoded.json;
    }
    if (encoded.annotations) addAnnotations((annotations ??= {}), escapePathSegment(key), encoded.annotations);
  }
  return annotations ? { json, annotations } : { json };
}

/** Puts what was found at an (escaped) path under it: the value's own annotation there, those below it behind a dot. */
export function addAnnotations(
  target: Record<string, AnnotationTree>,
  path: string,
  annotations: AnnotationTree | AnnotationMap,
): void {
  if (!isRecord(annotations)) {
    target[path] = annotations as AnnotationTree;
    return;
  }
  for (const [below, tree] of Object.entries(annotations)) target[`${path}.${below}`] = tree as AnnotationTree;
}
