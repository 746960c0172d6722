/**
 * Validates filters and turns every reference to a relation into an `exists` subquery with plain statements. Afterwards
 * each statement is about one attribute of one row, compared with a constant or a relational variable.
 */
import type { Filter, FilterStatement, PreparedFilter, PreparedQuery } from '../ast/query.ts';
import { describeValue } from '../base/describe-value.ts';
import { InvalidFilterError, InvalidQueryWhereError } from '../base/errors.ts';
import type { DataType } from '../schema/data-type.ts';
import { SET_OP_PREFIX, supportedOperations } from '../schema/operations.ts';
import { relationAt, typeAtPath } from '../schema/paths.ts';
import type { Models, Relationship } from '../schema/types.ts';
import { expandValue } from './expand-value.ts';
import { checkCollectionName, placeInside, typedCollections } from './expansion.ts';
import type { Expansion, Place } from './expansion.ts';
import {
  isBooleanFilter,
  isFilterGroup,
  isFilterStatement,
  isRelationshipExistsFilter,
  isSubQueryFilter,
} from './filter-guards.ts';
import { flipOperator } from './flip-operator.ts';
import { shiftOuterVariables } from './shift-variables.ts';
import {
  getVariableComponents,
  isValueVariable,
  isVariableScopeRelational,
  relationalVariable,
  safeIncrementSubqueryVar,
} from './variables.ts';

type ExistsFilter = { readonly exists: PreparedQuery };

export function expandFilters(where: unknown, place: Place, expansion: Expansion): PreparedFilter[] {
  if (where === undefined || where === null) return [];
  if (!Array.isArray(where)) throw new InvalidQueryWhereError('A where clause must be an array of filters');
  return Array.from(where, (filter: Filter) => expandFilter(filter, place, expansion, 0));
}

/** Groups may nest this deep. */
export const MAX_GROUP_DEPTH = 100;

function expandFilter(filter: Filter, place: Place, expansion: Expansion, depth: number): PreparedFilter {
  if (isBooleanFilter(filter)) return filter;
  if (isFilterStatement(filter)) return expandStatement(filter, place, expansion);
  if (isFilterGroup(filter)) {
    const { mod, filters } = filter;
    if (mod !== 'and' && mod !== 'or') {
      throw new InvalidFilterError(`A filter group has the mod ${describeValue(mod)}. Use 'and' or 'or'.`);
    }
    if (!Array.isArray(filters)) throw new InvalidFilterError(`The filters of an '${mod}' group must be an array.`);
    if (depth >= MAX_GROUP_DEPTH) {
      throw new InvalidFilterError(`Filter groups nest more than ${MAX_GROUP_DEPTH} levels deep. Flatten them.`);
    }
    return { mod, filters: Array.from(filters, (member: Filter) => expandFilter(member, place, expansion, depth + 1)) };
  }
  if (isSubQueryFilter(filter)) {
    const { collectionName, where } = filter.exists;
    checkCollectionName(collectionName, expansion.collections);
    return { exists: { collectionName, where: expandFilters(where, placeInside(place, collectionName), expansion) } };
  }
  if (isRelationshipExistsFilter(filter)) return expandRelationExists(filter.exists, place, expansion);
  throw new InvalidFilterError(
    `${describeValue(filter)} is not a filter. Write a statement [path, operator, value], and(…), or(…), exists(…), true or false.`,
  );
}

function expandRelationExists(
  exists: { readonly _extends: string; readonly where?: readonly Filter[] },
  place: Place,
  expansion: Expansion,
): ExistsFilter {
  const collections = typedCollections(expansion, place.collection);
  const path = exists._extends;
  if (collections === undefined) {
    throw new InvalidFilterError(
      `exists('${path}') needs a schema that has the relation. Without one, write { exists: query }.`,
    );
  }
  const [name, rest] = splitPath(String(path));
  const relation = relationAt(collections, place.collection, name);
  if (relation === undefined) {
    throw new InvalidFilterError(
      `'${name}' in exists('${path}') is not a relation of collection '${place.collection}'.`,
    );
  }
  return existsRelated(relation, place, expansion, (inner) =>
    rest === ''
      ? expandFilters(exists.where, inner, expansion)
      : [expandRelationExists({ ...exists, _extends: rest }, inner, expansion)],
  );
}

