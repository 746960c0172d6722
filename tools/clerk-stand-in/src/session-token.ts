/**
 * Session tokens in the form Clerk issues them: RS256, version 2 claims, a lifetime of one minute that cannot be
 * extended. `azp` is the Origin of the request that asked for the token.
 */
import { SignJWT } from 'jose';
import type { SigningKey } from './signing-key.ts';

/** Clerk's own lifetime of a session token. */
export const CLERK_TOKEN_LIFETIME_SECONDS = 60;

/** Clerk dates `nbf` a little back, to forgive clocks that disagree. */
const NOT_BEFORE_SLACK_SECONDS = 10;

export interface SessionTokenRequest {
  readonly issuer: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly signedInAt: number;
  readonly authorizedParty: string | undefined;
  readonly lifetimeSeconds: number;
}

export async function mintSessionToken(key: SigningKey, request: SessionTokenRequest): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const minutesSinceSignIn = Math.floor((Date.now() - request.signedInAt) / 60_000);
  return new SignJWT({
    ...(request.authorizedParty === undefined ? {} : { azp: request.authorizedParty }),
    fva: [minutesSinceSignIn, -1],
    pla: 'u:free_user',
    sid: request.sessionId,
    sts: 'active',
    v: 2,
  })
    .setProtectedHeader({ alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: key.keyId, typ: 'JWT' })
    .setSubject(request.userId)
    .setIssuer(request.issuer)
    .setIssuedAt(now)
    .setNotBefore(now - NOT_BEFORE_SLACK_SECONDS)
    .setExpirationTime(now + request.lifetimeSeconds)
    .setJti(crypto.randomUUID().replaceAll('-', '').slice(0, 20))
    .sign(key.privateKey);
}
