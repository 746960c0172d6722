/**
 * The service and anonymous tokens of a development server. They carry no time stamps and are therefore the same on
 * every machine that uses the same secret: templates may contain those of the default secret.
 */
import { createHmac } from 'node:crypto';

export const DEVELOPMENT_JWT_SECRET = 'jwt-key-for-development-only';
export const DEVELOPMENT_PROJECT_ID = 'local-project-id';

export interface ServerTokens {
  /** Full access, bypasses permissions. Never for a browser. */
  readonly service: string;
  /** Safe to ship in an app: matches the role `anonymous`. */
  readonly anonymous: string;
}

/** Signs both tokens with an HMAC secret (HS256). */
export function mintServerTokens(secret: string, projectId: string): ServerTokens {
  return { service: mint('secret', secret, projectId), anonymous: mint('anon', secret, projectId) };
}

function mint(type: 'secret' | 'anon', secret: string, projectId: string): string {
  const header = encode({ alg: 'HS256', typ: 'JWT' });
  const payload = encode({ 'x-triplit-token-type': type, 'x-triplit-project-id': projectId });
  const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  return `${header}.${payload}.${signature}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
