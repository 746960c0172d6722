/**
 * Permissions as filters: conjoined at the root of a query and inside every inclusion, exists and order subquery, at every
 * depth. They never run here; the engine evaluates them like any other filter.
 */
import type { PreparedFilter, PreparedInclusion, PreparedQuery } from '../ast/query.ts';
import { InvalidFilterError, TriplitError } from '../base/errors.ts';
import { expandFilters } from '../query/expand-filters.ts';
import { isFilterGroup, isFilterStatement } from '../query/filter-guards.ts';
import type { VariableScopes } from '../query/variables.ts';
import { collectionAt } from '../schema/paths.ts';
import type { Models, PermissionOperations } from '../schema/types.ts';
import { setOwn } from '../values/own-property.ts';
import type { Session } from './session.ts';

/** On whose behalf, and by which schema. */
export interface PermitScope {
  readonly collections: Models | undefined;
  readonly session: Pick<Session, 'roles'> | undefined;
  readonly variables: VariableScopes;
  /** False keeps static variables as text. Default true. */
  readonly replaceStaticVariables?: boolean | undefined;
}

/** Read permissions may lead from one to the next through this many collections. */
export const MAX_PERMISSION_DEPTH = 32;
/** Collections that all refer to each other in their permissions multiply: n of them take more than n! subqueries. */
export const MAX_PERMISSION_SUBQUERIES = 10_000;

/** A scope, and what has been spent in it. */
interface Permitting extends PermitScope {
  readonly spent: { subqueries: number };
}

/** Takes an expanded query. `operation` is about the root; everything below is read. */
export function permitQuery(query: PreparedQuery, scope: PermitScope, operation: PermissionOperations): PreparedQuery {
  return permit(query, { ...scope, spent: { subqueries: 0 } }, operation, []);
}

/** What the session's roles together allow, nested reads permitted; undefined when the collection is not restricted. */
export function permissionFilter(
  collection: string,
  operation: PermissionOperations,
  scope: PermitScope,
): PreparedFilter | undefined {
  return expandPermission(collection, operation, { ...scope, spent: { subqueries: 0 } }, []);
}

/**
 * `expanding`: the collections inside whose read permissions this query stands. A reference back to one of them is not
 * filtered again, or mutual permissions would never end.
 */
function permit(
  query: PreparedQuery,
  scope: Permitting,
  operation: PermissionOperations,
  expanding: readonly string[],
): PreparedQuery {
  if (++scope.spent.subqueries > MAX_PERMISSION_SUBQUERIES) {
    throw new TriplitError(
      `The query takes more than ${MAX_PERMISSION_SUBQUERIES} subqueries with its permissions, at '${query.collectionName}'. Let fewer permissions cross relations to collections whose permissions do.`,
    );
  }
  const where = (query.where ?? []).map((filter) => permitFilter(filter, scope, expanding));
  if (!expanding.includes(query.collectionName)) {
    const permission = expandPermission(query.collectionName, operation, scope, expanding);
    if (permission !== undefined) where.push(permission);
  }
  const permitted = { ...query, where };
  if (query.include !== undefined) permitted.include = permitInclusions(query.include, scope, expanding);
  if (query.order !== undefined) {
    permitted.order = query.order.map((clause) => {
      const [path, direction, relation] = clause;
      return relation === undefined ? clause : [path, direction, permitInclusion(relation, scope, expanding)];
    });
  }
  return permitted;
}

function permitInclusions(
  include: Readonly<Record<string, PreparedInclusion>>,
  scope: Permitting,
  expanding: readonly string[],
): Record<string, PreparedInclusion> {
  const permitted: Record<string, PreparedInclusion> = {};
  for (const [alias, inclusion] of Object.entries(include)) {
    setOwn(permitted, alias, permitInclusion(inclusion, scope, expanding));
  }
  return permitted;
}

function permitInclusion(
  { subquery, cardinality }: PreparedInclusion,
  scope: Permitting,
  expanding: readonly string[],
): PreparedInclusion {
  return { subquery: permit(subquery, scope, 'read', expanding), cardinality };
}

function permitFilter(filter: PreparedFilter, scope: Permitting, expanding: readonly string[]): PreparedFilter {
  if (typeof filter === 'boolean' || isFilterStatement(filter)) return filter;
  if (!isFilterGroup(filter)) return { exists: permit(filter.exists, scope, 'read', expanding) };
  return { mod: filter.mod, filters: filter.filters.map((member) => permitFilter(member, scope, expanding)) };
}

function expandPermission(
  collection: string,
  operation: PermissionOperations,
  scope: Permitting,
  expanding: readonly string[],
): PreparedFilter | undefined {
  const { collections, session, variables, replaceStaticVariables = true } = scope;
  const permissions = collections && collectionAt(collections, collection)?.permissions;
  if (permissions === undefined) return undefined;
  if (expanding.length >= MAX_PERMISSION_DEPTH) {
    throw new TriplitError(
      `The read permissions of more than ${MAX_PERMISSION_DEPTH} collections depend on each other, at '${collection}'. Let fewer permissions cross relations.`,
    );
  }
  const allowed: PreparedFilter[] = [];
  for (const { key, roleVars } of session?.roles ?? []) {
    const filter: unknown = Object.hasOwn(permissions, key) ? permissions[key]?.[operation]?.filter : undefined;
    if (filter === undefined || filter === null) continue;
    if (!Array.isArray(filter)) {
      throw new InvalidFilterError(
        `The ${operation} permission of role '${key}' on collection '${collection}' must be an array of filters.`,
      );
    }
    const expanded = expandFilters(
      filter,
      { collection, parents: [], unscoped: 0 },
      {
        collections,
        variables: { ...variables, $role: roleVars },
        replaceStaticVariables,
        keepPrevious: operation !== 'read',
      },
    );
    // Relations in a write permission are read with read permissions, those of the written collection included.
    const inside = operation === 'read' ? [...expanding, collection] : expanding;
    const filters = expanded.map((member) => permitFilter(member, scope, inside));
    allowed.push(filters.length === 0 ? false : { mod: 'and', filters });
  }
  if (allowed.length > 0) return { mod: 'or', filters: allowed };
  return operation === 'postUpdate' ? undefined : false;
}
