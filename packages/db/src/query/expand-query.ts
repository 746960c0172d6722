/**
 * Validates a query and writes out everything that it leaves to the schema: relations become subqueries, static variables
 * become values. The result is in prepared form but neither permitted nor simplified. The input is never changed.
 */
import type { CollectionQuery, Inclusion, PreparedInclusion, PreparedQuery, RelationInclusion } from '../ast/query.ts';
import {
  IncludedNonRelationError,
  InvalidCollectionNameError,
  InvalidOperationError,
  InvalidQueryCardinalityError,
  InvalidQueryInclusionError,
  InvalidSelectClauseError,
  RelationDoesNotExistError,
} from '../base/errors.ts';
import { describeValue } from '../base/describe-value.ts';
import { relationAt, typeAtPath } from '../schema/paths.ts';
import type { Models } from '../schema/types.ts';
import { setOwn } from '../values/own-property.ts';
import { expandFilters } from './expand-filters.ts';
import { expandAfter, expandLimit, expandOrder } from './expand-order.ts';
import { checkCollectionName, placeInside, rootPlace, typedCollections } from './expansion.ts';
import type { Expansion, Place } from './expansion.ts';
import {
  isQueryInclusionReference,
  isQueryInclusionShorthand,
  isQueryInclusionSubquery,
  isQueryResultCardinality,
} from './filter-guards.ts';
import type { VariableScopes } from './variables.ts';

export interface ExpandOptions {
  /** False keeps static variables as text. Default true. */
  readonly replaceStaticVariables?: boolean | undefined;
}

/** `query.vars` are the `$query` variables, also for subqueries. */
export function expandQuery(
  query: CollectionQuery,
  collections: Models | undefined,
  variables: VariableScopes,
  options: ExpandOptions = {},
): PreparedQuery {
  if (typeof query !== 'object' || query === null) {
    throw new InvalidCollectionNameError(
      undefined,
      `${describeValue(query)} is no query. Use db.query(collectionName).`,
    );
  }
  return expandClauses(query, rootPlace(query.collectionName), {
    collections,
    variables: scopesOf(query, variables),
    replaceStaticVariables: options.replaceStaticVariables ?? true,
    keepPrevious: false,
  });
}

/** The static variables that are visible in a query and everything inside it. */
export function scopesOf(query: CollectionQuery, variables: VariableScopes): VariableScopes {
  return query.vars === undefined || query.vars === null ? variables : { ...variables, $query: query.vars };
}

function expandClauses(query: CollectionQuery, place: Place, expansion: Expansion): PreparedQuery {
  checkCollectionName(query.collectionName, expansion.collections);
  refuseReserved(query);
  const select = expandSelect(query.select, place, expansion);
  const include = expandInclusions(query.include, place, expansion);
  const where = expandFilters(query.where, place, expansion);
  const order = expandOrder(query.order, place, expansion);
  const limit = expandLimit(query.limit);
  const after = expandAfter(query.after, order, place, expansion);
  return { collectionName: query.collectionName, select, include, where, order, limit, after };
}

/** Clauses that have a meaning to come. To ignore them, as other unknown keys, would answer another question. */
function refuseReserved(query: CollectionQuery): void {
  for (const clause of ['aggregate', 'groupBy']) {
    if ((query as unknown as Record<string, unknown>)[clause] === undefined) continue;
    throw new InvalidOperationError(
      `The query of '${query.collectionName}' has the clause '${clause}', which is reserved and not supported yet. Use db.count for totals, or fetch the rows.`,
    );
  }
}

function expandSelect(select: unknown, place: Place, expansion: Expansion): readonly string[] | undefined {
  if (select === undefined || select === null) return undefined;
  if (!Array.isArray(select)) throw new InvalidSelectClauseError('A select must be an array of attribute paths.');
  const collections = typedCollections(expansion, place.collection);
  for (const path of select as unknown[]) {
    if (typeof path !== 'string')
      throw new InvalidSelectClauseError(`${describeValue(path)} is not an attribute path.`);
    if (collections !== undefined && typeAtPath(collections, place.collection, path) === undefined) {
      throw new InvalidSelectClauseError(
        `Could not find '${path}' among the attributes of collection '${place.collection}'. Relations are included, not selected.`,
      );
    }
  }
  return [...(select as string[])];
}

function expandInclusions(
  include: CollectionQuery['include'],
  place: Place,
  expansion: Expansion,
): Record<string, PreparedInclusion> | undefined {
  if (include === undefined || include === null) return undefined;
  if (typeof include !== 'object') throw new InvalidQueryInclusionError(include);
  const expanded: Record<string, PreparedInclusion> = {};
  for (const [alias, inclusion] of Object.entries(include)) {
    if (inclusion === undefined) continue;
    const { subquery, cardinality } = resolveInclusion(alias, inclusion, place, expansion);
    if (!isQueryResultCardinality(cardinality)) throw new InvalidQueryCardinalityError(cardinality);
    const inner = placeInside(place, subquery.collectionName);
    setOwn(expanded, alias, { subquery: expandClauses(subquery, inner, expansion), cardinality });
  }
  return expanded;
}

function resolveInclusion(
  alias: string,
  inclusion: Inclusion,
  place: Place,
  expansion: Expansion,
): { readonly subquery: CollectionQuery; readonly cardinality: unknown } {
  if (isQueryInclusionSubquery(inclusion)) {
    if (typeof inclusion.subquery === 'object' && inclusion.subquery !== null) return inclusion;
    throw new InvalidQueryInclusionError(inclusion, `The subquery of inclusion '${alias}' must be a query.`);
  }
  const isReference = isQueryInclusionReference(inclusion);
  if (!isReference && !isQueryInclusionShorthand(inclusion)) {
    throw new InvalidQueryInclusionError(inclusion, `Inclusion '${alias}' is neither a relation nor a subquery.`);
  }
  const { collections } = expansion;
  if (collections === undefined) {
    throw new InvalidQueryInclusionError(
      inclusion,
      `Inclusion '${alias}' names a relation, which needs a schema. Without one, include { subquery, cardinality }.`,
    );
  }
  const name = isReference ? inclusion._extends : alias;
  const relation = relationAt(collections, place.collection, name);
  if (relation !== undefined) {
    const extension = isReference ? inclusion : undefined;
    return { subquery: extendQuery(relation.query, extension), cardinality: relation.cardinality };
  }
  if (typeAtPath(collections, place.collection, name) !== undefined) {
    throw new IncludedNonRelationError(name, alias, place.collection);
  }
  throw new RelationDoesNotExistError(name, alias, place.collection);
}

/** Filters and selections add up; of the other clauses, those that the extension defines replace the relation's. */
function extendQuery(query: CollectionQuery, extension: RelationInclusion | undefined): CollectionQuery {
  if (extension === undefined) return query;
  return {
    ...query,
    select: concat(query.select, extension.select),
    where: concat(query.where, extension.where),
    order: extension.order ?? query.order,
    limit: extension.limit ?? query.limit,
    include: extension.include ?? query.include,
  };
}

function concat<T>(first: readonly T[] | undefined, second: readonly T[] | undefined): readonly T[] | undefined {
  if (!first || !second) return second ?? first;
  return Array.isArray(second) ? [...first, ...second] : second;
}
