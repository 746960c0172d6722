/** `@triplit/server-core/token`: verifying a single token, for programs that have a secret and no server. */
import { TriplitError } from '@triplit/db';
import { createTokenVerifier } from './auth/token-verifier.ts';
import type { SessionClaims, TokenVerifier } from './auth/token-verifier.ts';

export interface TokenOptions {
  /** Dot path to the claims inside of external tokens. */
  readonly payloadPath?: string;
  /** Verifies tokens that are not Triplit's own; without it the secret does. */
  readonly externalSecret?: string;
}
export type TokenResult =
  | { readonly data: SessionClaims; readonly error?: undefined }
  | { readonly data?: undefined; readonly error: TriplitError };

/** Reading keys takes time, and callers pass the same few settings again and again. */
const MAX_REMEMBERED_VERIFIERS = 16;
const verifiers = new Map<string, TokenVerifier>();

/** The claims of a token, or why it was refused. The project id of a token is not checked. Never rejects. */
export async function parseAndValidateToken(
  token: string | undefined,
  secret: string | undefined,
  _projectId?: string,
  options: TokenOptions = {},
): Promise<TokenResult> {
  try {
    const { claims } = await verifierFor(secret, options).verify(token);
    return { data: claims };
  } catch (error) {
    return { error: error instanceof TriplitError ? error : new TriplitError('The token could not be verified.') };
  }
}

function verifierFor(secret: string | undefined, { payloadPath, externalSecret }: TokenOptions): TokenVerifier {
  const key = JSON.stringify([secret, payloadPath, externalSecret]);
  let verifier = verifiers.get(key);
  if (!verifier) {
    verifier = createTokenVerifier({ jwtSecret: secret, externalJwtSecret: externalSecret, claimsPath: payloadPath });
    verifiers.set(key, verifier);
    if (verifiers.size > MAX_REMEMBERED_VERIFIERS) verifiers.delete(verifiers.keys().next().value!);
  }
  return verifier;
}
