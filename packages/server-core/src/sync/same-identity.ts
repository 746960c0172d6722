/** Whether a newer token speaks for whom an older one spoke. Only then may it prolong what the older one opened. */
import { getRolesFromSession, normalizeSessionVars, sessionRolesAreEquivalent } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { hasAdminAccess } from '../admin-access.ts';
import type { Claims } from '../admin-access.ts';

const principalClaims = ['iss', 'sub', 'x-triplit-user-id'] as const;

/** Same issuer, same subject, same kind of token, and the same roles with the same captured values. */
export function isSameIdentity(before: Claims, after: Claims, schema: DBSchema | undefined): boolean {
  const isSamePrincipal = principalClaims.every((claim) => before[claim] === after[claim]);
  if (!isSamePrincipal || hasAdminAccess(before) !== hasAdminAccess(after)) return false;
  const rolesOf = (claims: Claims) => getRolesFromSession(schema, normalizeSessionVars({ ...claims }));
  return sessionRolesAreEquivalent(rolesOf(before), rolesOf(after));
}
