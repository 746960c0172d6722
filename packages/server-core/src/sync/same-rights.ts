/** Whether a newer token gives the same rights as an older one: then nothing that was decided by the older one changes. */
import { getRolesFromSession, normalizeSessionVars, sessionRolesAreEquivalent } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { hasAdminAccess } from '../admin-access.ts';
import type { Claims } from '../admin-access.ts';
import { TOKEN_ID_CLAIM } from '../auth/token-verifier.ts';

/** The same kind of token, and the same roles with the same captured values. */
export function hasSameRights(before: Claims, after: Claims, schema: DBSchema | undefined): boolean {
  if (hasAdminAccess(before) !== hasAdminAccess(after)) return false;
  const rolesOf = (claims: Claims) => getRolesFromSession(schema, normalizeSessionVars({ ...claims }));
  return sessionRolesAreEquivalent(rolesOf(before), rolesOf(after));
}

/** Claims that differ from token to token of one session and say nothing of its rights. `fva` is Clerk's. */
const PASSING_CLAIMS = new Set(['exp', 'iat', 'nbf', 'jti', 'fva', TOKEN_ID_CLAIM]);

/** Whether permissions that look at claims themselves, and not only at roles, find the same in both. */
export function hasSameLastingClaims(before: Claims, after: Claims): boolean {
  return lastingClaims(before) === lastingClaims(after);
}

function lastingClaims(claims: Claims): string {
  const lasting = Object.entries(claims).filter(([name]) => !PASSING_CLAIMS.has(name));
  return orderedJson(Object.fromEntries(lasting));
}

/** The same text for the same value, whatever the order of its keys. */
function orderedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
