/**
 * Permissions as filters: conjoined at the root of a query and inside every inclusion, exists and order subquery, at every
 * depth. They never run here; the engine evaluates them like any other filter.
 */
import type { Filter, PreparedFilter, PreparedInclusion, PreparedOrder, PreparedQuery } from '../ast/query.ts';
import { InvalidFilterError } from '../base/errors.ts';
import { expandFilters } from '../query/expand-filters.ts';
import { expandSubquery } from '../query/expand-query.ts';
import type { Models, PermissionOperations } from '../schema/types.ts';
import type { VariableScopes } from '../query/variables.ts';
import type { Session } from './session.ts';

export interface PermitScope {
  readonly collections: Models | undefined;
  readonly session: Pick<Session, 'roles'> | undefined;
  readonly variables: VariableScopes;
}

/** Conjoins the `operation` filter at the root and read filters everywhere below. */
export function permitQuery(query: PreparedQuery, scope: PermitScope, operation: PermissionOperations = 'read'): PreparedQuery {
  return permit(query, scope, operation, []);
}

/** `stack`: the collections whose permissions are being expanded; references back to them are not filtered again. */
function permit(query: PreparedQuery, scope: PermitScope, operation: PermissionOperations, stack: readonly string[]): PreparedQuery {
  const { collectionName } = query;
  const where = (query.where ?? []).map((filter) => permitFilter(filter, scope, stack));
  if (!stack.includes(collectionName)) {
    const permission = permissionFilter(collectionName, operation, scope, stack);
    if (permission !== undefined) where.push(permission);
  }
  const inclusion = ({ subquery, cardinality }: PreparedInclusion): PreparedInclusion => ({ subquery: permit(subquery, scope, 'read', stack), cardinality });
  const include = query.include && Object.fromEntries(Object.entries(query.include).map(([name, value]) => [name, inclusion(value)]));
  const order = query.order?.map(([path, direction, relation]): PreparedOrder => (relation === undefined ? [path, direction] : [path, direction, inclusion(relation)]));
  return { ...query, where, include, order } as PreparedQuery;
}

function permitFilter(filter: PreparedFilter, scope: PermitScope, stack: readonly string[]): PreparedFilter {
  if (typeof filter === 'boolean' || Array.isArray(filter)) return filter;
  if ('exists' in filter) return { exists: permit((filter as { exists: PreparedQuery }).exists, scope, 'read', stack) };
  const group = filter as { mod: 'and' | 'or'; filters: readonly PreparedFilter[] };
  return { mod: group.mod, filters: group.filters.map((member) => permitFilter(member, scope, stack)) };
}

/** What the session's roles together allow; undefined when the collection is not restricted. */
export function permissionFilter(collection: string, operation: PermissionOperations, scope: PermitScope, stack: readonly string[] = []): PreparedFilter | undefined {
  const { collections, session, variables } = scope;
  const permissions = collections !== undefined && Object.hasOwn(collections, collection) ? collections[collection]!.permissions : undefined;
  if (permissions === undefined || collections === undefined) return undefined;
  const granted: PreparedFilter[] = [];
  for (const role of session?.roles ?? []) {
    const filter = (Object.hasOwn(permissions, role.key) ? permissions[role.key] : undefined)?.[operation]?.filter;
    if (filter === undefined || filter === null) continue;
    if (!Array.isArray(filter)) throw new InvalidFilterError(`The ${operation} permission of '${collection}' for the role '${role.key}' must have an array of filters.`);
    if (filter.length === 0) {
      granted.push(false);
      continue;
    }
    const expanded = expandFilters(filter as readonly Filter[], {
      collections,
      variables: { ...variables, $role: role.roleVars },
      stack: [collection],
      unscoped: 0,
      replaceStaticVariables: true,
      expandSubquery,
    });
    granted.push({ mod: 'and', filters: expanded.map((member) => permitFilter(member, scope, [...stack, collection])) });
  }
  if (granted.length === 0) return operation === 'postUpdate' ? undefined : false;
  return { mod: 'or', filters: granted };
}
