/** Validates a query as an application wrote it and expands it: relations to subqueries, static variables to values. */
import type { CollectionQuery, Inclusion, PreparedInclusion, PreparedOrder, PreparedQuery, QueryCursor } from '../ast/query.ts';
import {
  IncludedNonRelationError,
  InvalidCollectionNameError,
  InvalidOrderClauseError,
  InvalidQueryAfterError,
  InvalidQueryCardinalityError,
  InvalidQueryInclusionError,
  InvalidQueryLimitError,
  InvalidSelectClauseError,
  RelationDoesNotExistError,
} from '../base/errors.ts';
import { relationAt, typeAtPath } from '../schema/paths.ts';
import { encode } from '../schema/type.ts';
import type { Models } from '../schema/types.ts';
import { expandFilters } from './expand-filters.ts';
import type { FilterScope } from './expand-filters.ts';
import type { VariableScopes } from './variables.ts';

export interface ExpandOptions {
  readonly variables: VariableScopes;
  readonly replaceStaticVariables: boolean;
}

const SYSTEM_COLLECTION = '_metadata';

export function expandQuery(query: CollectionQuery, collections: Models | undefined, options: ExpandOptions): PreparedQuery {
  const variables = { ...options.variables, $query: query.vars ?? {} };
  return expandSubquery(query, { collections, variables, stack: [], unscoped: 1, replaceStaticVariables: options.replaceStaticVariables, expandSubquery });
}

export function expandSubquery(query: CollectionQuery, outer: FilterScope): PreparedQuery {
  const collectionName = checkCollection(query.collectionName, outer.collections);
  const scope: FilterScope = { ...outer, stack: [collectionName, ...outer.stack], unscoped: 1 };
  const select = checkSelect(query.select, collectionName, scope.collections);
  const include = expandInclude(query.include, scope);
  const where = expandFilters(query.where, scope);
  const order = expandOrder(query.order, scope);
  const limit = checkLimit(query.limit);
  const after = expandAfter(query.after, query.order, scope);
  return { collectionName, select, include, where, order, limit, after };
}

function checkCollection(name: unknown, collections: Models | undefined): string {
  if (name === undefined || name === null || name === '') throw new InvalidCollectionNameError(name, 'Collection name must be provided');
  if (typeof name !== 'string') throw new InvalidCollectionNameError(name, 'Collection name must be a string');
  if (collections !== undefined && name !== SYSTEM_COLLECTION && !Object.hasOwn(collections, name)) {
    throw new InvalidCollectionNameError(name, `Collection '${name}' does not exist in the schema`);
  }
  return name;
}

const hasTypes = (collections: Models | undefined, collection: string): collections is Models => collections !== undefined && Object.hasOwn(collections, collection);

function checkSelect(select: CollectionQuery['select'] | null, collection: string, collections: Models | undefined): readonly string[] | undefined {
  if (select === undefined || select === null) return undefined;
  if (!Array.isArray(select)) throw new InvalidSelectClauseError('The select clause must be an array of attribute paths.');
  for (const path of select as unknown[]) {
    if (typeof path !== 'string') throw new InvalidSelectClauseError(`The selection ${JSON.stringify(path)} is not a string.`);
    if (!hasTypes(collections, collection)) continue;
    if (relationAt(collections, collection, path.split('.')[0]!) !== undefined) {
      throw new InvalidSelectClauseError(`The selection '${path}' is a relation of '${collection}'. Load it with Include instead.`);
    }
    if (typeAtPath(collections, collection, path) === undefined) throw new InvalidSelectClauseError(`Could not find property '${path}' of '${collection}' in the schema`);
  }
  return select;
}

function expandInclude(include: CollectionQuery['include'] | null, scope: FilterScope): PreparedQuery['include'] {
  if (include === undefined || include === null) return undefined;
  const expanded: Record<string, PreparedInclusion> = {};
  for (const alias of Object.keys(include)) expanded[alias] = expandInclusion(alias, include[alias], scope);
  return Object.keys(expanded).length === 0 ? undefined : expanded;
}

function expandInclusion(alias: string, inclusion: Inclusion | undefined, scope: FilterScope): PreparedInclusion {
  const collection = scope.stack[0]!;
  if (typeof inclusion === 'object' && inclusion !== null && 'subquery' in inclusion) {
    if (inclusion.cardinality !== 'one' && inclusion.cardinality !== 'many') throw new InvalidQueryCardinalityError(inclusion.cardinality);
    return { subquery: expandSubquery(inclusion.subquery, scope), cardinality: inclusion.cardinality };
  }
  if (!hasTypes(scope.collections, collection)) {
    throw new InvalidQueryInclusionError(inclusion, `The inclusion '${alias}' names a relation, but the database has no schema that defines it. Use { subquery, cardinality }.`);
  }
  const extension = typeof inclusion === 'object' && inclusion !== null ? inclusion : undefined;
  const name = extension?._extends ?? alias;
  const relation = relationAt(scope.collections, collection, name);
  if (relation === undefined) {
    if (typeAtPath(scope.collections, collection, name) !== undefined) throw new IncludedNonRelationError(name, alias, collection);
    throw new RelationDoesNotExistError(name, alias, collection);
  }
  const defined = Object.fromEntries(Object.entries(extension ?? {}).filter(([key, value]) => value !== undefined && key !== '_extends'));
  const subquery = {
    ...relation.query,
    ...defined,
    where: [...(relation.query.where ?? []), ...(extension?.where ?? [])],
    ...(extension?.select === undefined ? {} : { select: [...(relation.query.select ?? []), ...extension.select] }),
  } as CollectionQuery;
  return { subquery: expandSubquery(subquery, scope), cardinality: relation.cardinality };
}

