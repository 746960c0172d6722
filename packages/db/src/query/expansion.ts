/**
 * What the parts of query expansion share: the fixed circumstances of one preparation, and the place in the nesting of
 * queries that an expression stands at.
 */
import { InvalidCollectionNameError, InvalidOperationError } from '../base/errors.ts';
import { collectionAt } from '../schema/paths.ts';
import type { Models } from '../schema/types.ts';
import type { VariableScopes } from './variables.ts';

export interface Expansion {
  /** Undefined without a schema: then every path and operator is accepted. */
  readonly collections: Models | undefined;
  readonly variables: VariableScopes;
  /** False keeps static variables as text. */
  readonly replaceStaticVariables: boolean;
  /** Whether `$prev` is bound later, per written row. */
  readonly keepPrevious: boolean;
}

export interface Place {
  readonly collection: string;
  /** The collections of the enclosing queries, innermost first. */
  readonly parents: readonly string[];
  /** What a variable without scope refers to: the enclosing row, or in a permission filter the row itself. */
  readonly unscoped: 0 | 1;
  /** How many subqueries were entered to get here, which may be more than are around. Default 0. */
  readonly depth?: number;
}

/** Deeper nesting is refused: some relation probably refers to itself. */
export const MAX_QUERY_DEPTH = 32;

export function rootPlace(collection: string): Place {
  return { collection, parents: [], unscoped: 1 };
}

export function placeInside(place: Place, collection: string): Place {
  const depth = place.depth ?? 0;
  if (depth >= MAX_QUERY_DEPTH) {
    throw new InvalidOperationError(
      `The query nests more than ${MAX_QUERY_DEPTH} subqueries at '${collection}'. Check for a relation whose query refers to itself.`,
    );
  }
  return { collection, parents: [place.collection, ...place.parents], unscoped: 1, depth: depth + 1 };
}

/** Collections of the database itself, which no schema lists. */
const SYSTEM_COLLECTIONS: readonly string[] = ['_metadata'];

export function checkCollectionName(
  collection: unknown,
  collections: Models | undefined,
): asserts collection is string {
  if (collection === undefined || collection === null || collection === '') {
    throw new InvalidCollectionNameError(collection, 'Collection name must be provided');
  }
  if (typeof collection !== 'string') {
    throw new InvalidCollectionNameError(collection, 'Collection name must be a string');
  }
  if (collections !== undefined && !SYSTEM_COLLECTIONS.includes(collection) && !collectionAt(collections, collection)) {
    throw new InvalidCollectionNameError(collection, `Collection '${collection}' does not exist in the schema`);
  }
}

/** The schema's collections if they describe this one. */
export function typedCollections(expansion: Expansion, collection: string): Models | undefined {
  const { collections } = expansion;
  return collections !== undefined && collectionAt(collections, collection) !== undefined ? collections : undefined;
}
