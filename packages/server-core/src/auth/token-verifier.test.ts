import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { TriplitError } from '@triplit/db';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import { describe, expect, test } from 'vitest';
import { parseAndValidateToken } from '../token.ts';
import { authSettingsFromEnvironment } from './auth-settings.ts';
import type { AuthSettings } from './auth-settings.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { VerifiedToken } from './token-verifier.ts';

const SECRET = 'the main secret, of thirty-two bytes and more';
const NOW = 1_795_429_500;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = spki(rsa.publicKey);

type Claims = Record<string, unknown>;
const alice: Claims = { sub: 'alice' };
const anon: Claims = { 'x-triplit-token-type': 'anon', 'x-triplit-project-id': 'p' };
const service: Claims = { 'x-triplit-token-type': 'secret', 'x-triplit-project-id': 'p' };

describe('tokens of Triplit itself', () => {
  test('an anonymous token is verified with the main secret', async () => {
    await expect(verify({ jwtSecret: SECRET }, await hmac(anon))).resolves.toEqual({
      claims: anon,
      expiresAt: undefined,
      internal: true,
      admin: false,
    });
  });

  test('a service token is an admin', async () => {
    await expect(verify({ jwtSecret: SECRET }, await hmac(service))).resolves.toMatchObject({
      admin: true,
      internal: true,
    });
  });

  test('they are refused when they are signed by the external key', async () => {
    const settings = { jwtSecret: SECRET, externalJwtSecret: pem };
    await expectRefusal(settings, await sign(service), 'InvalidTokenSignatureError', 'JWT_SECRET holds: HMAC secret');
    const hmacOnly = { jwtSecret: SECRET, externalJwtSecret: 'another secret, of thirty-two bytes and more' };
    await expectRefusal(
      hmacOnly,
      await hmac(service, hmacOnly.externalJwtSecret),
      'InvalidTokenSignatureError',
      'not signed by the key in JWT_SECRET',
    );
  });

  test('they are refused when there is no main secret', async () => {
    await expectRefusal(
      { externalJwtSecret: pem },
      await sign(service),
      'TokenVerificationError',
      'No secret provided for token verification: set JWT_SECRET',
    );
  });

  test('the main secret may be a public key', async () => {
    await expect(verify({ jwtSecret: pem }, await sign(service))).resolves.toMatchObject({ admin: true });
  });
});

describe('tokens of other issuers', () => {
  const settings: AuthSettings = { jwtSecret: SECRET, externalJwtSecret: pem };

  test('are verified with the external secret', async () => {
    const token = await sign({ ...alice, exp: NOW + 60 });
    await expect(verify(settings, token)).resolves.toEqual({
      claims: { sub: 'alice', exp: NOW + 60 },
      expiresAt: NOW + 60,
      internal: false,
      admin: false,
    });
  });

  test('are verified with the main secret when no other is configured', async () => {
    await expect(verify({ jwtSecret: SECRET }, await hmac(alice))).resolves.toMatchObject({
      claims: alice,
      internal: false,
    });
    await expect(verify({ jwtSecret: SECRET }, await hmac(alice, SECRET, 'HS512'))).resolves.toMatchObject({
      claims: alice,
    });
  });

  test('are not verified with the main secret when an external one is configured', async () => {
    await expectRefusal(
      settings,
      await hmac(alice),
      'InvalidTokenSignatureError',
      'EXTERNAL_JWT_SECRET holds: RSA public key',
    );
  });

  test('a token signed with RSA tells that no external secret is configured', async () => {
    await expectRefusal(
      { jwtSecret: SECRET },
      await sign(alice),
      'InvalidTokenSignatureError',
      'the token is signed with RS256, and no EXTERNAL_JWT_SECRET is configured; set it on the server to the public key',
    );
  });

  test('a token signed by somebody else names the setting to check', async () => {
    await expectRefusal(
      settings,
      await sign(alice, otherRsa.privateKey),
      'InvalidTokenSignatureError',
      'signature verification failed: the token is not signed by the key in EXTERNAL_JWT_SECRET',
    );
  });

  test('nothing configured at all', async () => {
    await expectRefusal(
      {},
      await sign(alice),
      'TokenVerificationError',
      'No secret provided for token verification: set EXTERNAL_JWT_SECRET',
    );
  });

  test('an unreadable key says so, as an error of the server', async () => {
    const broken = { jwtSecret: SECRET, externalJwtSecret: pem.slice(0, 100) };
    const error = await refusalOf(broken, await sign(alice));
    expect(error).toMatchObject({ name: 'TriplitError', status: 500 });
    expect(error.contextMessage).toContain(
      'EXTERNAL_JWT_SECRET cannot be used: it looks like a PEM key, but is incomplete',
    );
    await expect(verify(broken, await hmac(anon))).resolves.toMatchObject({ internal: true });
  });

  test('an unknown token type counts as external', async () => {
    await expect(verify(settings, await sign({ 'x-triplit-token-type': 'other' }))).resolves.toMatchObject({
      internal: false,
      admin: false,
    });
  });

  test('messages call settings by the names that people know', async () => {
    await expectRefusal(
      { jwtSecret: SECRET, settingPrefix: 'TRIPLIT_' },
      await sign(alice),
      'InvalidTokenSignatureError',
      'no TRIPLIT_EXTERNAL_JWT_SECRET is configured',
    );
  });
});

