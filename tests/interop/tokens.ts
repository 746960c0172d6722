/** HS256 tokens for the tests. */
import { createHmac } from 'node:crypto';

export const JWT_SECRET = 'a secret for the interoperability tests';

export const SERVICE_CLAIMS = { 'x-triplit-token-type': 'secret', 'x-triplit-project-id': 'interop' };

export function signToken(claims: object, secret = JWT_SECRET): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
