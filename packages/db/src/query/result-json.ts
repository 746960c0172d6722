/**
 * Results of queries as JSON and back: dates as ISO text, sets as lists, inclusions followed. Lists of results are changed
 * in place, the entities in them are not: others may hold them, too. Attributes that the schema does not declare stay as
 * they are; without a schema everything does.
 */
import type { CollectionQuery, Inclusion } from '../ast/query.ts';
import { TriplitError } from '../base/errors.ts';
import type { DataType } from '../schema/data-type.ts';
import { deserialize, serialize } from '../schema/serialize.ts';
import type { Models } from '../schema/types.ts';
import { getOwn, setOwn } from '../values/own-property.ts';

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
  const convertEntity = converterOf(query, collections, convert);
  for (const [index, entity] of results.entries()) results[index] = convertEntity(entity);
  return results;
}

function converterOf(query: CollectionQuery, collections: Models, convert: Convert): (entity: Entity) => Entity {
  const type = collectionOf(collections, query.collectionName)?.schema;
  const included = Object.entries(query.include ?? {}).map(
    ([alias, inclusion]) =>
      [
        alias,
        converterOf(includedQuery(query.collectionName, alias, inclusion, collections), collections, convert),
      ] as const,
  );
  return (entity) => {
    const converted = convertAttributes(type, entity, convert, query.include);
    for (const [alias, convertBelow] of included) {
      const below = getOwn(entity, alias);
      if (Array.isArray(below)) setOwn(converted, alias, below.map(convertBelow));
      else if (below) setOwn(converted, alias, convertBelow(below));
    }
    return converted;
  };
}

function convertAttributes(type: DataType | undefined, entity: Entity, convert: Convert, aliases: object = {}): Entity {
  const converted = { ...entity };
  if (type?.type !== 'record') return converted;
  for (const key of Object.keys(entity)) {
    if (Object.hasOwn(aliases, key) || !Object.hasOwn(type.properties, key) || entity[key] == null) continue;
    setOwn(converted, key, convert(type.properties[key]!, entity[key]));
  }
  return converted;
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
