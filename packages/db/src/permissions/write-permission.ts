/** The filters that a row must satisfy for a session to write it. */
import type { PreparedFilter } from '../ast/query.ts';
import { simplifyFilters } from '../query/simplify.ts';
import type { VariableScopes } from '../query/variables.ts';
import type { DBSchema, PermissionWriteOperations } from '../schema/types.ts';
import { permissionFilter } from './permit-query.ts';
import type { Session } from './session.ts';

/** All must hold. Undefined: unrestricted. `[false]`: denied. `$prev.*`, the row before, stays a variable. */
export function writePermissionFilter(
  schema: DBSchema | undefined,
  session: Pick<Session, 'roles'> | undefined,
  collection: string,
  operation: PermissionWriteOperations,
  variables: VariableScopes,
): PreparedFilter[] | undefined {
  const filter = permissionFilter(collection, operation, { collections: schema?.collections, session, variables });
  return filter === undefined ? undefined : simplifyFilters([filter]);
}
