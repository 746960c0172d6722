/** Builds the document to insert: the declared properties of what was given, completed by defaults. Nothing is encoded. */
import { getOwn, setOwn } from '../values/own-property.ts';
import type { DataType, RecordType } from './data-type.ts';
import { defaultValue } from './defaults.ts';
import { isRecordValue } from './type-predicates.ts';

/** A fresh document; undeclared properties at every level are left out, undefined ones are absent. */
export function assignDefaults(type: RecordType, document: object): Record<string, unknown> {
  return assign(type, {}, document);
}

/** Fills the target from the input and returns it. The input is not changed. */
export function assign(type: RecordType, target: Record<string, unknown>, input: object): Record<string, unknown> {
  for (const key of Object.keys(type.properties)) {
    const value = resolve(type.properties[key]!, getOwn(target, key), getOwn(input, key));
    if (value !== undefined) setOwn(target, key, value);
  }
  return target;
}

/** A null is never replaced by a default, and a record is not created just because its members have defaults. */
function resolve(type: DataType, target: unknown, input: unknown): unknown {
  if (type.type === 'record') {
    return isRecordValue(input) ? assign(type, isRecordValue(target) ? target : {}, input) : input;
  }
  return input === undefined ? defaultValue(type) : input;
}

/** The skeleton of a value: every property of records, without values. */
export function struct(type: DataType): unknown {
  if (type.type !== 'record') return undefined;
  const skeleton = {};
  for (const key of Object.keys(type.properties)) setOwn(skeleton, key, struct(type.properties[key]!));
  return skeleton;
}
