/** What a token with a good signature must say: the right type, time, issuer, audience and party. */
import { InvalidTokenSignatureError } from '../errors.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimRules {
  /** Accepted values; undefined accepts any, and none. */
  readonly issuers?: readonly string[];
  readonly audiences?: readonly string[];
  /** With `*none` a token without the claim passes. */
  readonly authorizedParties?: readonly string[];
  /** Whether the token must expire and name its subject. */
  readonly strict?: boolean;
  /** The `typ` of the token's header, if it has one; undefined accepts all types for signing in. */
  readonly type?: string;
}

export const NO_AUTHORIZED_PARTY = '*none';

/** Times in seconds. Throws an InvalidTokenSignatureError. */
export function requireValidTimes(claims: Claims, nowSeconds: number, leewaySeconds: number): void {
  const exp = timeClaim(claims, 'exp');
  const nbf = timeClaim(claims, 'nbf');
  timeClaim(claims, 'iat');
  // A fraction of a second does not count, as it does not for Clerk.
  if (exp !== undefined && Math.floor(exp) <= nowSeconds - leewaySeconds) {
    throw failed('exp', `the token expired ${Math.ceil(nowSeconds - exp)} seconds ago; send a fresh one`);
  }
  if (nbf !== undefined && nbf > nowSeconds + leewaySeconds) {
    throw failed(
      'nbf',
      `the token becomes valid only in ${Math.ceil(nbf - nowSeconds)} seconds; compare the clocks of issuer and server`,
    );
  }
}

/** The rules for tokens of other issuers. Throws an InvalidTokenSignatureError. */
export function requireRules(
  claims: Claims,
  rules: ClaimRules,
  nowSeconds: number,
  leewaySeconds: number,
  label: string,
): void {
  const { iss, aud, azp, sub, iat, exp, sts } = claims;
  if (typeof iat === 'number' && iat > nowSeconds + leewaySeconds) {
    throw failed(
      'iat',
      `the token was issued ${Math.ceil(iat - nowSeconds)} seconds in the future; compare the clocks of issuer and server`,
    );
  }
  if (sub !== undefined && typeof sub !== 'string') throw failed('sub', 'the subject of the token is not text');
  if (rules.strict && exp === undefined)
    throw failed('exp', 'the token never expires, which tokens of this issuer must');
  if (rules.strict && sub === undefined) throw failed('sub', 'the token names no subject');
  if (rules.issuers && !(typeof iss === 'string' && rules.issuers.includes(iss))) {
    throw failed('iss', `the issuer of the token is not among those accepted; check the issuer of ${label}`);
  }
  if (rules.audiences) {
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    if (!named.some((audience) => typeof audience === 'string' && rules.audiences!.includes(audience))) {
      throw failed('aud', `the token is meant for another audience; check the audience of ${label}`);
    }
  }
  if (rules.authorizedParties) {
    const accepted = azp === undefined ? NO_AUTHORIZED_PARTY : azp;
    if (azp === NO_AUTHORIZED_PARTY || typeof accepted !== 'string' || !rules.authorizedParties.includes(accepted)) {
      throw failed('azp', `the token was made for an application that is not among the authorized parties of ${label}`);
    }
  }
  if (sts === 'pending') {
    throw failed(
      'sts',
      'the session is still pending (for example, the user has to choose an organization); finish signing in first',
    );
  }
}

/** Throws an InvalidTokenSignatureError. */
export function requireType(type: unknown, rules: ClaimRules, label: string): void {
  if (rules.type !== undefined && type !== undefined && type !== rules.type)
    throw new InvalidTokenSignatureError(
      `"typ" header check failed: tokens of ${label} are of type ${rules.type}; send a session token.`,
    );
}

function timeClaim(claims: Claims, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw failed(name, 'it is not a number of seconds');
  return value;
}

function failed(claim: string, reason: string): InvalidTokenSignatureError {
  const what = claim === 'exp' || claim === 'nbf' || claim === 'iat' ? 'timestamp check' : 'check';
  return new InvalidTokenSignatureError(`"${claim}" claim ${what} failed: ${reason}.`);
}
