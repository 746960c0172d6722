/**
 * A key that signatures are verified with, bound to its algorithms from the moment it is loaded, so that no token can
 * talk it into another one.
 */
import { calculateJwkThumbprint, importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { decodeBase64Url, encodeBase64Url } from './base64.ts';
import { KeyRefusal } from './key-refusal.ts';
import { requireStrongRsa } from './rsa-strength.ts';

export type KeyType = 'RSA' | 'EC' | 'OKP' | 'HMAC';

export interface VerificationKey {
  readonly type: KeyType;
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  /** For people, e.g. "RSA public key, 2048 bits". */
  readonly description: string;
  /** RFC 7638. None for HMAC: it would allow to test guesses of the secret. */
  readonly thumbprint: string | undefined;
  readonly warnings: readonly string[];
  cryptoKey(algorithm: string): Promise<CryptoKey>;
}

const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const EC_ALGORITHMS: ReadonlyMap<unknown, string> = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
]);
/** Algorithm by the smallest key that RFC 7518 allows for it, bytes. */
const HMAC_MIN_BYTES: ReadonlyMap<string, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);
const RECOMMENDED_HMAC_BYTES = 32;

export const SIGNATURE_ALGORITHMS: readonly string[] = [
  ...RSA_ALGORITHMS,
  ...EC_ALGORITHMS.values(),
  'EdDSA',
  'Ed25519',
  ...HMAC_MIN_BYTES.keys(),
];

