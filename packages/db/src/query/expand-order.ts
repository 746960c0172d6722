/** Validates the clauses that say which part of the result is wanted in which order: order, limit and after. */
import type { CursorValue, OrderDirection, PreparedInclusion, PreparedOrder, QueryCursor } from '../ast/query.ts';
import { describeValue } from '../base/describe-value.ts';
import { InvalidOrderClauseError, InvalidQueryAfterError, InvalidQueryLimitError } from '../base/errors.ts';
import { relationAt, typeAtPath } from '../schema/paths.ts';
import { encode } from '../schema/type.ts';
import { expandFilters } from './expand-filters.ts';
import { checkCollectionName, placeInside, typedCollections } from './expansion.ts';
import type { Expansion, Place } from './expansion.ts';

export function expandOrder(order: unknown, place: Place, expansion: Expansion): PreparedOrder[] | undefined {
  if (order === undefined || order === null) return undefined;
  if (!Array.isArray(order))
    throw new InvalidOrderClauseError('An order must be an array of [path, direction] clauses.');
  return Array.from(order, (clause: unknown) => expandClause(clause, place, expansion));
}

function expandClause(clause: unknown, place: Place, expansion: Expansion): PreparedOrder {
  if (!Array.isArray(clause) || typeof clause[0] !== 'string') {
    throw new InvalidOrderClauseError(`${describeValue(clause)} is not an order clause. Write [path, 'ASC' | 'DESC'].`);
  }
  const [path, direction] = clause as [string, OrderDirection];
  if (direction !== 'ASC' && direction !== 'DESC') {
    throw new InvalidOrderClauseError(
      `The direction of the order by '${path}' is ${describeValue(direction)}. Use 'ASC' or 'DESC'.`,
    );
  }
  const relation = expandRelation(path, path, place, expansion);
  return relation === undefined ? [path, direction] : [path, direction, relation];
}

/** The subquery that yields the related row; undefined when the path is an attribute of this collection. */
function expandRelation(
  path: string,
  fullPath: string,
  place: Place,
  expansion: Expansion,
): PreparedInclusion | undefined {
  const collections = typedCollections(expansion, place.collection);
  if (collections === undefined) return undefined;
  const type = typeAtPath(collections, place.collection, path);
  if (type !== undefined) {
    if (type.type !== 'set' && type.type !== 'record') return undefined;
    throw new InvalidOrderClauseError(
      `Cannot order by '${fullPath}', which is a ${type.type}. Order by a single value.`,
    );
  }
  const [name = '', ...rest] = path.split('.');
  const relation = relationAt(collections, place.collection, name);
  if (relation === undefined) {
    throw new InvalidOrderClauseError(
      `Could not find the order path '${fullPath}' in collection '${place.collection}'.`,
    );
  }
  if (rest.length === 0) {
    throw new InvalidOrderClauseError(`Cannot order by the relation '${fullPath}'. Order by one of its attributes.`);
  }
  if (relation.cardinality !== 'one') {
    throw new InvalidOrderClauseError(
      `Cannot order by '${fullPath}': the relation '${name}' of collection '${place.collection}' leads to many entities.`,
    );
  }
  const { collectionName, where, order, limit } = relation.query;
  checkCollectionName(collectionName, expansion.collections);
  const inner = placeInside(place, collectionName);
  const next = expandRelation(rest.join('.'), fullPath, inner, expansion);
  const relationOrder = expandOrder(order, inner, expansion);
  return {
    subquery: {
      collectionName,
      where: expandFilters(where, inner, expansion),
      ...(next && { include: { [rest[0]!]: next } }),
      ...(relationOrder && { order: relationOrder }),
      ...(limit !== undefined && { limit }),
    },
    cardinality: 'one',
  };
}

export function expandLimit(limit: unknown): number | undefined {
  if (limit === undefined || limit === null) return undefined;
  if (typeof limit !== 'number' || Number.isNaN(limit)) throw new InvalidQueryLimitError('A limit must be a number');
  if (limit < 0) throw new InvalidQueryLimitError('A limit must not be negative');
  // Computed limits (so many rows fit on a screen) come with fractions. Of a row there is no half.
  return Math.trunc(limit);
}

export function expandAfter(
  after: unknown,
  order: readonly PreparedOrder[] | undefined,
  place: Place,
  expansion: Expansion,
): QueryCursor | undefined {
  if (after === undefined || after === null) return undefined;
  if (!Array.isArray(after) || after.length !== 2) {
    throw new InvalidQueryAfterError('An after clause must be an array of a cursor and a boolean');
  }
  const [cursor, inclusive] = after as [unknown, unknown];
  if (!Array.isArray(cursor)) throw new InvalidQueryAfterError('A cursor must be an array of values');
  if (order === undefined || order.length === 0) throw new InvalidQueryAfterError('An after clause needs an order');
  if (cursor.length !== order.length) {
    throw new InvalidQueryAfterError(
      `A cursor needs one value for each order clause: expected ${order.length}, got ${cursor.length}`,
    );
  }
  if (typeof inclusive !== 'boolean')
    throw new InvalidQueryAfterError('The second part of an after clause must be a boolean');
  return [order.map((clause, index) => expandCursorValue(cursor[index], clause, place, expansion)), inclusive];
}

function expandCursorValue(
  value: unknown,
  [path, , relation]: PreparedOrder,
  place: Place,
  expansion: Expansion,
): CursorValue {
  if (value === undefined) throw new InvalidQueryAfterError(`The cursor value for '${path}' is undefined`);
  if (relation !== undefined)
    throw new InvalidQueryAfterError(`A cursor cannot continue the relational order by '${path}'`);
  if (value === null) return null;
  const collections = typedCollections(expansion, place.collection);
  const type = collections && typeAtPath(collections, place.collection, path);
  if (type === undefined) return value instanceof Date ? value.toISOString() : (value as CursorValue);
  try {
    return encode(type, value) as CursorValue;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidQueryAfterError(`The cursor value for '${path}' does not fit its type: ${reason}`);
  }
}
