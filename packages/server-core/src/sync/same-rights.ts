/** Whether a newer token gives the same rights as an older one: then nothing that was decided by the older one changes. */
import { getRolesFromSession, normalizeSessionVars, sessionRolesAreEquivalent } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { hasAdminAccess } from '../admin-access.ts';
import type { Claims } from '../admin-access.ts';

/** The same kind of token, and the same roles with the same captured values. */
export function hasSameRights(before: Claims, after: Claims, schema: DBSchema | undefined): boolean {
  if (hasAdminAccess(before) !== hasAdminAccess(after)) return false;
  const rolesOf = (claims: Claims) => getRolesFromSession(schema, normalizeSessionVars({ ...claims }));
  return sessionRolesAreEquivalent(rolesOf(before), rolesOf(after));
}
