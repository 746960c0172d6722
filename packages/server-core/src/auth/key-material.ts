/**
 * The keys in whatever a person pasted into a secret setting. Invariant: a value that looks like an asymmetric key, in any
 * wrapping and however damaged, is used as that key or refused with a reason; it never becomes an HMAC secret, since
 * everybody knows a public key.
 */
import { decodePastedBase64 } from './base64.ts';
import { keysFromJwks } from './jwks.ts';
import { KeyRefusal } from './key-refusal.ts';
import { looksLikeDerKey, publicKeyFromDer } from './public-key-der.ts';
import { hmacKeyFromText, keyFromJwk } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';

export interface KeyMaterial {
  readonly keys: readonly VerificationKey[];
  /** What was recognised, for people, with thumbprints and without secrets. */
  readonly description: string;
  readonly warnings: readonly string[];
}

/** The words of a PEM header, whatever became of its dashes. */
const PEM_REMAINS = /(BEGIN|END)[\s_]+([A-Z0-9]+[\s_]+)*((PUBLIC|PRIVATE)[\s_]+KEY|CERTIFICATE)/i;

/** Members of a JWK in text that is not JSON. */
const JWK_REMAINS = /(["']?kty["']?|"(keys|n|crv|x5c)")\s*[:=]/;

/** Shorter text is no key, nor anything that was left of one. Every layer that is unwrapped makes text shorter. */
const MIN_KEY_LENGTH = 8;

/** Throws a KeyRefusal. */
export async function loadKeyMaterial(text: string): Promise<KeyMaterial> {
  if (text.trim() === '') throw new KeyRefusal('it is empty');
  const recognised = await recognise(text);
  if (recognised) return recognised;
  const key = hmacKeyFromText(text);
  return { keys: [key], description: key.description, warnings: key.warnings };
}

/** Undefined when nothing about the text looks like a key of a known form. */
async function recognise(text: string): Promise<KeyMaterial | undefined> {
  const value = unquote(text);
  if (value.length < MIN_KEY_LENGTH) return undefined;
  const decoded = decodePercent(value);
  const unescaped = decoded === value ? undefined : await recognise(decoded);
  if (unescaped) return unescaped;
  if (value.includes('-----BEGIN')) return readPem(value);
  if (value.startsWith('{') || value.startsWith('[')) {
    const read = await readJson(value);
    if (read) return read;
  }
  if (/^(ssh-(rsa|ed25519|dss)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s/.test(value)) {
    throw new KeyRefusal('it is an OpenSSH public key; convert it to PEM (ssh-keygen -e -m pkcs8)');
  }
  const whole = decodePastedBase64(value);
  for (const bytes of [whole, decodeHex(value)]) {
    const inner = bytes && (await recogniseBytes(bytes));
    if (inner) return inner;
  }
  if (PEM_REMAINS.test(value) || (!whole && (await isKeyLike(decodeStart(value))))) throw damagedPem();
  if (JWK_REMAINS.test(value)) throw new KeyRefusal('it looks like a JWK, but is not valid JSON; copy it again, whole');
  return undefined;
}

async function isKeyLike(bytes: Uint8Array): Promise<boolean> {
  try {
    return (await recogniseBytes(bytes)) !== undefined;
  } catch (error) {
    if (error instanceof KeyRefusal) return true;
    throw error;
  }
}

async function recogniseBytes(bytes: Uint8Array): Promise<KeyMaterial | undefined> {
  if (looksLikeDerKey(bytes)) return describeDer(publicKeyFromDer(bytes));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
  return recognise(text);
}

/** Takes away white space, quotes and escaped line breaks, as they come with environment files and dashboards. */
function unquote(text: string): string {
  let value = trim(text);
  if (value.startsWith('"')) {
    try {
      const parsed: unknown = JSON.parse(value);
      if (typeof parsed === 'string') value = trim(parsed);
    } catch {
      // Not a JSON string; the quotes go below.
    }
  }
  if (value.includes('BEGIN')) value = value.replace(/\\+[nr]/g, '\n');
  // Also quotes of which only one was copied; a secret is used as it stands, whatever is taken away here.
  return value.replace(/^["'`\s]+|["'`\s;,]+$/g, '');
}

function trim(text: string): string {
  // Zero-width characters survive copying from web pages.
  return text.replace(/[\u200B-\u200D\u2060]/g, '').trim();
}

async function readPem(text: string): Promise<KeyMaterial> {
  const blocks = [...text.matchAll(/-----BEGIN ([^-]*)-----([^]*?)-----END \1-----/g)];
  const labels = [...text.matchAll(/-----BEGIN ([^-]*)/g)].map(([, label]) => label!);
  if (labels.some((label) => label.includes('PRIVATE'))) throw KeyRefusal.privateKey();
  if (blocks.length === 0 || blocks.length !== labels.length) throw damagedPem();
  // A certificate may come with those that vouch for it; the first is the issuer's own.
  const isChain = labels.every((label) => label === 'CERTIFICATE');
  if (blocks.length > 1 && !isChain)
    throw new KeyRefusal(`it holds ${blocks.length} PEM blocks; give one key, or several as a JWKS`);
  if (!/^(RSA )?PUBLIC KEY$|^(X509 )?CERTIFICATE$/.test(labels[0]!)) {
    throw new KeyRefusal('its PEM block is neither a public key nor a certificate');
  }
  const bytes = decodePastedBase64(blocks[0]![2]!);
  if (!bytes) throw damagedPem();
  return describeDer(publicKeyFromDer(bytes));
}

function damagedPem(): KeyRefusal {
  return new KeyRefusal(
    'it looks like a PEM key, but is incomplete or damaged; put the whole key on one line, from -----BEGIN to the last -----',
  );
}

async function describeDer({ jwk, container }: ReturnType<typeof publicKeyFromDer>): Promise<KeyMaterial> {
  const key = await keyFromJwk(jwk);
  const from = container === 'SPKI' ? '' : ` (${container})`;
  return { keys: [key], description: `${key.description}${from}, thumbprint ${key.thumbprint}`, warnings: [] };
}

/** Undefined for text in braces that has nothing of a key, which may be a peculiar secret. */
async function readJson(text: string): Promise<KeyMaterial | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) throw new KeyRefusal('it is a JSON list; give one JWK, or a JWKS: {"keys": [ … ]}');
  const object = value as Record<string, unknown>;
  if (Array.isArray(object['keys'])) {
    const { keys, warnings } = await keysFromJwks(object, { allowSecrets: true });
    return { keys, description: `key set (JWKS): ${keys.map(describeKey).join('; ')}`, warnings };
  }
  if (typeof object['kty'] !== 'string') throw new KeyRefusal('it is JSON, but neither a JWK nor a JWKS');
  const key = await keyFromJwk(object);
  return { keys: [key], description: `JWK: ${describeKey(key)}`, warnings: key.warnings };
}

export function describeKey(key: VerificationKey): string {
  const id = key.kid === undefined ? '' : `, key id ${JSON.stringify(key.kid.slice(0, 100))}`;
  return key.description + id + (key.thumbprint === undefined ? '' : `, thumbprint ${key.thumbprint}`);
}

/** What the beginning of damaged base64 says. */
function decodeStart(text: string): Uint8Array {
  const start = /^[A-Za-z0-9+/_-]*/.exec(text.replace(/\s+/g, ''))![0];
  return decodePastedBase64(start.slice(0, start.length - (start.length % 4))) ?? new Uint8Array();
}

/** An odd digit at the end is what is left of a byte that was cut off. */
function decodeHex(text: string): Uint8Array | undefined {
  const compact = text.replace(/[\s:]+/g, '').replace(/^0x/i, '');
  if (!/^[0-9a-f]{2,}$/i.test(compact)) return undefined;
  const byteAt = (index: number): number => Number.parseInt(compact.slice(index * 2, index * 2 + 2), 16);
  return Uint8Array.from({ length: Math.floor(compact.length / 2) }, (_, index) => byteAt(index));
}

function decodePercent(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text.replace(/%.?$/, ''));
  } catch {
    return text;
  }
}