describe('no token and no tokens', () => {
  test.each([undefined, ''])('an absent token', async (token) => {
    await expectRefusal({ jwtSecret: SECRET }, token, 'TokenVerificationError', 'No token provided');
  });

  test.each([
    'not-a-jwt',
    'a.b',
    'a.b.c.d',
    '..',
    `${part({ alg: 'HS256' })}.${Buffer.from('no json').toString('base64url')}.AAAA`,
    `${part({ alg: 'HS256' })}.${part([])}.AAAA`,
    `${part({ alg: 'HS256' })}.${Buffer.from('{"sub":"a","sub":"b"}').toString('base64url')}.AAAA`,
    `${part({ alg: 'HS256' })}.${Buffer.from('{"a":{"x":1,"\\u0078":2}}').toString('base64url')}.AAAA`,
    `${part({ alg: 'HS256' })}.${Buffer.from('{"__proto__":{"admin":true}}').toString('base64url')}.AAAA`,
    `${Buffer.from('{"alg":"none","alg":"HS256"}').toString('base64url')}.${part(alice)}.AAAA`,
    `${part({ alg: 'HS256' })}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.AAAA`,
    `${part({ alg: 'HS256' })}.${part({ deep: JSON.parse('['.repeat(100) + ']'.repeat(100)) })}.AAAA`,
    `${part({ alg: 'HS256' })}.${part({ long: 'x'.repeat(20_000) })}.AAAA`,
    'x'.repeat(1_000_000),
  ])('%.60s', async (token) => {
    const error = await refusalOf({ jwtSecret: SECRET }, token);
    expect(error).toMatchObject({ name: 'InvalidTokenPayloadError', status: 400 });
    expect(error.contextMessage).toMatch(/^Token could not be decoded as a valid JWT/);
  });

  test('a good token with anything loose about it', async () => {
    const [header, payload, signature] = (await hmac(alice)).split('.') as [string, string, string];
    for (const loose of [
      ` ${header}.${payload}.${signature}`,
      `${header}.${payload}.${signature}\n`,
      `${header}.${payload}.${signature}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${signature}?`,
      `${header}.${payload}.${signature.replace(/.$/, 'B')}`,
    ]) {
      await expect(verify({ jwtSecret: SECRET }, loose)).rejects.toThrow(TriplitError);
    }
  });
});

