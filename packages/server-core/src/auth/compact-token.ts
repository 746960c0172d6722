/** Takes a token in compact form apart, strictly, without believing a word of it: that is for `verify-signature.ts`. */
import { decodeBase64Url } from './base64.ts';
import { parseStrictJsonObject } from './strict-json.ts';

/** Longer tokens are refused unread, characters. */
export const MAX_TOKEN_LENGTH = 16 * 1024;

export interface CompactToken {
  readonly text: string;
  readonly header: TokenHeader;
  readonly payload: Uint8Array;
}

export interface TokenHeader {
  readonly alg: unknown;
  readonly kid: string | undefined;
  readonly typ: unknown;
  /** Names of header members that change what a signature means; none is supported. */
  readonly extensions: readonly string[];
}

/** Throws an Error whose message completes "the token …". */
export function parseCompactToken(text: string): CompactToken {
  if (text.length > MAX_TOKEN_LENGTH) throw new Error(`is longer than ${MAX_TOKEN_LENGTH} characters`);
  const parts = text.split('.', 5);
  if (parts.length !== 3) throw new Error('does not consist of three parts separated by dots');
  const [headerPart, payloadPart, signaturePart] = parts as [string, string, string];
  const headerBytes = decodePart(headerPart, 'header');
  const payload = decodePart(payloadPart, 'payload');
  decodePart(signaturePart, 'signature');
  return { text, header: parseHeader(headerBytes), payload };
}

/** The claims, once the signature is known to be good (or to choose the key that decides whether it is). */
export function parseClaims(payload: Uint8Array): Record<string, unknown> {
  return parsePart(payload, 'payload');
}

function parseHeader(bytes: Uint8Array): TokenHeader {
  const header = parsePart(bytes, 'header');
  const { alg, kid, typ } = header;
  if (kid !== undefined && typeof kid !== 'string') throw new Error('has a key id that is not text');
  return { alg, kid, typ, extensions: ['crit', 'b64', 'zip'].filter((name) => Object.hasOwn(header, name)) };
}

function parsePart(bytes: Uint8Array, part: string): Record<string, unknown> {
  try {
    return parseStrictJsonObject(bytes);
  } catch (error) {
    throw new Error(`has a ${part} that ${(error as Error).message}`, { cause: error });
  }
}

function decodePart(text: string, part: string): Uint8Array {
  const bytes = decodeBase64Url(text);
  if (!bytes) throw new Error(`has a ${part} that is not base64url`);
  return bytes;
}
