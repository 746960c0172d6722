/** Looking up attributes and relations by path in a schema. */
import type { DataType } from './data-type.ts';
import { propertyOf } from './type-predicates.ts';
import type { Collection, Models, Relationship } from './types.ts';

export function collectionAt(collections: Models, name: string): Collection | undefined {
  return Object.hasOwn(collections, name) ? collections[name] : undefined;
}

/** A relation of the collection itself, by its plain name. */
export function relationAt(collections: Models, collectionName: string, name: string): Relationship | undefined {
  const relations = collectionAt(collections, collectionName)?.relationships;
  return relations && Object.hasOwn(relations, name) ? relations[name] : undefined;
}

/** The type of an attribute: through records by name and into json at any depth. Relations are no attributes. */
export function typeAtPath(collections: Models, collectionName: string, path: string): DataType | undefined {
  let type: DataType | undefined = collectionAt(collections, collectionName)?.schema;
  for (const key of path.split('.')) {
    if (type === undefined || type.type === 'json') return type;
    type = type.type === 'record' ? propertyOf(type, key) : undefined;
  }
  return type;
}