describe('forged tokens', () => {
  const keys: [string, string][] = [
    ['PEM', pem],
    ['PEM on one line', pem.replaceAll('\n', '')],
    ['base64 of PEM', Buffer.from(pem).toString('base64')],
    ['PKCS#1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string],
    ['quoted PEM', `"${pem}"`],
    ['PEM behind a line end', `\n${pem}`],
    ['JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))],
  ];
  test.each(keys)('HMAC over the public key, configured as %s', async (_, externalJwtSecret) => {
    const secrets = [externalJwtSecret, externalJwtSecret.trim(), pem, pem.trim(), pem.replaceAll('\n', '')];
    for (const secret of secrets) {
      for (const algorithm of ['HS256', 'HS384', 'HS512']) {
        const token = await hmac({ ...alice, exp: NOW + 60 }, secret, algorithm);
        await expectRefusal({ jwtSecret: SECRET, externalJwtSecret }, token, 'InvalidTokenSignatureError');
        await expectRefusal(
          { jwtSecret: externalJwtSecret },
          await hmac(service, secret, algorithm),
          'InvalidTokenSignatureError',
        );
      }
    }
  });

  test.each(['none', 'None', 'NONE', 'nOnE'])('alg %s', async (alg) => {
    const settings = { jwtSecret: SECRET, externalJwtSecret: pem };
    for (const claims of [alice, service]) {
      for (const signature of ['', 'AAAA']) {
        await expectRefusal(
          settings,
          `${part({ alg })}.${part(claims)}.${signature}`,
          'InvalidTokenSignatureError',
          'not signed',
        );
      }
    }
  });

  test.each([
    ['crit', { crit: ['exp'], exp: 1 }],
    ['b64', { b64: false }],
    ['a type for another use', { typ: 'logout+jwt' }],
  ])('a good signature with %s in the header', async (_, extra) => {
    const header = part({ alg: 'RS256', ...extra });
    const { sign: rawSign } = await import('node:crypto');
    const signature = rawSign('sha256', Buffer.from(`${header}.${part(alice)}`), rsa.privateKey).toString('base64url');
    await expectRefusal(
      { externalJwtSecret: pem },
      `${header}.${part(alice)}.${signature}`,
      'InvalidTokenSignatureError',
    );
  });

  test('keys that the token itself brings or points to are not followed', async () => {
    const jwk = otherRsa.publicKey.export({ format: 'jwk' });
    const token = await sign(alice, otherRsa.privateKey, {
      alg: 'RS256',
      jwk,
      jku: 'http://127.0.0.1:1/',
      x5u: 'http://127.0.0.1:1/',
    });
    await expectRefusal({ externalJwtSecret: pem }, token, 'InvalidTokenSignatureError');
  });

  test('a key is used for its own algorithm only', async () => {
    const bound = JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS256' });
    await expect(verify({ externalJwtSecret: bound }, await sign(alice))).resolves.toBeDefined();
    await expectRefusal(
      { externalJwtSecret: bound },
      await sign(alice, rsa.privateKey, { alg: 'RS512' }),
      'InvalidTokenSignatureError',
    );
    await expectRefusal(
      { externalJwtSecret: spki(ec.publicKey) },
      await sign(alice),
      'InvalidTokenSignatureError',
      'EXTERNAL_JWT_SECRET holds: EC public key',
    );
  });
});

describe('claims', () => {
  const settings: AuthSettings = { jwtSecret: SECRET, externalJwtSecret: pem };

  test.each<[string, Claims, string]>([
    ['expired', { exp: NOW - 65 }, '"exp" claim timestamp check failed: the token expired 65 seconds ago'],
    ['expired to the second of the leeway', { exp: NOW - 5 }, '"exp" claim'],
    [
      'not yet valid',
      { nbf: NOW + 30 },
      '"nbf" claim timestamp check failed: the token becomes valid only in 30 seconds',
    ],
    ['issued in the future', { iat: NOW + 30 }, '"iat" claim timestamp check failed'],
    ['exp as text', { exp: String(NOW + 60) }, '"exp" claim timestamp check failed: it is not a number'],
    ['nbf null', { nbf: null }, '"nbf" claim'],
    ['iat as text', { iat: 'now' }, '"iat" claim'],
    ['a pending session', { sts: 'pending' }, 'still pending'],
    ['a subject that is no text', { sub: { $ne: null } }, 'the subject of the token is not text'],
  ])('%s', async (_, claims, message) => {
    await expectRefusal(settings, await sign(claims), 'InvalidTokenSignatureError', message);
  });

  test('exp beyond all numbers', async () => {
    await expectRefusal(
      settings,
      await signText('{"sub":"a","exp":1e999}'),
      'InvalidTokenSignatureError',
      'not a number',
    );
  });

  test.each<[string, Claims]>([
    ['no times at all', {}],
    ['expired within the leeway', { exp: NOW - 4 }],
    ['valid soon, within the leeway', { nbf: NOW + 4 }],
    ['an active session', { sts: 'active' }],
  ])('%s is accepted', async (_, claims) => {
    await expect(verify(settings, await sign(claims))).resolves.toMatchObject({ claims });
  });

  test('the leeway is a setting', async () => {
    const token = await sign({ exp: NOW - 30 });
    await expect(verify({ ...settings, leewaySeconds: 60 }, token)).resolves.toBeDefined();
    await expectRefusal({ ...settings, leewaySeconds: 0 }, await sign({ exp: NOW }), 'InvalidTokenSignatureError');
  });

  test('issuer, audience and authorized party', async () => {
    const rules = {
      ...settings,
      externalJwtIssuer: 'https://a.test, https://b.test/',
      externalJwtAudience: 'api',
      externalJwtAuthorizedParties: 'https://app.test',
    };
    const good = { iss: 'https://b.test/', aud: ['other', 'api'], azp: 'https://app.test' };
    await expect(verify(rules, await sign(good))).resolves.toBeDefined();
    await expectRefusal(
      rules,
      await sign({ ...good, iss: 'https://b.test' }),
      'InvalidTokenSignatureError',
      '"iss" claim check failed',
    );
    await expectRefusal(rules, await sign({ ...good, iss: ['https://a.test'] }), 'InvalidTokenSignatureError', '"iss"');
    await expectRefusal(
      rules,
      await sign({ ...good, aud: 'api2' }),
      'InvalidTokenSignatureError',
      '"aud" claim check failed',
    );
    await expectRefusal(rules, await sign({ ...good, aud: undefined }), 'InvalidTokenSignatureError', '"aud"');
    await expectRefusal(
      rules,
      await sign({ ...good, azp: 'https://evil.test' }),
      'InvalidTokenSignatureError',
      '"azp" claim check failed',
    );
    await expectRefusal(rules, await sign({ ...good, azp: undefined }), 'InvalidTokenSignatureError', '"azp"');
    const native = { ...rules, externalJwtAuthorizedParties: ['https://app.test', '*none'] };
    await expect(verify(native, await sign({ ...good, azp: undefined }))).resolves.toBeDefined();
    await expectRefusal(native, await sign({ ...good, azp: '*none' }), 'InvalidTokenSignatureError', '"azp"');
  });
});

describe('claims path', () => {
  const settings: AuthSettings = { jwtSecret: SECRET, externalJwtSecret: pem, claimsPath: 'app.claims' };

  test('the claims of the session are those that it leads to, expiry stays at the root', async () => {
    const token = await sign({ exp: NOW + 9, app: { claims: { sub: 'nested', exp: 1 } } });
    await expect(verify(settings, token)).resolves.toMatchObject({ claims: { sub: 'nested' }, expiresAt: NOW + 9 });
  });

  test('it applies to external tokens only', async () => {
    await expect(verify(settings, await hmac(anon))).resolves.toMatchObject({ claims: anon });
  });

  test.each<[string, Claims]>([
    ['nowhere', {}],
    ['to text', { app: { claims: 'x' } }],
    ['to a list', { app: { claims: [] } }],
  ])('%s: the token is refused and the setting named', async (_, claims) => {
    const error = await refusalOf(settings, await sign(claims));
    expect(error).toMatchObject({ name: 'InvalidTokenPayloadError', status: 400 });
    expect(error.contextMessage).toContain('The claims path of CLAIMS_PATH leads to no object in the token');
  });

  test.each(['constructor', '__proto__', 'toString', 'app.constructor'])(
    'inherited members (%s) are no claims',
    async (claimsPath) => {
      await expectRefusal({ ...settings, claimsPath }, await sign({ app: {} }), 'InvalidTokenPayloadError');
    },
  );

  test('the names of namespaced claims are quoted or escaped', async () => {
    const token = await sign({ 'https://a.test/claims': { triplit: { sub: 'x' } } });
    for (const claimsPath of [
      '"https://a.test/claims".triplit',
      "'https://a.test/claims'.triplit",
      'https://a\\.test/claims.triplit',
    ]) {
      await expect(verify({ ...settings, claimsPath }, token)).resolves.toMatchObject({ claims: { sub: 'x' } });
    }
  });

  test('a marker of Triplit inside of the path has no effect', async () => {
    const token = await sign({ app: { claims: { 'x-triplit-token-type': 'secret', sub: 'mallory' } } });
    await expect(verify(settings, token)).resolves.toEqual({
      claims: { sub: 'mallory' },
      expiresAt: undefined,
      internal: false,
      admin: false,
    });
    const fallback = { jwtSecret: SECRET, claimsPath: 'app.claims' };
    const nested = await hmac({ app: { claims: { 'x-triplit-token-type': 'secret' } } });
    await expect(verify(fallback, nested)).resolves.toMatchObject({ claims: {}, admin: false });
  });

  test('a path that cannot be read refuses every external token', async () => {
    await expect(verify({ ...settings, claimsPath: 'a..b' }, await sign({ a: { b: {} } }))).rejects.toThrow(
      'CLAIMS_PATH',
    );
  });
});

describe('several issuers at once', () => {
  const settings: AuthSettings = {
    jwtSecret: SECRET,
    issuers: [
      { name: 'rsa', issuer: 'https://rsa.test', secret: pem, claimsPath: 'nested' },
      { name: 'ec', issuer: 'https://ec.test', secret: spki(ec.publicKey) },
      { name: 'shared', secret: 'a shared secret of more than thirty-two bytes' },
    ],
  };

  test('each is verified with its own key and rules', async () => {
    await expect(
      verify(settings, await sign({ iss: 'https://rsa.test', nested: { sub: 'r' } })),
    ).resolves.toMatchObject({ claims: { sub: 'r' } });
    await expect(
      verify(settings, await sign({ iss: 'https://ec.test', sub: 'e' }, ec.privateKey, { alg: 'ES256' })),
    ).resolves.toMatchObject({ claims: { sub: 'e' } });
    await expect(
      verify(settings, await hmac({ sub: 's' }, 'a shared secret of more than thirty-two bytes')),
    ).resolves.toMatchObject({ claims: { sub: 's' } });
  });

  test('none may speak for another', async () => {
    await expectRefusal(settings, await sign({ iss: 'https://ec.test' }), 'InvalidTokenSignatureError', 'issuer ec');
    await expectRefusal(
      settings,
      await sign({ iss: 'https://rsa.test' }, ec.privateKey, { alg: 'ES256' }),
      'InvalidTokenSignatureError',
      'issuer rsa',
    );
    await expectRefusal(settings, await hmac(alice), 'InvalidTokenSignatureError', 'issuer shared');
  });
});

describe('what the log says at start', () => {
  test('which keys were recognised, and what is weak', async () => {
    const verifier = createTokenVerifier({ jwtSecret: 'short', externalJwtSecret: pem });
    await verifier.ready;
    expect(verifier.describe()).toEqual([
      'JWT_SECRET: HMAC secret, 5 bytes.',
      expect.stringContaining('Warning: JWT_SECRET: the secret is short'),
      expect.stringMatching(/^EXTERNAL_JWT_SECRET: RSA public key, 2048 bits, thumbprint [\w-]{43}\.$/),
    ]);
    expect(verifier.problems()).toEqual([]);
  });

  test('which settings cannot be used, without repeating them', async () => {
    const verifier = createTokenVerifier({
      externalJwtSecret: '-----BEGIN PUBLIC KEY-----',
      clerkPublishableKey: 'sk_test_abcdefgh',
      externalJwksUrl: 'http://keys.example.com/',
    });
    await verifier.ready;
    expect(verifier.problems()).toEqual([
      expect.stringContaining('CLERK_PUBLISHABLE_KEY cannot be used: it is a secret key'),
      expect.stringContaining('EXTERNAL_JWKS_URL cannot be used: keys.example.com must be asked over https'),
      expect.stringContaining('EXTERNAL_JWT_SECRET cannot be used: it looks like a PEM key'),
    ]);
    expect(verifier.describe().join()).not.toContain('abcdefgh');
  });

  test('that one secret does two things', async () => {
    const verifier = createTokenVerifier({ jwtSecret: SECRET, externalJwtSecret: SECRET });
    await verifier.ready;
    expect(verifier.describe()).toContainEqual(expect.stringContaining('can also sign service tokens'));
  });
});

test('settings come from the environment, with or without prefix', () => {
  const environment = {
    JWT_SECRET: 'a',
    EXTERNAL_JWT_SECRET: '',
    CLAIMS_PATH: 'x.y',
    CLERK_PUBLISHABLE_KEY: 'pk',
    OTHER: 'z',
  };
  expect(authSettingsFromEnvironment(environment)).toEqual({
    jwtSecret: 'a',
    claimsPath: 'x.y',
    clerkPublishableKey: 'pk',
  });
  expect(authSettingsFromEnvironment({ TRIPLIT_EXTERNAL_JWT_SECRET: 'b', JWT_SECRET: 'no' }, 'TRIPLIT_')).toEqual({
    externalJwtSecret: 'b',
    settingPrefix: 'TRIPLIT_',
  });
});

describe('a token that is sent again', () => {
  test('is accepted until it expires, and not longer', async () => {
    let nowMs = NOW * 1000;
    const verifier = createTokenVerifier({ externalJwtSecret: pem }, { now: () => nowMs });
    const token = await sign({ ...alice, exp: NOW + 60 });
    await verifier.verify(token);
    nowMs += 64_999;
    await expect(verifier.verify(token)).resolves.toMatchObject({ claims: { sub: 'alice' } });
    nowMs += 1;
    await expect(verifier.verify(token)).rejects.toThrow('"exp" claim');
  });

  test('yields claims of its own each time', async () => {
    const verifier = createTokenVerifier({ jwtSecret: SECRET });
    const token = await hmac(alice);
    (await verifier.verify(token)).claims['sub'] = 'changed';
    await expect(verifier.verify(token)).resolves.toMatchObject({ claims: alice });
  });
});

describe('laws', () => {
  const settings = { jwtSecret: SECRET, externalJwtSecret: pem };

  test('whatever is sent as a token is refused with a TriplitError', async () => {
    const segment = fc.oneof(
      fc.base64String(),
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    );
    const token = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(
        token.filter((text) => text !== ''),
        async (text) => {
          await refusalOf(settings, text);
        },
      ),
    );
  });

  test('a good token with one character changed, added or taken away is refused', async () => {
    const tokens = [await hmac(service), await sign(alice), await sign(alice, ec.privateKey, { alg: 'ES256' })];
    const all = { ...settings, issuers: [{ secret: spki(ec.publicKey) }] };
    for (const token of tokens) await expect(verify(all, token)).resolves.toBeDefined();
    const change = fc.record({
      token: fc.constantFrom(...tokens),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      removed: fc.constantFrom(0, 1),
      added: fc.constantFrom('', 'A', 'b', '-', '_', '=', '.', ' ', '\n'),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ token, at, removed, added }) => {
        const index = Math.floor(token.length * at);
        const changed = token.slice(0, index) + added + token.slice(index + removed);
        fc.pre(changed !== token);
        await refusalOf(all, changed);
      }),
      { numRuns: 300 },
    );
  });
});

