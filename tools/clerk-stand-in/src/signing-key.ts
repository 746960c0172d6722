/** The RSA key that signs session tokens, with the public forms a server may be configured with: PEM and JWKS. */
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, importPKCS8 } from 'jose';
import type { JWK } from 'jose';

export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  /** PKCS#8 PEM, to start again with the same key. */
  readonly privateKeyPem: string;
  /** SPKI PEM, as Clerk's dashboard shows it under "Show JWT Public Key". */
  readonly publicKeyPem: string;
  readonly publicJwk: JWK;
}

const ALGORITHM = 'RS256';

/** Loads a PKCS#8 PEM, or makes a fresh 2048-bit key when there is none. */
export async function loadSigningKey(keyId: string, privateKeyPem?: string): Promise<SigningKey> {
  const privateKey = privateKeyPem
    ? await importPKCS8(privateKeyPem, ALGORITHM, { extractable: true })
    : (await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true })).privateKey;
  const { kty, n, e } = await exportJWK(privateKey);
  const publicJwk: JWK = { kty, n, e, use: 'sig', alg: ALGORITHM, kid: keyId };
  const publicKey = await crypto.subtle.importKey(
    'jwk',
    { kty, n, e },
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    true,
    ['verify'],
  );
  return {
    keyId,
    privateKey,
    privateKeyPem: await exportPKCS8(privateKey),
    publicKeyPem: await exportSPKI(publicKey),
    publicJwk,
  };
}