/** An HMAC key from secret text, taken byte by byte as it stands. */
export function hmacKeyFromText(text: string): VerificationKey {
  const bytes = new TextEncoder().encode(text);
  const warnings: string[] = [];
  if (bytes.length < RECOMMENDED_HMAC_BYTES) {
    warnings.push(
      `the secret is short (${bytes.length} bytes) and could be guessed; use at least ${RECOMMENDED_HMAC_BYTES} random bytes`,
    );
  }
  if (text !== text.trim() || /^(["'`]).*\1$/s.test(text)) {
    warnings.push('the secret begins or ends with white space or quotes, which count as part of it');
  }
  return makeKey(
    'HMAC',
    { kty: 'oct', k: encodeBase64Url(bytes) },
    undefined,
    [...HMAC_MIN_BYTES.keys()],
    `HMAC secret, ${bytes.length} bytes`,
    warnings,
  );
}

/** Checks a JWK and keeps only what verification needs. Throws a KeyRefusal. */
export async function keyFromJwk(jwk: Readonly<Record<string, unknown>>): Promise<VerificationKey> {
  const key = readJwk(jwk);
  try {
    // Catches what only the cryptography knows, such as a point that is not on its curve.
    await key.cryptoKey(key.algorithms[0]!);
  } catch {
    throw new KeyRefusal('its key is not a valid one; copy it again, whole');
  }
  if (key.type === 'HMAC') return key;
  return { ...key, thumbprint: await calculateJwkThumbprint(publicMembers(jwk)) };
}

function readJwk(jwk: Readonly<Record<string, unknown>>): VerificationKey {
  const { kty, use, key_ops: operations, kid } = jwk;
  if (use !== undefined && use !== 'sig')
    throw new KeyRefusal('its key is not meant for signatures ("use" is not "sig")');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new KeyRefusal('its key is not meant for verifying signatures ("key_ops" lacks "verify")');
  }
  if (kid !== undefined && typeof kid !== 'string') throw new KeyRefusal('its key id ("kid") is not text');
  if (kty === 'oct') return readHmacJwk(jwk, kid);
  if (['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].some((member) => Object.hasOwn(jwk, member)))
    throw KeyRefusal.privateKey();
  switch (kty) {
    case 'RSA': {
      const bits = requireStrongRsa(requireBytes(jwk, 'n'), requireBytes(jwk, 'e'));
      return makeKey('RSA', publicMembers(jwk), kid, bound(RSA_ALGORITHMS, jwk), `RSA public key, ${bits} bits`);
    }
    case 'EC': {
      const algorithm = EC_ALGORITHMS.get(jwk['crv']);
      if (algorithm === undefined) throw new KeyRefusal('its curve is not supported; use P-256, P-384 or P-521');
      requireBytes(jwk, 'x');
      requireBytes(jwk, 'y');
      return makeKey(
        'EC',
        publicMembers(jwk),
        kid,
        bound([algorithm], jwk),
        `EC public key, curve ${String(jwk['crv'])}`,
      );
    }
    case 'OKP':
      if (jwk['crv'] !== 'Ed25519') throw new KeyRefusal('its curve is not supported; use Ed25519');
      requireBytes(jwk, 'x');
      return makeKey('OKP', publicMembers(jwk), kid, bound(['EdDSA', 'Ed25519'], jwk), 'Ed25519 public key');
    default:
      throw new KeyRefusal('its key type ("kty") is not supported; use RSA, EC, OKP or oct');
  }
}

/** A key that states its algorithm has said how long it must be; pasted text has not, so only this form is held to it. */
function readHmacJwk(jwk: Readonly<Record<string, unknown>>, kid: string | undefined): VerificationKey {
  const { length } = requireBytes(jwk, 'k');
  const algorithms = bound([...HMAC_MIN_BYTES.keys()], jwk).filter(
    (algorithm) => length >= HMAC_MIN_BYTES.get(algorithm)!,
  );
  if (algorithms.length === 0)
    throw new KeyRefusal(
      `its HMAC key of ${length} bytes is too short for its algorithm; use at least 32 (HS256), 48 (HS384) or 64 (HS512) bytes`,
    );
  return makeKey('HMAC', { kty: 'oct', k: jwk['k'] as string }, kid, algorithms, `HMAC secret, ${length} bytes`);
}

/** Narrows to the algorithm that the JWK names. Some key generators write ES521 (the curve's number) for ES512. */
function bound(algorithms: readonly string[], { alg }: Readonly<Record<string, unknown>>): readonly string[] {
  if (alg === undefined) return algorithms;
  const named = algorithms.filter((algorithm) => algorithm === (alg === 'ES521' ? 'ES512' : alg));
  if (named.length === 0)
    throw new KeyRefusal('its algorithm ("alg") does not belong to its key type or is not a signature algorithm');
  return named;
}

function requireBytes(jwk: Readonly<Record<string, unknown>>, member: string): Uint8Array {
  const text = jwk[member];
  const bytes = typeof text === 'string' ? decodeBase64Url(text) : undefined;
  if (!bytes || bytes.length === 0) throw new KeyRefusal(`its member "${member}" is missing, empty or not base64url`);
  return bytes;
}

function publicMembers(jwk: Readonly<Record<string, unknown>>): Record<string, string> & { kty: string } {
  const members: Record<string, string> = {};
  for (const name of ['kty', 'n', 'e', 'crv', 'x', 'y']) if (typeof jwk[name] === 'string') members[name] = jwk[name];
  return members as Record<string, string> & { kty: string };
}

function makeKey(
  type: KeyType,
  jwk: Record<string, string> & { kty: string },
  kid: string | undefined,
  algorithms: readonly string[],
  description: string,
  warnings: readonly string[] = [],
): VerificationKey {
  const imported = new Map<string, Promise<CryptoKey>>();
  const cryptoKey = (algorithm: string): Promise<CryptoKey> => {
    if (!algorithms.includes(algorithm)) return Promise.reject(new Error('the key is not bound to this algorithm'));
    let key = imported.get(algorithm);
    if (!key) imported.set(algorithm, (key = importKey(jwk, algorithm)));
    return key;
  };
  return { type, kid, algorithms, description, thumbprint: undefined, warnings, cryptoKey };
}

async function importKey(jwk: Record<string, string> & { kty: string }, algorithm: string): Promise<CryptoKey> {
  if (jwk.kty !== 'oct') return (await importJWK(jwk, algorithm)) as CryptoKey;
  const bytes = decodeBase64Url(jwk['k']!)!;
  const hash = `SHA-${algorithm.slice(2)}`;
  return crypto.subtle.importKey('raw', bytes as Uint8Array<ArrayBuffer>, { name: 'HMAC', hash }, false, [
    'verify',
    'sign',
  ]);
}