test('no message repeats the token or the key', async () => {
  const secret = 'a secret that nobody must see, 32 bytes';
  const tokens = [await hmac(alice, 'wrong'), await sign(alice, otherRsa.privateKey), 'not-a-jwt-but-private'];
  for (const settings of [
    { jwtSecret: secret },
    { externalJwtSecret: pem },
    { externalJwtSecret: pem.slice(0, 200) },
  ]) {
    for (const token of tokens) {
      const error = await refusalOf(settings, token);
      const text = JSON.stringify(error);
      for (const piece of [secret, 'MIIB', ...token.split('.').filter((part_) => part_.length > 8)])
        expect(text).not.toContain(piece);
    }
  }
});

describe('parseAndValidateToken', () => {
  test('gives the claims, or the error', async () => {
    await expect(parseAndValidateToken(await hmac(anon), SECRET, 'p', {})).resolves.toEqual({ data: anon });
    const nested = await sign({ app: { sub: 'n' } });
    await expect(
      parseAndValidateToken(nested, SECRET, 'p', { payloadPath: 'app', externalSecret: pem }),
    ).resolves.toEqual({ data: { sub: 'n' } });
    const { error } = await parseAndValidateToken(await hmac(anon, 'wrong'), SECRET, 'p', {});
    expect(error).toBeInstanceOf(TriplitError);
  });
});

