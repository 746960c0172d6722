/** Tokens for tests. Signatures are made for servers that look at them; those in the same process do not. */
import { createHmac } from 'node:crypto';

export const TEST_SECRET = 'a-secret-for-tests-that-is-long-enough';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

export function signToken(claims: object, secret = TEST_SECRET): string {
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

export const SERVICE_CLAIMS = { 'x-triplit-token-type': 'secret', 'x-triplit-project-id': 'tests' };

/** Whole seconds since the epoch, as tokens count. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
