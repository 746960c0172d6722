/**
 * What a connection has to know of its token beside the session claims. Both come from the token's root, which a claims
 * path may lead away from.
 */
import { decodeJwt } from 'jose';
import { hasAdminAccess } from './admin-access.ts';
import type { Claims } from './admin-access.ts';

export interface TokenFacts {
  /** When the token expires, in seconds since the epoch. Undefined: never. */
  readonly expiresAt: number | undefined;
  /** Whom the token speaks for. Equal texts mean the same principal. */
  readonly principal: string;
  /** Whether the principal is one person, and not whoever holds an anonymous or a service token. */
  readonly isIdentified: boolean;
  /** Whether it may be anybody: neither one person nor the server's owner. */
  readonly isAnonymous: boolean;
}

/** Of a token that has been verified. */
export function factsOfToken(token: string): TokenFacts {
  return factsOfClaims(decodeJwt(token));
}

export function factsOfClaims(claims: Claims): TokenFacts {
  const { exp, iss, sub, 'x-triplit-user-id': userId } = claims;
  const isAdmin = hasAdminAccess(claims);
  const isNamed = (sub ?? userId) != null;
  return {
    expiresAt: typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined,
    principal: JSON.stringify([iss ?? null, sub ?? null, userId ?? null]),
    isIdentified: !isAdmin && isNamed,
    isAnonymous: !isAdmin && !isNamed,
  };
}