/** The cases of a recording of the published server, by its statuses; keys and tokens are made anew. */
describe('recorded cases', () => {
  const jwkOf = (key: KeyObject, extra = {}): string => JSON.stringify({ ...key.export({ format: 'jwk' }), ...extra });
  const ext = (externalJwtSecret: string): AuthSettings => ({ jwtSecret: SECRET, externalJwtSecret });
  const recorded: [name: string, settings: AuthSettings, token: () => Promise<string>, status: number][] = [
    ['ext PEM(SPKI), RS256 token without triplit type', ext(pem), () => sign(alice), 200],
    ['ext PEM, RS256 token claiming type=secret signed by ext key', ext(pem), () => sign(service), 401],
    ['ext PEM, HS256 internal anon', ext(pem), () => hmac(anon), 200],
    ['ext PEM, HS256(SECRET) token without type', ext(pem), () => hmac(alice), 401],
    ['RS512 with ext PEM', ext(pem), () => sign(alice, rsa.privateKey, { alg: 'RS512' }), 200],
    ['PS256 with ext PEM', ext(pem), () => sign(alice, rsa.privateKey, { alg: 'PS256' }), 200],
    ['HS256 signed with the PEM text (alg confusion)', ext(pem), () => hmac(alice, pem), 401],
    ['ext JWK (RSA, no alg), RS256', ext(jwkOf(rsa.publicKey)), () => sign(alice), 200],
    ['ext PEM newlines replaced by spaces', ext(pem.replaceAll('\n', ' ')), () => sign(alice), 200],
    ['ext PEM on one line no separators', ext(pem.replaceAll('\n', '')), () => sign(alice), 200],
    ['ext EC PEM, ES256', ext(spki(ec.publicKey)), () => sign(alice, ec.privateKey, { alg: 'ES256' }), 200],
    [
      'ext EC JWK alg ES256',
      ext(jwkOf(ec.publicKey, { alg: 'ES256' })),
      () => sign(alice, ec.privateKey, { alg: 'ES256' }),
      200,
    ],
    ['JWT_SECRET=PEM, RS256 secret token', { jwtSecret: pem }, () => sign(service), 200],
    ['JWT_SECRET=PEM, nbf in the future', { jwtSecret: pem }, () => sign({ ...service, nbf: NOW + 60 }), 401],
    ["type 'test'", { jwtSecret: SECRET }, () => hmac({ 'x-triplit-token-type': 'test' }), 200],
    ['unknown type value', { jwtSecret: SECRET }, () => hmac({ 'x-triplit-token-type': 'what' }), 200],
    // Failed in the recording, and are to work here.
    ['ext JWKS set', ext(JSON.stringify({ keys: [rsa.publicKey.export({ format: 'jwk' })] })), () => sign(alice), 200],
    ['ext PEM with literal backslash-n', ext(pem.replaceAll('\n', '\\n')), () => sign(alice), 200],
    ['ext PEM with leading space', ext(` ${pem}`), () => sign(alice), 200],
    ['ext PKCS1 PEM', ext(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string), () => sign(alice), 200],
  ];
  test.each(recorded)('%s', async (_, settings, token, status) => {
    const outcome = await verify(settings, await token()).then(
      () => 200,
      (error: TriplitError) => error.status,
    );
    expect(outcome).toBe(status);
  });
});

function verify(settings: AuthSettings, token: string | undefined): Promise<VerifiedToken> {
  return createTokenVerifier(settings, { now: () => NOW * 1000 }).verify(token);
}

async function refusalOf(settings: AuthSettings, token: string | undefined): Promise<TriplitError> {
  const outcome = await verify(settings, token).then(
    () => new Error('the token was accepted'),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(TriplitError);
  return outcome as TriplitError;
}

async function expectRefusal(
  settings: AuthSettings,
  token: string | undefined,
  name: string,
  message = '',
): Promise<void> {
  const error = await refusalOf(settings, token);
  expect(error.name).toBe(name);
  expect(error.message).toContain(message);
}

function sign(
  claims: object,
  key: KeyObject = rsa.privateKey,
  header: { alg: string; [name: string]: unknown } = { alg: 'RS256', typ: 'JWT' },
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims))).setProtectedHeader(header).sign(key);
}

function signText(claims: string): Promise<string> {
  return new CompactSign(new TextEncoder().encode(claims)).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey);
}

function hmac(claims: object, secret = SECRET, alg = 'HS256'): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function spki(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string;
}