function expandOrder(order: CollectionQuery['order'] | null, scope: FilterScope): readonly PreparedOrder[] | undefined {
  if (order === undefined || order === null) return undefined;
  if (!Array.isArray(order)) throw new InvalidOrderClauseError('The order clause must be an array of [path, direction].');
  const expanded = (order as unknown[]).map((clause): PreparedOrder => {
    if (!Array.isArray(clause) || typeof clause[0] !== 'string') throw new InvalidOrderClauseError(`The order clause ${JSON.stringify(clause)} is not [path, direction].`);
    const [path, direction] = clause as [string, unknown];
    if (direction !== 'ASC' && direction !== 'DESC') throw new InvalidOrderClauseError(`The direction of the order by '${path}' must be 'ASC' or 'DESC', not ${JSON.stringify(direction)}.`);
    const relation = orderRelation(path, path.split('.'), scope);
    return relation === undefined ? [path, direction] : [path, direction, relation];
  });
  return expanded.length === 0 ? undefined : expanded;
}

function orderRelation(path: string, segments: readonly string[], scope: FilterScope): PreparedInclusion | undefined {
  const collection = scope.stack[0]!;
  if (!hasTypes(scope.collections, collection)) return undefined;
  const [first = '', ...rest] = segments;
  const relation = relationAt(scope.collections, collection, first);
  if (relation === undefined) {
    const type = typeAtPath(scope.collections, collection, segments.join('.'));
    if (type === undefined) throw new InvalidOrderClauseError(`Could not find property '${path}' in the schema`);
    if (type.type === 'set' || type.type === 'record') throw new InvalidOrderClauseError(`Rows cannot be ordered by '${path}': it is a ${type.type}.`);
    return undefined;
  }
  if (rest.length === 0) throw new InvalidOrderClauseError(`Rows cannot be ordered by '${path}': it is a relation. Order by one of its attributes.`);
  if (relation.cardinality !== 'one') throw new InvalidOrderClauseError(`Rows cannot be ordered by '${path}': the relation '${first}' leads to many rows.`);
  const subquery = expandSubquery(relation.query, scope);
  const inner = orderRelation(path, rest, { ...scope, stack: [relation.query.collectionName, ...scope.stack] });
  return { subquery: inner === undefined ? subquery : { ...subquery, include: { [rest[0]!]: inner } }, cardinality: 'one' };
}

function checkLimit(limit: unknown): number | undefined {
  if (limit === undefined || limit === null) return undefined;
  if (typeof limit !== 'number' || Number.isNaN(limit) || limit < 0) throw new InvalidQueryLimitError(limit, `The limit must be a number of rows, zero or more, not ${JSON.stringify(limit)}.`);
  return limit;
}

function expandAfter(after: unknown, order: CollectionQuery['order'], scope: FilterScope): QueryCursor | undefined {
  if (after === undefined || after === null) return undefined;
  if (!Array.isArray(after) || after.length !== 2 || !Array.isArray(after[0])) throw new InvalidQueryAfterError(after, 'The after clause must be [cursor values, inclusive].');
  const [cursor, inclusive] = after as [unknown[], unknown];
  if (order === undefined || order === null || order.length === 0) throw new InvalidQueryAfterError(after, 'An after clause needs an order clause.');
  if (cursor.length !== order.length) throw new InvalidQueryAfterError(after, `The cursor must have one value per order clause: ${order.length}, not ${cursor.length}.`);
  if (typeof inclusive !== 'boolean') throw new InvalidQueryAfterError(after, 'The second element of the after clause must be a boolean: whether the cursor row itself belongs to the result.');
  const collection = scope.stack[0]!;
  const values = cursor.map((value, index) => {
    if (value === undefined) throw new InvalidQueryAfterError(after, `The cursor value for '${order[index]![0]}' is undefined.`);
    if (!hasTypes(scope.collections, collection)) return value instanceof Date ? value.toISOString() : value;
    const type = typeAtPath(scope.collections, collection, order[index]![0]);
    if (type === undefined) throw new InvalidQueryAfterError(after, `A cursor cannot be used with the order by '${order[index]![0]}', which crosses a relation.`);
    if (value === null) return null;
    try {
      return encode(type, value);
    } catch (error) {
      throw new InvalidQueryAfterError(after, (error as Error).message);
    }
  });
  return [values, inclusive];
}
