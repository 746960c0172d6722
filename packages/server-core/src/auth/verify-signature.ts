/** The one place where a token's signature is checked. A token that got through may be believed as far as its key is. */
import { compactVerify } from 'jose';
import { InvalidTokenSignatureError } from '../errors.ts';
import type { CompactToken, TokenHeader } from './compact-token.ts';
import type { KeySource } from './key-source.ts';
import { SIGNATURE_ALGORITHMS } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';

/** What may stand in `typ`: an ID or session token, or an access token (RFC 9068). Others are meant for other uses. */
const TOKEN_TYPES = ['jwt', 'application/jwt', 'at+jwt', 'application/at+jwt'];

/** Throws an InvalidTokenSignatureError, or what the key source throws. */
export async function verifySignature(token: CompactToken, source: KeySource): Promise<VerificationKey> {
  requireAcceptableHeader(token.header);
  const key = await source.select(token.header);
  const algorithm = token.header.alg as string;
  if (!key.algorithms.includes(algorithm)) throw refused('the key is not meant for the algorithm of the token');
  try {
    await compactVerify(token.text, await key.cryptoKey(algorithm), { algorithms: [algorithm] });
  } catch {
    throw refused(
      `the token is not signed by the key in ${source.label}, or was changed on its way; check that ${source.label} belongs to the issuer of the token`,
    );
  }
  return key;
}

function requireAcceptableHeader({ alg, typ, extensions }: TokenHeader): void {
  if (typeof alg !== 'string' || alg.toLowerCase() === 'none')
    throw refused('the token is not signed (alg "none"), which is never accepted');
  if (!SIGNATURE_ALGORITHMS.includes(alg)) {
    throw refused(
      `the token is signed with an algorithm that is not supported; use one of ${SIGNATURE_ALGORITHMS.join(', ')}`,
    );
  }
  if (extensions.length > 0) throw refused(`the token's header has ${extensions.join(', ')}, which is not supported`);
  if (typ !== undefined && !(typeof typ === 'string' && TOKEN_TYPES.includes(typ.toLowerCase()))) {
    throw refused('the token is of a type ("typ") that is not for signing in; use an ID, session or access token');
  }
}

function refused(reason: string): InvalidTokenSignatureError {
  return new InvalidTokenSignatureError(`signature verification failed: ${reason}.`);
}
