/** Sessions: the variables of a token and the roles that they match in the current schema. */
import type { DBSchema, PermissionMatcher, Roles } from '../schema/types.ts';
import { equalValue } from '../values/equal-values.ts';

export interface SessionRole {
  readonly key: string;
  /** What the role's pattern captured, as `$role.*`. */
  readonly roleVars: Record<string, unknown>;
}
export interface Session {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly roles: readonly SessionRole[];
}

export const DEFAULT_ROLES = {
  anonymous: { match: { 'x-triplit-token-type': 'anon' } },
  authenticated: { match: { sub: '$sub' } },
} as const satisfies Roles;

/** A session whose roles follow the schema in force at each access. */
export function createSession(schema: () => DBSchema | undefined, vars: Readonly<Record<string, unknown>>): Session {
  const normalized = Object.freeze(normalizeSessionVars(vars));
  return {
    vars: normalized,
    get roles() {
      return getRolesFromSession(schema(), normalized) ?? [];
    },
  };
}

/** Copies the claims and adds `SESSION_USER_ID` and `_scope` where their sources are present. */
export function normalizeSessionVars(vars: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const normalized: Record<string, unknown> = { ...vars };
  if ('x-triplit-user-id' in normalized) normalized['SESSION_USER_ID'] = normalized['x-triplit-user-id'];
  const scope = normalized['scope'];
  if (typeof scope === 'string' && !('_scope' in normalized)) normalized['_scope'] = scope.split(' ');
  return normalized;
}

export function getRolesFromSession(schema: DBSchema | undefined, vars: Readonly<Record<string, unknown>>): SessionRole[] | undefined {
  if (schema === undefined) return undefined;
  const roles: SessionRole[] = [];
  for (const [key, role] of Object.entries(schema.roles ?? {})) {
    const roleVars: Record<string, unknown> = {};
    if (matches(role.match, vars, roleVars)) roles.push({ key, roleVars });
  }
  return roles;
}

function matches(pattern: PermissionMatcher, claims: Readonly<Record<string, unknown>>, captured: Record<string, unknown>): boolean {
  for (const key of Object.keys(pattern)) {
    const claim = Object.hasOwn(claims, key) ? claims[key] : undefined;
    if (claim === undefined) return false;
    const expected = pattern[key];
    if (typeof expected === 'string' && expected.startsWith('$')) captured[expected.slice(1)] = claim;
    else if (typeof expected === 'object' && expected !== null) {
      if (typeof claim !== 'object' || claim === null) return false;
      if (!matches(expected as PermissionMatcher, claim as Record<string, unknown>, captured)) return false;
    } else if (expected !== claim) return false;
  }
  return true;
}

/** Same roles with the same captured variables, in any order. */
export function sessionRolesAreEquivalent(a: readonly SessionRole[] | undefined, b: readonly SessionRole[] | undefined): boolean {
  const left = a ?? [];
  const right = b ?? [];
  if (left.length !== right.length) return false;
  return left.every((role) => right.some((other) => other.key === role.key && equalValue(other.roleVars, role.roleVars)));
}
