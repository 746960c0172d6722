/**
 * Expands the filters of a query: relation paths become exists subqueries, static variables their values, set operators
 * get their prefix. Invalid filters are refused here, with the path and the reason.
 */
import type { CollectionQuery, Filter, PreparedFilter, PreparedQuery } from '../ast/query.ts';
import { InvalidFilterError, InvalidQueryWhereError, TriplitError } from '../base/errors.ts';
import type { DataType } from '../schema/data-type.ts';
import { relationAt, typeAtPath } from '../schema/paths.ts';
import { supportedOperations } from '../schema/type.ts';
import type { Models, Relationship } from '../schema/types.ts';
import { getVariableComponents, isValueVariable, relationalVariable, resolveStaticVariable, safeIncrementSubqueryVar } from './variables.ts';
import type { VariableScopes } from './variables.ts';

/** What the expansion of a filter depends on. */
export interface FilterScope {
  readonly collections: Models | undefined;
  /** By scope name, `$global` and so on. */
  readonly variables: VariableScopes;
  /** Collections from the filtered row outward: its own, its parent query's, … */
  readonly stack: readonly string[];
  /** The row that an unscoped variable means: the parent's (1), or in permission filters the row itself (0). */
  readonly unscoped: 0 | 1;
  readonly replaceStaticVariables: boolean;
  readonly expandSubquery: (query: CollectionQuery, outer: FilterScope) => PreparedQuery;
}

export function expandFilters(where: readonly Filter[] | undefined | null, scope: FilterScope): PreparedFilter[] {
  if (where === undefined || where === null) return [];
  if (!Array.isArray(where)) throw new InvalidQueryWhereError(where, 'The where clause must be an array of filters.');
  return where.map((filter: Filter) => expandFilter(filter, scope));
}

export function expandFilter(filter: Filter, scope: FilterScope): PreparedFilter {
  if (typeof filter === 'boolean') return filter;
  if (Array.isArray(filter)) {
    if (filter.length !== 3 || typeof filter[0] !== 'string' || typeof filter[1] !== 'string') throw unknownFilter(filter);
    return expandStatement(filter[0], filter[1], filter[2], scope);
  }
  if (typeof filter !== 'object' || filter === null) throw unknownFilter(filter);
  if ('mod' in filter) {
    if ((filter.mod !== 'and' && filter.mod !== 'or') || !Array.isArray(filter.filters)) throw unknownFilter(filter);
    return { mod: filter.mod, filters: filter.filters.map((member) => expandFilter(member, scope)) };
  }
  if ('exists' in filter && typeof filter.exists === 'object' && filter.exists !== null) {
    const { exists } = filter;
    if ('collectionName' in exists) return { exists: scope.expandSubquery({ collectionName: exists.collectionName, ...(exists.where && { where: exists.where }) }, scope) };
    if ('_extends' in exists && typeof exists._extends === 'string') return expandRelationExists(exists._extends, exists.where, scope);
  }
  throw unknownFilter(filter);
}

function unknownFilter(filter: unknown): InvalidFilterError {
  return new InvalidFilterError(`The filter ${JSON.stringify(filter) ?? String(filter)} is not of a known kind. Use [path, operator, value], and([…]), or([…]), exists(…), true or false.`);
}

/** One exists per relation in the path; the extension goes to the innermost. */
function expandRelationExists(path: string, where: readonly Filter[] | undefined, scope: FilterScope): PreparedFilter {
  const { collections } = scope;
  if (collections === undefined) throw new InvalidFilterError(`exists('${path}') needs a schema with that relation, but the database is schemaless. Use { exists: query }.`);
  const [name = '', ...rest] = path.split('.');
  const relation = relationAt(collections, scope.stack[0]!, name);
  if (relation === undefined) {
    throw new InvalidFilterError(
      typeAtPath(collections, scope.stack[0]!, name) === undefined
        ? `Could not find property '${path}' in the schema`
        : `'${path}' is not a relation of '${scope.stack[0]!}', so exists cannot be applied to it`,
    );
  }
  const inner = rest.length === 0 ? (where ?? []) : [];
  return existsOf(relation, scope, (innerScope) =>
    rest.length === 0 ? expandFilters(inner, innerScope) : [expandRelationExists(rest.join('.'), where, innerScope)],
  );
}

function existsOf(relation: Relationship, scope: FilterScope, further: (inner: FilterScope) => PreparedFilter[]): PreparedFilter {
  const collectionName = relation.query.collectionName;
  const inner: FilterScope = { ...scope, stack: [collectionName, ...scope.stack], unscoped: 1 };
  return { exists: { collectionName, where: [...expandFilters(relation.query.where, inner), ...further(inner)] } };
}

