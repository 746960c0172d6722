import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseClerkPublishableKey } from './clerk.ts';
import { discoverJwksUrl } from './discovery.ts';
import { fetchJson } from './fetch-json.ts';
import { JWKS_MAX_AGE_MS, JWKS_MAX_STALE_MS, JWKS_MIN_INTERVAL_MS } from './jwks-client.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './token-verifier.ts';

const first = generateKeyPairSync('rsa', { modulusLength: 2048 });
const second = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const START_MS = 1_795_429_500_000;

/** An issuer on this machine, whose answers the tests change. */
let issuer: Server;
let base: string;
let requests: string[];
let answer: (path: string, response: ServerResponse) => void;
let nowMs: number;
let warnings: string[];

beforeEach(async () => {
  requests = [];
  warnings = [];
  nowMs = START_MS;
  issuer = createServer((request, response) => {
    requests.push(request.url!);
    answer(request.url!, response);
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  publish(jwk(first.publicKey, 'k1'));
});

afterEach(async () => {
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
});

describe('keys at a URL', () => {
  test('verify the tokens of the issuer, and are fetched once for all of them', async () => {
    const verifier = byUrl();
    const tokens = await Promise.all(['a', 'b', 'c', 'd'].map((sub) => sign(first.privateKey, 'k1', { sub })));
    const verified = await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(verified.map(({ claims }) => claims['sub'])).toEqual(['a', 'b', 'c', 'd']);
    expect(requests).toEqual(['/jwks.json']);
    expect(verifier.describe()).toContainEqual(
      expect.stringMatching(
        /^EXTERNAL_JWKS_URL \(127.0.0.1:\d+\): RSA public key, 2048 bits, key id "k1", thumbprint /,
      ),
    );
  });

  test('a new key is found without a restart', async () => {
    const verifier = byUrl();
    await verifier.verify(await sign(first.privateKey, 'k1'));
    publish(jwk(second.publicKey, 'k2'), jwk(first.publicKey, 'k1'));
    nowMs += JWKS_MIN_INTERVAL_MS;
    await expect(verifier.verify(await sign(second.privateKey, 'k2'))).resolves.toBeDefined();
    await expect(verifier.verify(await sign(first.privateKey, 'k1', { n: 2 }))).resolves.toBeDefined();
    expect(requests).toHaveLength(2);
  });

  test('a withdrawn key is no longer accepted once the set was fetched again', async () => {
    const verifier = byUrl();
    const token = await sign(first.privateKey, 'k1');
    await verifier.verify(token);
    publish(jwk(second.publicKey, 'k2'));
    nowMs += JWKS_MAX_AGE_MS + 1;
    await expect(verifier.verify(await sign(first.privateKey, 'k1'))).rejects.toThrow(
      'key id "k1" is not among the keys of EXTERNAL_JWKS_URL',
    );
  });

  test('unknown key ids do not make the server ask again and again', async () => {
    const verifier = byUrl();
    for (let index = 0; index < 20; index++) {
      const forged = await sign(second.privateKey, `guess-${index}`);
      await expect(verifier.verify(forged)).rejects.toMatchObject({ name: 'InvalidTokenSignatureError' });
      nowMs += 100;
    }
    expect(requests).toHaveLength(1);
  });

  test('a key that has become five minutes old is fetched again while it is used', async () => {
    const verifier = byUrl();
    await verifier.verify(await sign(first.privateKey, 'k1'));
    nowMs += 6 * 60_000;
    answer = () => undefined; // The issuer hangs.
    await expect(verifier.verify(await sign(first.privateKey, 'k1'))).resolves.toBeDefined();
  });

  test('while the issuer is down the known keys stay in use for a day', async () => {
    const verifier = byUrl();
    await verifier.verify(await sign(first.privateKey, 'k1'));
    answer = (_, response) => response.writeHead(503).end();
    nowMs += JWKS_MAX_STALE_MS - 1000;
    await expect(verifier.verify(await sign(first.privateKey, 'k1'))).resolves.toBeDefined();
    expect(warnings).toContainEqual(
      expect.stringContaining('answered with status 503. Those known before stay in use'),
    );
    nowMs += JWKS_MIN_INTERVAL_MS;
    await expect(verifier.verify(await sign(first.privateKey, 'k1'))).rejects.toMatchObject({
      name: 'TokenVerificationError',
      status: 401,
      retry: true,
    });
  });

  test('a token with a new key may be good as long as the issuer is down, also beside another issuer', async () => {
    const elsewhere = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = await sign(elsewhere.privateKey, 'e1');
    const token = await sign(second.privateKey, 'k2');
    const verifier = createTokenVerifier(
      { issuers: [{ secret: JSON.stringify(jwk(elsewhere.publicKey, 'e1')) }, { jwksUrl: `${base}/keys` }] },
      { now: () => nowMs, warn: (line) => warnings.push(line) },
    );
    await expect(verifier.verify(await sign(first.privateKey, 'k1'))).resolves.toBeDefined();
    answer = (_, response) => response.writeHead(503).end();
    nowMs += JWKS_MIN_INTERVAL_MS;
    await expect(verifier.verify(token)).rejects.toMatchObject({ retry: true });
    await expect(verifier.verify(other)).resolves.toBeDefined();
    publish(jwk(first.publicKey, 'k1'), jwk(second.publicKey, 'k2'));
    nowMs += JWKS_MIN_INTERVAL_MS;
    await expect(verifier.verify(token)).resolves.toBeDefined();
  });

  test('an issuer that is down at first is asked again soon', async () => {
    answer = (_, response) => response.writeHead(500).end();
    const verifier = byUrl();
    const token = await sign(first.privateKey, 'k1');
    for (let index = 0; index < 5; index++) {
      await expect(verifier.verify(token)).rejects.toThrow('could not be fetched (127.0.0.1:');
    }
    expect(requests).toHaveLength(1);
    publish(jwk(first.publicKey, 'k1'));
    nowMs += 5000;
    await expect(verifier.verify(token)).resolves.toBeDefined();
  });

  test('without a key id only a single fitting key is used', async () => {
    publish(jwk(first.publicKey, 'k1'), jwk(ec.publicKey, 'e1'));
    await expect(byUrl().verify(await sign(first.privateKey, undefined))).resolves.toBeDefined();
    publish(jwk(first.publicKey, 'k1'), jwk(second.publicKey, 'k2'));
    await expect(byUrl().verify(await sign(first.privateKey, undefined))).rejects.toThrow('the token names no key id');
  });

  test('an id with a key of another type does not help', async () => {
    publish(jwk(ec.publicKey, 'k1'));
    await expect(byUrl().verify(await sign(first.privateKey, 'k1'))).rejects.toThrow('publishes no key');
  });

  test('a set that publishes a secret is refused as a whole', async () => {
    publish(jwk(first.publicKey, 'k1'), { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url'), kid: 's' });
    await expect(byUrl().verify(await sign(first.privateKey, 'k1'))).rejects.toThrow('it publishes a secret');
  });

  test('unusable keys in the set do not spoil the others', async () => {
    publish({ kty: 'RSA', use: 'enc', kid: 'k1', n: 'AQAB', e: 'AQAB' }, { kty: 'XYZ' }, jwk(first.publicKey, 'k1'));
    await expect(byUrl().verify(await sign(first.privateKey, 'k1'))).resolves.toBeDefined();
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    ['no JSON', (response) => response.end('<html>'), 'did not send a JSON object'],
    ['no key set', (response) => response.end('{}'), 'not a JWKS'],
    [
      'an endless document',
      (response) => response.end(`{"keys":[],"x":"${'x'.repeat(70_000)}"}`),
      'more than 65536 bytes',
    ],
    [
      'a redirect to another host',
      (response) => response.writeHead(302, { location: 'http://localhost:1/jwks.json' }).end(),
      'redirects to another host',
    ],
    [
      'a redirect out of this machine in the clear',
      (response) => response.writeHead(302, { location: 'http://keys.example.com/' }).end(),
      'over https',
    ],
    [
      'a redirect to itself',
      (response) => response.writeHead(302, { location: '/jwks.json' }).end(),
      'redirects more than',
    ],
    ['a redirect to nowhere', (response) => response.writeHead(302).end(), 'redirects to nowhere'],
  ])('%s is refused', async (_, respond, reason) => {
    answer = (__, response) => respond(response);
    await expect(byUrl().verify(await sign(first.privateKey, 'k1'))).rejects.toThrow(reason);
  });

  test('a redirect on the same host is followed', async () => {
    answer = (path, response) =>
      path === '/new.json'
        ? response.end(JSON.stringify({ keys: [jwk(first.publicKey, 'k1')] }))
        : response.writeHead(301, { location: '/new.json' }).end();
    await expect(byUrl().verify(await sign(first.privateKey, 'k1'))).resolves.toBeDefined();
  });

  test('an issuer that does not answer is given up on', async () => {
    answer = () => undefined;
    await expect(fetchJson(`${base}/jwks.json`, (url, init) => fetch(url, init), 50)).rejects.toThrow(
      'did not answer within',
    );
    answer = (_, response) => void response.write('{"keys":');
    await expect(fetchJson(`${base}/jwks.json`, (url, init) => fetch(url, init), 50)).rejects.toThrow('broke off');
  });

  test('tokens must expire and name a subject', async () => {
    await expect(byUrl().verify(await sign(first.privateKey, 'k1', { exp: undefined }))).rejects.toThrow(
      'never expires',
    );
    await expect(byUrl().verify(await sign(first.privateKey, 'k1', { sub: undefined }))).rejects.toThrow(
      'names no subject',
    );
  });
});

describe('discovery', () => {
  const discovery = (document: object) => (path: string, response: ServerResponse) =>
    void response.end(JSON.stringify(path === '/jwks.json' ? { keys: [jwk(first.publicKey, 'k1')] } : document));

  test.each(['', '/'])('an issuer by its name alone (ending "%s")', async (ending) => {
    answer = discovery({ issuer: base + ending, jwks_uri: `${base}/jwks.json` });
    const verifier = makeVerifier({ externalJwtIssuer: base + ending });
    await expect(verifier.verify(await sign(first.privateKey, 'k1', { iss: base + ending }))).resolves.toBeDefined();
    expect(requests).toEqual(['/.well-known/openid-configuration', '/jwks.json']);
    await expect(verifier.verify(await sign(first.privateKey, 'k1', { iss: 'https://evil.test' }))).rejects.toThrow(
      '"iss" claim',
    );
  });

  test('a document of another issuer is refused', async () => {
    answer = discovery({ issuer: 'https://other.test', jwks_uri: `${base}/jwks.json` });
    const verifier = makeVerifier({ externalJwtIssuer: base });
    await expect(verifier.verify(await sign(first.privateKey, 'k1', { iss: base }))).rejects.toThrow(
      'names another issuer',
    );
  });

  test('keys are not fetched in the clear from elsewhere', async () => {
    answer = discovery({ issuer: base, jwks_uri: 'http://keys.example.com/' });
    const verifier = makeVerifier({ externalJwtIssuer: base });
    await expect(verifier.verify(await sign(first.privateKey, 'k1', { iss: base }))).rejects.toThrow('over https');
  });
});

test('an issuer elsewhere cannot point at this machine', async () => {
  const document = { issuer: 'https://issuer.test', jwks_uri: `${base}/jwks.json` };
  const locate = discoverJwksUrl('https://issuer.test', () => Promise.resolve(Response.json(document)));
  await expect(locate).rejects.toThrow('must be asked over https');
});

test('a clock that is set back by an hour does not keep a new key out until it has caught up', async () => {
  const verifier = byUrl();
  await verifier.verify(await sign(first.privateKey, 'k1', { sub: 'a' }));
  nowMs -= 3_600_000;
  publish(jwk(second.publicKey, 'k2'));
  const now = nowMs / 1000;
  await expect(
    verifier.verify(await sign(second.privateKey, 'k2', { sub: 'b', iat: now, exp: now + 60 })),
  ).resolves.toMatchObject({ claims: { sub: 'b' } });
});

describe("Clerk's publishable key", () => {
  const key = `pk_test_${Buffer.from('clerk.example.dev$').toString('base64').replace(/=+$/, '')}`;

  test('names the issuer and its keys', () => {
    expect(parseClerkPublishableKey(key)).toEqual({
      issuer: 'https://clerk.example.dev',
      jwksUrl: 'https://clerk.example.dev/.well-known/jwks.json',
    });
    expect(parseClerkPublishableKey(` "${key.replace('test', 'live')}=" `).issuer).toBe('https://clerk.example.dev');
  });

  test.each([
    '',
    'pk_test_',
    'sk_test_abc',
    'pk_test_!!!',
    ...['nodollar.dev', 'two$$', 'a.b$c$', 'nodot$', 'evil.dev/path$', 'u@evil.dev$', '.dev$'].map(
      (host) => `pk_test_${Buffer.from(host).toString('base64')}`,
    ),
  ])('%s is refused', (text) => {
    expect(() => parseClerkPublishableKey(text)).toThrow(/^is (a secret|not a publishable)/);
  });

  test('configures a server by itself', async () => {
    const asked: string[] = [];
    const verifier = createTokenVerifier(
      { clerkPublishableKey: key, externalJwtAuthorizedParties: 'https://app.test' },
      {
        now: () => nowMs,
        fetch: (url) => {
          asked.push(url);
          return Promise.resolve(Response.json({ keys: [jwk(first.publicKey, 'ins_1')] }));
        },
      },
    );
    const claims = { iss: 'https://clerk.example.dev', azp: 'https://app.test', v: 2, sts: 'active' };
    await expect(verifier.verify(await sign(first.privateKey, 'ins_1', claims))).resolves.toMatchObject({
      claims: { sub: 'user_1' },
    });
    expect(asked).toEqual(['https://clerk.example.dev/.well-known/jwks.json']);
    await expect(verifier.verify(await sign(first.privateKey, 'ins_1', { ...claims, sts: 'pending' }))).rejects.toThrow(
      'pending',
    );
    await expect(verifier.verify(await sign(first.privateKey, 'ins_1', { ...claims, azp: undefined }))).rejects.toThrow(
      '"azp"',
    );
    await expect(
      verifier.verify(await sign(first.privateKey, 'ins_1', { ...claims, iss: 'https://clerk.other.dev' })),
    ).rejects.toThrow('"iss"');
  });
});

function makeVerifier(settings: Parameters<typeof createTokenVerifier>[0]): TokenVerifier {
  return createTokenVerifier(settings, { now: () => nowMs, warn: (line) => warnings.push(line) });
}

function byUrl(): TokenVerifier {
  return makeVerifier({ externalJwksUrl: `${base}/jwks.json` });
}

function publish(...keys: object[]): void {
  answer = (_, response) => void response.end(JSON.stringify({ keys }));
}

function jwk(key: KeyObject, kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid, use: 'sig' };
}

function sign(key: KeyObject, kid: string | undefined, claims: object = {}): Promise<string> {
  const payload = { sub: 'user_1', exp: Math.floor(nowMs / 1000) + 60, ...claims };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })
    .sign(key);
}
