/**
 * Results of queries as JSON and back: dates as ISO text, sets as lists, inclusions followed. Results are changed in
 * place. Attributes that the schema does not declare stay as they are; without a schema everything does.
 */
import type { CollectionQuery, Inclusion } from '../ast/query.ts';
import { TriplitError } from '../base/errors.ts';
import type { DataType } from '../schema/data-type.ts';
import { deserialize, serialize } from '../schema/serialize.ts';
import type { Models } from '../schema/types.ts';
import { setOwn } from '../values/own-property.ts';

type Entity = Record<string, any>;
type Convert = (type: DataType, value: unknown) => unknown;

/** Throws `TriplitError` when an inclusion of the query names no relation. */
export function serializeFetchResult(
  query: CollectionQuery,
  collections: Models | undefined,
  results: Entity[],
): Entity[] {
  return convertResults(query, collections, results, toJson);
}

export function deserializeFetchResult(
  query: CollectionQuery,
  collections: Models | undefined,
  results: Entity[],
): Entity[] {
  return convertResults(query, collections, results, fromJson);
}

/** One entity without inclusions, by the type of its collection. */
export function serializeEntity(type: DataType | undefined, entity: Entity): Entity {
  return convertAttributes(type, entity, toJson);
}
export function deserializeEntity(type: DataType | undefined, entity: Entity): Entity {
  return convertAttributes(type, entity, fromJson);
}

const toJson: Convert = (type, value) => serialize(type, value, 'decoded');
const fromJson: Convert = (type, value) => deserialize(type, value, 'decoded');

function convertResults(
  query: CollectionQuery,
  collections: Models | undefined,
  results: Entity[],
  convert: Convert,
): Entity[] {
  if (collections === undefined) return results;
  const included = Object.entries(query.include ?? {}).map(
    ([alias, inclusion]) => [alias, includedQuery(query.collectionName, alias, inclusion, collections)] as const,
  );
  const type = collectionOf(collections, query.collectionName)?.schema;
  for (const entity of results) {
    const below = included.map(([alias, subquery]) => [alias, subquery, entity[alias] as unknown] as const);
    convertAttributes(type, entity, convert, query.include);
    for (const [, subquery, value] of below) {
      if (Array.isArray(value)) convertResults(subquery, collections, value as Entity[], convert);
      else if (value) convertResults(subquery, collections, [value as Entity], convert);
    }
  }
  return results;
}

function convertAttributes(type: DataType | undefined, entity: Entity, convert: Convert, aliases: object = {}): Entity {
  if (type?.type !== 'record') return entity;
  for (const key of Object.keys(entity)) {
    if (Object.hasOwn(aliases, key) || !Object.hasOwn(type.properties, key) || entity[key] == null) continue;
    setOwn(entity, key, convert(type.properties[key]!, entity[key]));
  }
  return entity;
}

/** The query behind an inclusion, as far as its results depend on it. */
function includedQuery(collection: string, alias: string, inclusion: Inclusion, collections: Models): CollectionQuery {
  if (inclusion !== null && inclusion !== true && 'subquery' in inclusion) return inclusion.subquery;
  const extension = inclusion === null || inclusion === true ? { _extends: alias } : inclusion;
  const relationships = collectionOf(collections, collection)?.relationships;
  const name = extension._extends;
  if (relationships === undefined || !Object.hasOwn(relationships, name))
    throw new TriplitError(
      `The inclusion '${alias}' of '${collection}' cannot be resolved: there is no relation '${name}'.`,
    );
  const { collectionName } = relationships[name]!.query;
  return { collectionName, ...('include' in extension && extension.include ? { include: extension.include } : {}) };
}

function collectionOf(collections: Models, name: string): Models[string] | undefined {
  return Object.hasOwn(collections, name) ? collections[name] : undefined;
}
