/**
 * What the client derives from a token: variables, lifetime, and the principal, which is who somebody is as far as cached
 * data and unsent writes are concerned. All tokens of one person have the same principal.
 */
import { normalizeSessionVars } from '@triplit/db';
import { claimsAtPath, decodeToken } from './decode-token.ts';
import type { TokenClaims } from './decode-token.ts';

export interface TokenSession {
  readonly token: string;
  /** The whole payload; undefined when the token cannot be decoded. */
  readonly claims: TokenClaims | undefined;
  /** The `$session` variables; undefined when there are no claims at the claims path. */
  readonly variables: Record<string, any> | undefined;
  /** Undefined when the token cannot be decoded: then nobody knows whose it is. */
  readonly principal: string | undefined;
  /** Milliseconds since the epoch; undefined for tokens that do not expire. */
  readonly expiresAtMs: number | undefined;
  readonly issuedAtMs: number | undefined;
}

export function readToken(token: string, claimsPath: string | undefined): TokenSession {
  const claims = decodeToken(token);
  const sessionClaims = claimsAtPath(claims, claimsPath);
  return {
    token,
    claims,
    variables: sessionClaims && normalizeSessionVars({ ...sessionClaims }),
    principal: principalOf(claims, sessionClaims),
    expiresAtMs: secondsClaim(claims, 'exp'),
    issuedAtMs: secondsClaim(claims, 'iat'),
  };
}

export function isExpired({ expiresAtMs }: TokenSession, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

/** The last is that of a server that mints a newer anonymous token: the app that comes with it is nobody else. */
const FLEETING_CLAIMS = new Set(['exp', 'iat', 'nbf', 'jti', 'sid', 'fva', 'sts', 'x-triplit-token-id']);

function principalOf(claims: TokenClaims | undefined, sessionClaims: TokenClaims | undefined): string | undefined {
  if (claims === undefined) return undefined;
  const subject: unknown = claims['sub'] ?? sessionClaims?.['sub'];
  if (typeof subject === 'string') return JSON.stringify(['sub', claims['iss'] ?? null, subject]);
  const userId: unknown = claims['x-triplit-user-id'] ?? sessionClaims?.['x-triplit-user-id'];
  if (typeof userId === 'string') return JSON.stringify(['user', userId]);
  return JSON.stringify(['claims', Object.entries(lastingVariables(claims)!).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Without those that differ from token to token of the same person. */
export function lastingVariables(variables: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  return variables && Object.fromEntries(Object.entries(variables).filter(([name]) => !FLEETING_CLAIMS.has(name)));
}

function secondsClaim(claims: TokenClaims | undefined, name: string): number | undefined {
  const value: unknown = claims?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : undefined;
}
