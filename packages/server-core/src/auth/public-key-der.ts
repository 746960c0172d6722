/** Public keys in binary form (SPKI, PKCS#1, X.509 certificate) to JWK. Private keys are recognised in order to refuse them. */
import { encodeBase64Url } from './base64.ts';
import { bitString, childrenOf, DER, objectIdentifier, readDer, unsignedInteger } from './der.ts';
import type { DerElement } from './der.ts';
import { KeyRefusal } from './key-refusal.ts';

export type DerContainer = 'SPKI' | 'PKCS#1' | 'X.509 certificate';
export interface DerPublicKey {
  readonly jwk: Readonly<Record<string, string>>;
  readonly container: DerContainer;
}

const RSA_ENCRYPTION = '2a864886f70d010101';
const RSA_PSS = '2a864886f70d01010a';
const EC_PUBLIC_KEY = '2a8648ce3d0201';
const ED25519 = '2b6570';
const CURVES: ReadonlyMap<string, { readonly crv: string; readonly bytes: number }> = new Map([
  ['2a8648ce3d030107', { crv: 'P-256', bytes: 32 }],
  ['2b81040022', { crv: 'P-384', bytes: 48 }],
  ['2b81040023', { crv: 'P-521', bytes: 66 }],
]);

/** Whether bytes begin like a key in DER, even one that is damaged or cut off. */
export function looksLikeDerKey(bytes: Uint8Array): boolean {
  if (bytes[0] !== DER.SEQUENCE || bytes.length < 3) return false;
  const at = bytes[1]! < 0x80 ? 2 : bytes[1]! - 0x80 + 2;
  if (at > 5) return false;
  const isVersion = bytes[at] === DER.INTEGER && bytes[at + 1] === 1 && bytes[at + 2]! <= 1;
  const isModulus = bytes[at] === DER.INTEGER && bytes[at + 1]! >= 0x81;
  const isNested = bytes[at] === DER.SEQUENCE && (bytes[at + 1]! >= 0x81 || bytes[at + 2] === DER.OBJECT_IDENTIFIER);
  return isVersion || isModulus || isNested;
}

/** Throws a KeyRefusal. */
export function publicKeyFromDer(bytes: Uint8Array): DerPublicKey {
  try {
    return readPublicKey(bytes);
  } catch (error) {
    if (error instanceof KeyRefusal) throw error;
    throw new KeyRefusal(`it looks like a key, but cannot be read (${(error as Error).message}); copy it again, whole`);
  }
}

function readPublicKey(bytes: Uint8Array): DerPublicKey {
  const children = childrenOf(readDer(bytes));
  const tags = children.map(({ tag }) => tag).join(',');
  switch (tags) {
    case `${DER.SEQUENCE},${DER.BIT_STRING}`:
      return { jwk: fromSpki(children), container: 'SPKI' };
    case `${DER.INTEGER},${DER.INTEGER}`:
      return { jwk: fromPkcs1(children), container: 'PKCS#1' };
    case `${DER.SEQUENCE},${DER.SEQUENCE},${DER.BIT_STRING}`:
      return { jwk: fromSpki(childrenOf(subjectPublicKey(children[0]!))), container: 'X.509 certificate' };
    default:
      if (tags.startsWith(`${DER.INTEGER},`) || tags === `${DER.SEQUENCE},${DER.OCTET_STRING}`)
        throw KeyRefusal.privateKey();
      throw new Error('it is neither a public key nor a certificate');
  }
}

/** version? serial signature issuer validity subject subjectPublicKeyInfo … */
function subjectPublicKey(certificate: DerElement): DerElement | undefined {
  const fields = childrenOf(certificate);
  return fields[fields[0]?.tag === DER.CONTEXT_0 ? 6 : 5];
}

function fromSpki([algorithm, key]: readonly DerElement[]): Record<string, string> {
  const [identifier, parameters, ...rest] = childrenOf(algorithm);
  if (rest.length > 0) throw new Error('its algorithm has too many parameters');
  const bytes = bitString(key);
  switch (objectIdentifier(identifier)) {
    case RSA_ENCRYPTION:
      if (parameters && (parameters.tag !== DER.NULL || parameters.content.length > 0))
        throw new Error('its algorithm has unknown parameters');
      return fromPkcs1(childrenOf(readDer(bytes)));
    case RSA_PSS:
      throw new KeyRefusal(
        'it is an RSA key restricted to PSS, which is not supported; export it as a plain RSA public key',
      );
    case EC_PUBLIC_KEY:
      return fromPoint(objectIdentifier(parameters), bytes);
    case ED25519:
      if (parameters || bytes.length !== 32) throw new Error('its Ed25519 key is malformed');
      return { kty: 'OKP', crv: 'Ed25519', x: encodeBase64Url(bytes) };
    default:
      throw new KeyRefusal('its algorithm is not supported; use RSA, EC (P-256, P-384, P-521) or Ed25519');
  }
}

function fromPkcs1(integers: readonly DerElement[]): Record<string, string> {
  const [n, e, ...rest] = integers;
  if (rest.length > 0) throw KeyRefusal.privateKey();
  return { kty: 'RSA', n: encodeBase64Url(unsignedInteger(n)), e: encodeBase64Url(unsignedInteger(e)) };
}

function fromPoint(curveIdentifier: string, point: Uint8Array): Record<string, string> {
  const curve = CURVES.get(curveIdentifier);
  if (!curve) throw new KeyRefusal('its curve is not supported; use P-256, P-384 or P-521');
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.bytes)
    throw new KeyRefusal('its point is compressed or malformed; export it uncompressed');
  const x = point.subarray(1, 1 + curve.bytes);
  const y = point.subarray(1 + curve.bytes);
  return { kty: 'EC', crv: curve.crv, x: encodeBase64Url(x), y: encodeBase64Url(y) };
}