function expandStatement(path: string, operator: string, value: unknown, scope: FilterScope): PreparedFilter {
  const { collections, stack } = scope;
  if (collections === undefined || !Object.hasOwn(collections, stack[0]!)) return [path, operator, expandValue(value, scope)];
  const [first = '', ...rest] = path.split('.');
  const relation = relationAt(collections, stack[0]!, first);
  if (relation !== undefined) {
    if (rest.length === 0) throw new InvalidFilterError(`The path '${path}' ends on a relation. Compare one of its attributes, or use exists('${path}').`);
    return existsOf(relation, scope, (inner) => [expandStatement(rest.join('.'), operator, safeIncrementSubqueryVar(value), inner)]);
  }
  const type = typeAtPath(collections, stack[0]!, path);
  if (type === undefined) throw new InvalidFilterError(`Could not find property '${path}' in the schema`);
  const prefixed = typedOperator(path, operator, type);
  return invertRelationalValue(path, prefixed, value, scope) ?? [path, prefixed, expandValue(value, scope)];
}

function typedOperator(path: string, operator: string, type: DataType): string {
  const prefixed = type.type === 'set' && !operator.startsWith('SET_') ? `SET_${operator}` : operator;
  if (!(supportedOperations(type) as readonly string[]).includes(prefixed)) {
    throw new InvalidFilterError(`Operator '${operator}' is not valid for property '${path}' of type '${type.type}'`);
  }
  return prefixed;
}

/** `[a, op, $n.relation.b]` becomes an exists on the relation of row n, with the operator flipped. */
function invertRelationalValue(path: string, operator: string, value: unknown, scope: FilterScope): PreparedFilter | undefined {
  if (!isValueVariable(value) || scope.collections === undefined) return undefined;
  const [given, first, ...rest] = getVariableComponents(value);
  const level = given ?? scope.unscoped;
  if (typeof level !== 'number' || first === undefined || rest.length === 0) return undefined;
  const owner = scope.stack[level];
  const relation = owner === undefined ? undefined : relationAt(scope.collections, owner, first);
  if (relation === undefined) return undefined;
  const collectionName = relation.query.collectionName;
  const inner: FilterScope = { ...scope, stack: [collectionName, ...scope.stack], unscoped: 1 };
  // The relation's own variables mean the row at `level`, which is one further out inside the subquery.
  const relationWhere = expandFilters(relation.query.where, { ...inner, stack: [collectionName, ...scope.stack.slice(level)] });
  return {
    exists: {
      collectionName,
      where: [...relationWhere.map((filter) => shiftVariables(filter, level)), expandStatement(rest.join('.'), flipOperator(operator), relationalVariable(1, [path]), inner)],
    },
  };
}

/** Raises every variable that reaches out of the filter by `step`. */
function shiftVariables(filter: PreparedFilter, step: number, depth = 0): PreparedFilter {
  if (step === 0 || typeof filter === 'boolean') return filter;
  if (isPreparedStatement(filter)) {
    const [path, operator, value] = filter;
    if (!isValueVariable(value)) return filter;
    const [level] = getVariableComponents(value);
    return typeof level === 'number' && level > depth ? [path, operator, safeIncrementSubqueryVar(value, step)] : filter;
  }
  if ('exists' in filter) return { exists: { ...filter.exists, where: (filter.exists.where ?? []).map((member) => shiftVariables(member, step, depth + 1)) } };
  return { mod: filter.mod, filters: filter.filters.map((member) => shiftVariables(member, step, depth)) };
}

const isPreparedStatement = (filter: Exclude<PreparedFilter, boolean>): filter is readonly [string, string, unknown] => Array.isArray(filter);

const FLIPPED: Readonly<Record<string, string>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  in: 'SET_has',
  nin: 'SET_!has',
  SET_has: 'in',
  'SET_!has': 'nin',
};

/** The operator that says the same with its two sides exchanged. */
export function flipOperator(operator: string): string {
  const flipped = Object.hasOwn(FLIPPED, operator) ? FLIPPED[operator] : undefined;
  if (flipped === undefined) throw new TriplitError(`Cannot flip operator ${operator}`);
  return flipped;
}

function expandValue(value: unknown, scope: FilterScope): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return new Set(value.map((item: unknown) => (item instanceof Date ? item.toISOString() : item)));
  if (!isValueVariable(value)) return value;
  const components = getVariableComponents(value);
  const [level, ...path] = components;
  if (level === undefined) return relationalVariable(scope.unscoped, path);
  if (typeof level === 'number') return value;
  if (level === '$prev' && !('$prev' in scope.variables)) return value;
  if (!scope.replaceStaticVariables) return value;
  return literalValue(resolveStaticVariable(components, scope.variables));
}

/** A resolved value is a value, even when its text looks like a variable. */
function literalValue(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? new Set(value) : value;
}
