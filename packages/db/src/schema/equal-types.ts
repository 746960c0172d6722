/** When two data types count as the same in a comparison of schemas. */
import { equalValue } from '../values/equal-values.ts';
import type { DataType } from './data-type.ts';
import { isDefaultFunction } from './defaults.ts';

/** Flags, defaults, enums (in any order), items and properties agree. The flags of records are not compared. */
export function equal(a: DataType, b: DataType): boolean {
  if (a.type === 'record' || b.type === 'record') {
    return a.type === 'record' && b.type === 'record' && equalProperties(a.properties, b.properties);
  }
  if (a.type !== b.type) return false;
  if (Boolean(a.config?.optional) !== Boolean(b.config?.optional)) return false;
  if (Boolean(a.config?.nullable) !== Boolean(b.config?.nullable)) return false;
  if (!equalDefaults(a.config?.default, b.config?.default)) return false;
  if (a.type === 'string' && b.type === 'string' && !equalEnums(a.config?.enum, b.config?.enum)) return false;
  return a.type !== 'set' || b.type !== 'set' || equal(a.items, b.items);
}

function equalProperties(a: { readonly [key: string]: DataType }, b: { readonly [key: string]: DataType }): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key]!, b[key]!));
}

function equalDefaults(a: unknown, b: unknown): boolean {
  if (isDefaultFunction(a) && isDefaultFunction(b)) return a.func === b.func && equalValue(a.args ?? [], b.args ?? []);
  return equalValue(a, b);
}

function equalEnums(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const options = new Set(b);
  return new Set(a).size === options.size && a.every((option) => options.has(option));
}
