/** Key sets: what may be in one, and which of its keys a token must be verified with. */
import { KeyRefusal } from './key-refusal.ts';
import type { TokenHeader } from './compact-token.ts';
import { keyFromJwk } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';

export const MAX_KEYS_IN_SET = 100;

export interface KeySet {
  readonly keys: readonly VerificationKey[];
  readonly warnings: readonly string[];
}

/**
 * Keys that are not for signatures, or not usable, are left out with a warning. The whole set is refused when nothing is
 * left, when an id is taken twice, when it holds private keys, or secrets where none may be: a published set
 * (`allowSecrets: false`), or beside public keys.
 */
export async function keysFromJwks(
  jwks: Readonly<Record<string, unknown>>,
  options: { allowSecrets: boolean },
): Promise<KeySet> {
  const entries = jwks['keys'] as readonly unknown[];
  if (entries.length > MAX_KEYS_IN_SET) throw new KeyRefusal(`it holds more than ${MAX_KEYS_IN_SET} keys`);
  const jwkList = entries.filter((entry) => typeof entry === 'object' && entry !== null) as Record<string, unknown>[];
  const secrets = jwkList.filter(({ kty }) => kty === 'oct');
  if (secrets.length > 0 && !options.allowSecrets)
    throw new KeyRefusal('it publishes a secret (an "oct" key), so nothing it vouches for can be trusted');
  if (secrets.length > 0 && secrets.length < jwkList.length)
    throw new KeyRefusal('it mixes secrets with public keys; give one or the other');
  if (secrets.length === 0 && jwkList.some((jwk) => Object.hasOwn(jwk, 'd'))) throw KeyRefusal.privateKey();
  const ids = jwkList.filter(({ kid, use }) => kid !== undefined && use !== 'enc').map(({ kid }) => kid);
  if (new Set(ids).size < ids.length) throw new KeyRefusal('two of its keys have the same id ("kid")');
  const keys: VerificationKey[] = [];
  const reasons: string[] = [];
  for (const [index, jwk] of jwkList.entries()) {
    try {
      keys.push(await keyFromJwk(jwk));
    } catch (error) {
      if (!(error instanceof KeyRefusal)) throw error;
      reasons.push(`key ${index + 1} of the set is left out: ${error.message}`);
    }
  }
  if (keys.length === 0)
    throw new KeyRefusal(
      reasons.length === 0 ? 'its key set is empty' : `it has no usable key (${reasons.join('; ')})`,
    );
  return { keys, warnings: [...reasons, ...keys.flatMap(({ warnings }) => warnings)] };
}

/**
 * The one key for a token, by id and by algorithm; without an id only when a single key fits. Undefined otherwise.
 * `ignoreId` is for a key that was pasted alone: then there is no choice, and the signature decides.
 */
export function selectKey(
  keys: readonly VerificationKey[],
  { alg, kid }: TokenHeader,
  ignoreId = false,
): VerificationKey | undefined {
  const fitting = keys.filter(({ algorithms }) => algorithms.includes(alg as string));
  if (kid === undefined || ignoreId) return fitting.length === 1 ? fitting[0] : undefined;
  const named = fitting.filter((key) => key.kid === kid);
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  const nameless = fitting.filter((key) => key.kid === undefined);
  return nameless.length === 1 ? nameless[0] : undefined;
}
