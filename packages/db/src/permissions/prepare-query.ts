/**
 * Preparing a query, the way from what an application writes to what the engine runs: expand (validate, relations to
 * subqueries, variables to values), extend (for sync), permit, simplify.
 */
import type { CollectionQuery, PreparedQuery } from '../ast/query.ts';
import { expandQuery, scopesOf } from '../query/expand-query.ts';
import { simplified } from '../query/simplify.ts';
import type { VariableScopes } from '../query/variables.ts';
import type { Models, PermissionOperations } from '../schema/types.ts';
import { permitQuery } from './permit-query.ts';
import type { Session } from './session.ts';

export interface PrepareQueryOptions {
  /** Undefined: no permissions. Otherwise the root gets the filters of this operation, everything below those of reads. */
  readonly applyPermission: PermissionOperations | undefined;
  /** False keeps static variables as text. Default true. */
  readonly replaceStaticVariables?: boolean | undefined;
  /** Adds subqueries before permissions are conjoined, so that these hold in what was added too. */
  readonly extend?: ((query: PreparedQuery) => PreparedQuery) | undefined;
}

/** Throws the error of the first clause that is invalid. The query is not changed. */
export function prepareQuery(
  query: CollectionQuery,
  collections: Models | undefined,
  variables: VariableScopes,
  session: Pick<Session, 'roles'> | undefined,
  { applyPermission, replaceStaticVariables, extend }: PrepareQueryOptions,
): PreparedQuery {
  const expanded = expandQuery(query, collections, variables, { replaceStaticVariables });
  const extended = extend === undefined ? expanded : extend(expanded);
  if (applyPermission === undefined) return simplified(extended);
  const scope = { collections, session, variables: scopesOf(query, variables), replaceStaticVariables };
  return simplified(permitQuery(extended, scope, applyPermission));
}