/** The relation's own where, then what `also` adds from inside it. Its order and limit play no part in a filter. */
function existsRelated(
  relation: Relationship,
  place: Place,
  expansion: Expansion,
  also: (inner: Place) => PreparedFilter[],
): ExistsFilter {
  const { collectionName, where } = relation.query;
  checkCollectionName(collectionName, expansion.collections);
  const inner = placeInside(place, collectionName);
  return { exists: { collectionName, where: [...expandFilters(where, inner, expansion), ...also(inner)] } };
}

/** `isTurned`: the sides were exchanged by us, so the operator need not be one that the attribute takes from outside. */
function expandStatement(
  statement: FilterStatement,
  place: Place,
  expansion: Expansion,
  isTurned = false,
): PreparedFilter {
  const [path, operator, value] = statement;
  const collections = typedCollections(expansion, place.collection);
  if (collections === undefined) return [path, operator, expandValue(value, place, expansion)];
  const type = typeAtPath(collections, place.collection, path);
  if (type === undefined) return expandRelationPath(statement, collections, place, expansion, isTurned);
  const prepared = isTurned ? prefixedOperator(operator, type) : checkOperator(path, operator, type);
  return (
    expandRelationVariable(path, prepared, value, place, expansion) ?? [
      path,
      prepared,
      expandValue(value, place, expansion),
    ]
  );
}

/** Returns the operator as prepared queries have it: prefixed on sets. */
function checkOperator(path: string, operator: string, type: DataType): string {
  const prepared = prefixedOperator(operator, type);
  const supported = supportedOperations(type);
  if (supported.includes(prepared)) return prepared;
  const names = supported.map((name) => name.replace(SET_OP_PREFIX, '')).join(' ');
  throw new InvalidFilterError(
    `Operator '${operator}' is not valid for property '${path}' of type '${type.type}'. Valid operators: ${names}`,
  );
}

function prefixedOperator(operator: string, type: DataType): string {
  return type.type === 'set' && !operator.startsWith(SET_OP_PREFIX) ? SET_OP_PREFIX + operator : operator;
}

/** `relation.rest operator value` holds iff a related row exists of which `rest operator value` holds. */
function expandRelationPath(
  [path, operator, value]: FilterStatement,
  collections: Models,
  place: Place,
  expansion: Expansion,
  isTurned: boolean,
): PreparedFilter {
  const [name, rest] = splitPath(path);
  const relation = relationAt(collections, place.collection, name);
  if (relation === undefined) {
    throw new InvalidFilterError(
      `Could not find property '${path}' in the schema of collection '${place.collection}'.`,
    );
  }
  if (rest === '') {
    throw new InvalidFilterError(
      `'${path}' is a relation of collection '${place.collection}'. Compare one of its attributes, or use exists('${path}').`,
    );
  }
  return existsRelated(relation, place, expansion, (inner) => [
    expandStatement([rest, operator, safeIncrementSubqueryVar(value)], inner, expansion, isTurned),
  ]);
}

/**
 * A variable that itself crosses a relation, as in `path operator $0.relation.rest`, is turned around: a related row
 * exists of which `rest flipped-operator $1.path` holds. Undefined for any other value.
 */
function expandRelationVariable(
  path: string,
  operator: string,
  value: unknown,
  place: Place,
  expansion: Expansion,
): ExistsFilter | undefined {
  if (!isValueVariable(value)) return undefined;
  const [givenScope, ...keys] = getVariableComponents(value);
  const scope = givenScope ?? place.unscoped;
  if (!isVariableScopeRelational(scope) || keys.length < 2) return undefined;
  const owners = [place.collection, ...place.parents].slice(scope);
  const owner = owners[0];
  const collections = owner === undefined ? undefined : typedCollections(expansion, owner);
  if (owner === undefined || collections === undefined || typeAtPath(collections, owner, keys.join('.')))
    return undefined;
  const relation = relationAt(collections, owner, keys[0]!);
  if (relation === undefined) return undefined;

  const { collectionName } = relation.query;
  const ownerPlace: Place = { collection: owner, parents: owners.slice(1), unscoped: 1, depth: place.depth ?? 0 };
  const related = existsRelated(relation, ownerPlace, expansion, () => []);
  const inner = placeInside(place, collectionName);
  const flipped: FilterStatement = [
    keys.slice(1).join('.'),
    flipOperator(operator),
    relationalVariable(1, path.split('.')),
  ];
  return {
    exists: {
      collectionName,
      where: [
        ...shiftOuterVariables(related.exists.where ?? [], scope),
        expandStatement(flipped, inner, expansion, true),
      ],
    },
  };
}

function splitPath(path: string): [first: string, rest: string] {
  const dot = path.indexOf('.');
  return dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
}
