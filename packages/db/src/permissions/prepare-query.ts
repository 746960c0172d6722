/** Preparing a query: expand, extend (for sync), permit, simplify. */
import type { CollectionQuery, PreparedQuery } from '../ast/query.ts';
import { expandQuery } from '../query/expand-query.ts';
import { simplifyQuery } from '../query/simplify.ts';
import type { VariableScopes } from '../query/variables.ts';
import type { Models, PermissionOperations } from '../schema/types.ts';
import { permitQuery } from './permit-query.ts';
import type { Session } from './session.ts';

export interface PrepareQueryOptions {
  /** Conjoins the permissions of the session for this operation. */
  readonly applyPermission: PermissionOperations | undefined;
  readonly replaceStaticVariables?: boolean;
  /** Applied to the expanded query before permissions. */
  readonly extend?: (query: PreparedQuery) => PreparedQuery;
}

export function prepareQuery(
  query: CollectionQuery,
  collections: Models | undefined,
  variables: VariableScopes,
  session: Pick<Session, 'roles'> | undefined,
  { applyPermission, replaceStaticVariables = true, extend }: PrepareQueryOptions,
): PreparedQuery {
  const expanded = expandQuery(query, collections, { variables, replaceStaticVariables });
  const extended = extend === undefined ? expanded : extend(expanded);
  const permitted = applyPermission === undefined ? extended : permitQuery(extended, { collections, session, variables: { ...variables, $query: query.vars ?? {} } }, applyPermission);
  return simplifyQuery(permitted);
}
