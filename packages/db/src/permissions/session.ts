/** Sessions: the claims of a token, and the roles that they match in the schema of the moment. */
import type { DBSchema, PermissionMatcher, Roles } from '../schema/types.ts';
import { equalValue } from '../values/equal-values.ts';
import { getOwn, setOwn } from '../values/own-property.ts';

type Claims = Readonly<Record<string, unknown>>;

export interface SessionRole {
  readonly key: string;
  /** What the role's pattern captured, as `$role.*`. */
  readonly roleVars: Record<string, any>;
}
export interface Session {
  /** `$session.*`, also called `$token.*`. Frozen. */
  readonly vars: Claims;
  readonly roles: readonly SessionRole[];
}

/** What the server gives a schema that defines no roles. */
export const DEFAULT_ROLES = {
  anonymous: { match: { 'x-triplit-token-type': 'anon' } },
  authenticated: { match: { sub: '$sub' } },
} as const satisfies Roles;

/** A session whose roles follow the schema in force at each access. */
export class DBSession implements Session {
  readonly vars: Claims;
  /** The handle that reads and writes with this session, once there is one. */
  db: unknown = undefined;
  readonly #schema: () => DBSchema | undefined;
  #matched: { readonly schema: DBSchema | undefined; readonly roles: readonly SessionRole[] } | undefined;

  constructor(schema: () => DBSchema | undefined, vars: Claims) {
    this.#schema = schema;
    this.vars = Object.freeze(normalizeSessionVars(vars));
  }

  get roles(): readonly SessionRole[] {
    const schema = this.#schema();
    if (this.#matched === undefined || this.#matched.schema !== schema)
      this.#matched = { schema, roles: getRolesFromSession(schema, this.vars) ?? [] };
    return this.#matched.roles;
  }
}

/** Copies the claims and adds `SESSION_USER_ID` and `_scope` where their sources are present. */
export function normalizeSessionVars(vars: Claims): Record<string, unknown> {
  const normalized: Record<string, unknown> = { ...vars };
  if ('x-triplit-user-id' in normalized) normalized['SESSION_USER_ID'] = normalized['x-triplit-user-id'];
  const scope = normalized['scope'];
  if (typeof scope === 'string' && !('_scope' in normalized)) normalized['_scope'] = scope.split(' ');
  return normalized;
}

/** Every role whose pattern the claims match, in the order of the schema. Undefined without a schema. */
export function getRolesFromSession(schema: DBSchema | undefined, vars: Claims): SessionRole[] | undefined {
  if (schema === undefined) return undefined;
  const roles: SessionRole[] = [];
  for (const [key, role] of Object.entries(schema.roles ?? {})) {
    const roleVars: Record<string, unknown> = {};
    if (matches(role.match, vars, roleVars)) roles.push({ key, roleVars });
  }
  return roles;
}

/** Same roles with the same captured variables, in any order. */
export function sessionRolesAreEquivalent(
  a: readonly SessionRole[] | undefined,
  b: readonly SessionRole[] | undefined,
): boolean {
  const left = a ?? [];
  const right = b ?? [];
  if (left.length !== right.length) return false;
  return left.every((role) =>
    right.some((other) => other.key === role.key && equalValue(other.roleVars, role.roleVars)),
  );
}

function matches(pattern: PermissionMatcher, claims: object, captured: Record<string, unknown>): boolean {
  for (const [key, expected] of Object.entries(pattern)) {
    const claim = getOwn(claims, key);
    if (claim === undefined) return false;
    if (typeof expected === 'string' && expected.startsWith('$')) {
      setOwn(captured, expected.slice(1), claim);
    } else if (typeof expected === 'object' && expected !== null) {
      if (typeof claim !== 'object' || claim === null) return false;
      if (!matches(expected as PermissionMatcher, claim, captured)) return false;
    } else if (expected !== claim) {
      return false;
    }
  }
  return true;
}
