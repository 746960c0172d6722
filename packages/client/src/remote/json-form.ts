/**
 * Documents as HTTP bodies carry them: dates as ISO text, sets as lists. Values are told by what they are. Whatever the
 * schema does not know stays as it is.
 */
import type { DataType } from '@triplit/db';

/** A document to insert, with the numbers and texts that a schema accepts for dates turned into ISO text. */
export function documentToJson(document: unknown, type: DataType | undefined): unknown {
  if (document instanceof Date) return document.toISOString();
  if (document instanceof Set) return Array.from(document, (member) => documentToJson(member, itemsOf(type)));
  if (typeof document !== 'object' || document === null) {
    return type?.type === 'date' && document != null ? new Date(document as string).toISOString() : document;
  }
  if (Array.isArray(document)) return document.map((item) => documentToJson(item, itemsOf(type)));
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    if (value !== undefined) json[key] = documentToJson(value, propertyOf(type, key));
  }
  return json;
}

function propertyOf(type: DataType | undefined, name: string): DataType | undefined {
  return type?.type === 'record' && Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
}

function itemsOf(type: DataType | undefined): DataType | undefined {
  return type?.type === 'set' ? type.items : undefined;
}
