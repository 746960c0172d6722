/**
 * The tokens and keys of a recording of a server of version 1, made anew and shown to this server: what was accepted then
 * is accepted now, and what was refused is refused. Where this server differs on purpose, the recording says why.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createDB } from '@triplit/db';
import { createRequestHandler, createTokenVerifier, Server } from '@triplit/server-core';
import type { AuthSettings } from '@triplit/server-core';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { todoSchema } from '../support/todo-schema.ts';

interface Recorded {
  readonly case: string;
  readonly status: number;
  readonly answer: any;
  readonly now?: number;
  readonly because?: string;
}

interface Trial {
  readonly settings: AuthSettings;
  readonly token: () => Promise<string>;
  /** Asked for with the token. Default: the version. */
  readonly insert?: { readonly collectionName: string; readonly entity: Record<string, unknown> };
}

const jwtSecret = 'the secret of a server that remembers';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = spki(rsa.publicKey);
const alice = { sub: 'alice' };
const service = { 'x-triplit-token-type': 'secret' };

const internal = (claims: Record<string, unknown>, secret = jwtSecret) => sign(claims, 'HS256', secret);
const external = (externalJwtSecret: string): AuthSettings => ({ jwtSecret, externalJwtSecret });
const byRsa = (claims: Record<string, unknown> = alice, alg = 'RS256') => sign(claims, alg, rsa.privateKey);
const byEc = () => sign(alice, 'ES256', ec.privateKey);
const claimsPath: AuthSettings = { jwtSecret, claimsPath: 'app.claims' };
const note = { collectionName: 'todos', entity: { id: 'c1', text: 'x', authorId: 'alice' } };

const trials: Record<string, Trial> = {
  'ext PEM(SPKI), RS256 token without triplit type': { settings: external(pem), token: () => byRsa() },
  'ext PEM, RS256 token claiming type=secret signed by ext key => internal secret used => rejected': {
    settings: external(pem),
    token: () => byRsa(service),
  },
  'ext PEM, HS256 internal anon': {
    settings: external(pem),
    token: () => internal({ 'x-triplit-token-type': 'anon' }),
  },
  'ext PEM, HS256(SECRET) token without type => verified with ext key => rejected': {
    settings: external(pem),
    token: () => internal(alice),
  },
  'RS512 with ext PEM': { settings: external(pem), token: () => byRsa(alice, 'RS512') },
  'PS256 with ext PEM': { settings: external(pem), token: () => byRsa(alice, 'PS256') },
  'HS256 signed with the PEM text (alg confusion)': { settings: external(pem), token: () => internal(alice, pem) },
  'ext JWK (RSA, no alg), RS256': { settings: external(jwk(rsa.publicKey)), token: () => byRsa() },
  'ext JWKS set (unsupported)': {
    settings: external(JSON.stringify({ keys: [rsa.publicKey.export({ format: 'jwk' })] })),
    token: () => byRsa(),
  },
  'ext PEM with literal backslash-n': { settings: external(pem.replaceAll('\n', '\\n')), token: () => byRsa() },
  'ext PEM newlines replaced by spaces': { settings: external(pem.replaceAll('\n', ' ')), token: () => byRsa() },
  'ext PEM on one line no separators': { settings: external(pem.replaceAll('\n', '')), token: () => byRsa() },
  'ext PEM with leading space (treated as raw HMAC secret)': { settings: external(` ${pem}`), token: () => byRsa() },
  'ext PKCS1 PEM': {
    settings: external(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string),
    token: () => byRsa(),
  },
  'ext EC PEM, ES256': { settings: external(spki(ec.publicKey)), token: byEc },
  'ext EC JWK alg ES256': { settings: external(jwk(ec.publicKey, { alg: 'ES256' })), token: byEc },
  'JWT_SECRET=PEM, RS256 secret token': { settings: { jwtSecret: pem }, token: () => byRsa(service) },
  'JWT_SECRET=PEM, nbf in the future': {
    settings: { jwtSecret: pem },
    token: () => byRsa({ ...service, nbf: Math.floor(Date.now() / 1000) + 3600 }),
  },
  'claimsPath nested': { settings: claimsPath, token: () => internal({ app: { claims: alice } }) },
  'claimsPath missing path': { settings: claimsPath, token: () => internal(alice) },
  'claimsPath: insert as nested sub=alice': {
    settings: claimsPath,
    token: () => internal({ app: { claims: alice } }),
    insert: note,
  },
  'claimsPath: payload missing at path => token undefined': {
    settings: claimsPath,
    token: () => internal(alice),
    insert: note,
  },
  'claimsPath: nested type secret': {
    settings: claimsPath,
    token: () => internal({ app: { claims: service } }),
    insert: { collectionName: 'secrets', entity: { id: 'c2', v: 'x' } },
  },
  'projectId set; token with other project id': {
    settings: { jwtSecret },
    token: () => internal({ 'x-triplit-token-type': 'anon', 'x-triplit-project-id': 'another' }),
  },
  "type 'test'": { settings: { jwtSecret }, token: () => internal({ 'x-triplit-token-type': 'test' }) },
  'unknown type value': { settings: { jwtSecret }, token: () => internal({ 'x-triplit-token-type': 'what' }) },
};

const recorded = readFileSync(new URL('../vectors/wire/08-external-tokens.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

describe('08-external-tokens', () => {
  it('has a trial for each recorded case', () => {
    expect(Object.keys(trials)).toEqual(recorded.map(({ case: name }) => name));
  });

  it.each(recorded)('$case', async ({ case: name, status, answer, now, because }) => {
    const { settings, token, insert } = trials[name]!;
    const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
    const handle = createRequestHandler(new Server(db, { tokenVerifier: createTokenVerifier(settings) }));
    const response = await handle(
      new Request(`http://localhost/${insert ? 'insert' : 'version'}`, {
        headers: { Authorization: `Bearer ${await token()}` },
        ...(insert && { method: 'POST', body: JSON.stringify(insert) }),
      }),
    );
    const text = await response.text();
    expect([response.status, because, text]).toEqual([now ?? status, because, text]);
    if (now !== undefined) return expect(now).not.toBe(status);
    if (response.headers.get('Content-Type') !== 'application/json') return expect(text).toBe(answer);
    const { name: error, id } = JSON.parse(text) as { name?: string; id?: string };
    expect({ error, id }).toEqual({ error: answer.name, id: answer.id });
  });
});

function sign(claims: Record<string, unknown>, alg: string, key: string | KeyObject): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
}

function jwk(key: KeyObject, extra = {}): string {
  return JSON.stringify({ ...key.export({ format: 'jwk' }), ...extra });
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}
