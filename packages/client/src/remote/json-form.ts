/**
 * Entities as HTTP bodies carry them: dates as ISO text, sets as lists. Leaving, values are told by what they are; coming
 * back, by the schema. Whatever the schema does not know stays as it is.
 */
import type { CollectionQuery, DataType, Models } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';

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

/** Turns the results of a query into what a local fetch gives, in place. */
export function resultsFromJson(
  results: AnyEntity[],
  query: CollectionQuery,
  collections: Models | undefined,
): AnyEntity[] {
  if (collections === undefined) return results;
  for (const entity of results) entityFromJson(entity, query, collections);
  return results;
}

/** One entity without inclusions, in place. */
export function entityFromJson(entity: AnyEntity, query: CollectionQuery, collections: Models): AnyEntity {
  const collection = ownCollection(collections, query.collectionName);
  for (const [key, value] of Object.entries(entity)) {
    const included = includedQuery(query, key, collections);
    if (included === undefined) entity[key] = valueFromJson(value, propertyOf(collection?.schema, key));
    else if (Array.isArray(value)) resultsFromJson(value as AnyEntity[], included, collections);
    else if (value !== null) entityFromJson(value as AnyEntity, included, collections);
  }
  return entity;
}

/** The query behind an inclusion; undefined when the key names none. */
function includedQuery(query: CollectionQuery, alias: string, collections: Models): CollectionQuery | undefined {
  const inclusions: Readonly<Record<string, unknown>> = query.include ?? {};
  if (!Object.hasOwn(inclusions, alias)) return undefined;
  const inclusion = inclusions[alias] as
    | true
    | null
    | { readonly _extends: string; readonly include?: CollectionQuery['include'] }
    | { readonly subquery: CollectionQuery };
  if (inclusion !== null && inclusion !== true && 'subquery' in inclusion) return inclusion.subquery;
  const extension = inclusion === null || inclusion === true ? { _extends: alias } : inclusion;
  const relation = ownCollection(collections, query.collectionName)?.relationships?.[extension._extends];
  if (relation === undefined) return undefined;
  return {
    collectionName: relation.query.collectionName,
    include: 'include' in extension ? extension.include : undefined,
  };
}

function valueFromJson(value: unknown, type: DataType | undefined): unknown {
  if (value == null || type === undefined) return value;
  switch (type.type) {
    case 'date':
      return new Date(value as string);
    case 'set':
      return Array.isArray(value) ? new Set(value.map((member) => valueFromJson(member, type.items))) : value;
    case 'record':
      return typeof value === 'object' ? recordFromJson(value, type) : value;
    case 'string':
    case 'number':
    case 'boolean':
    case 'json':
      return value;
  }
}

function recordFromJson(record: object, type: DataType): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, valueFromJson(value, propertyOf(type, key))]),
  );
}

function ownCollection(collections: Models, name: string): Models[string] | undefined {
  return Object.hasOwn(collections, name) ? collections[name] : undefined;
}

function propertyOf(type: DataType | undefined, name: string): DataType | undefined {
  return type?.type === 'record' && Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
}

function itemsOf(type: DataType | undefined): DataType | undefined {
  return type?.type === 'set' ? type.items : undefined;
}
