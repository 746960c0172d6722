/**
 * Clerk's own `verifyToken` as an oracle: whatever token of Clerk's kind is accepted here, Clerk accepts as well and
 * reads the same from it. Being stricter is fine, and which rules are is written down below.
 */
import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { verifyToken } from '@clerk/backend';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AuthSettings } from './auth-settings.ts';
import { createTokenVerifier } from './token-verifier.ts';
import type { TokenVerifier } from './token-verifier.ts';

const NOW = 1_795_429_500;
const LEEWAY = 5;
const APP = 'https://app.example.com';
const HOST = 'clerk.example.com';
const PUBLISHABLE_KEY = `pk_test_${Buffer.from(`${HOST}$`).toString('base64url')}`;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const jwks = { keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'ins_1', alg: 'RS256', use: 'sig' }] };

type Json = Record<string, unknown>;
const HEADER: Json = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: 'ins_1', typ: 'JWT' };
const COMMON: Json = {
  azp: APP,
  exp: NOW + 50,
  iat: NOW - 10,
  iss: `https://${HOST}`,
  nbf: NOW - 20,
  sid: 'sess_1',
  sub: 'user_1',
};
const VERSION_2: Json = {
  ...COMMON,
  fea: 'o:impersonation',
  fva: [3, -1],
  jti: '9f2c',
  o: { id: 'org_1', rol: 'admin', slg: 'acme', per: 'read,manage', fpm: '3' },
  pla: 'u:free',
  sts: 'active',
  v: 2,
};
const VERSION_1: Json = {
  ...COMMON,
  org_id: 'org_1',
  org_permissions: ['org:sys_profile:delete'],
  org_role: 'org:admin',
  org_slug: 'acme',
};

// Clerk reads the time from `Date`.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

interface Rules {
  readonly audience?: string[];
  readonly authorizedParties?: string[];
  /** Given by its publishable key, or by the key that is copied from its dashboard. */
  readonly by: 'publishable key' | 'public key';
}

type Verdict = { readonly claims: Json } | { readonly refusal: string };

const verifiers = new Map<string, TokenVerifier>();

function verifierFor(rules: Rules): TokenVerifier {
  const name = JSON.stringify(rules);
  let verifier = verifiers.get(name);
  if (!verifier) {
    const settings: AuthSettings = {
      ...(rules.by === 'public key' ? { externalJwtSecret: pem } : { clerkPublishableKey: PUBLISHABLE_KEY }),
      externalJwtAudience: rules.audience,
      externalJwtAuthorizedParties: rules.authorizedParties,
      leewaySeconds: LEEWAY,
    };
    verifier = createTokenVerifier(settings, { fetch: () => Promise.resolve(Response.json(jwks)) });
    verifiers.set(name, verifier);
  }
  return verifier;
}

function ours(token: string, rules: Rules): Promise<Verdict> {
  return verifierFor(rules)
    .verify(token)
    .then(
      ({ claims }) => ({ claims }),
      (error: Error) => ({ refusal: error.message }),
    );
}

function clerks(token: string, { audience, authorizedParties }: Rules): Promise<Verdict> {
  const isFreeOfParty = authorizedParties?.includes('*none') && !namesParty(token);
  return verifyToken(token, {
    jwtKey: pem,
    clockSkewInMs: LEEWAY * 1000,
    ...(audience && { audience }),
    // Clerk has no word for "or none": there the rule is left out for the tokens that it is about.
    ...(authorizedParties && !isFreeOfParty && { authorizedParties }),
  }).then(
    (claims) => ({ claims: claims as unknown as Json }),
    (error: Error) => ({ refusal: error.message }),
  );
}

function namesParty(token: string): boolean {
  try {
    return 'azp' in JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  } catch {
    return true;
  }
}

const accepted = (verdict: Verdict): verdict is { claims: Json } => 'claims' in verdict;
const encode = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64url');

const HASHES: Record<string, string> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };

function signature(input: string, alg: string, key: KeyObject = rsa.privateKey): Buffer {
  const hash = HASHES[alg.slice(2)] ?? 'sha256';
  if (alg.startsWith('HS')) return createHmac(hash, pem).update(input).digest();
  if (key.asymmetricKeyType === 'ec') return signBytes(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return alg.startsWith('PS')
    ? signBytes(hash, Buffer.from(input), { key, padding: 6, saltLength: Number(alg.slice(2)) / 8 })
    : signBytes(hash, Buffer.from(input), key);
}

function tokenOf(claims: Json, header: Json = HEADER): string {
  const input = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  return `${input}.${encode(signature(input, String(header['alg'])))}`;
}

describe('what is stricter here', () => {
  const both = async (claims: Json, rules: Partial<Rules> = {}, header: Json = HEADER) => {
    const token = tokenOf(claims, header);
    const judged = { by: 'publishable key', ...rules } as const;
    return [accepted(await ours(token, judged)), accepted(await clerks(token, judged))];
  };
  const SAME = [true, true];
  const NEITHER = [false, false];
  const STRICTER = [false, true];

  test('nothing about the tokens that Clerk makes', async () => {
    for (const claims of [VERSION_1, VERSION_2, COMMON])
      for (const by of ['publishable key', 'public key'] as const)
        for (const authorizedParties of [undefined, [APP]])
          expect(await both(claims, { by, authorizedParties })).toEqual(SAME);
    expect(await both(VERSION_2, {}, { ...HEADER, typ: undefined })).toEqual(SAME);
    expect(await both({ ...VERSION_2, act: { sub: 'user_2', iss: 'https://dashboard.clerk.com' } })).toEqual(SAME);
    expect(await both({ ...VERSION_2, aud: 'api' }, { audience: ['api'] })).toEqual(SAME);
  });

  test.each<[string, Json, Partial<Rules>]>([
    ['a pending session', { sts: 'pending' }, {}],
    ['no audience where one is asked for', {}, { audience: ['api'] }],
    ['another issuer', { iss: 'https://other.example.com' }, {}],
  ])('%s is refused', async (_what, claims, rules) => {
    expect(await both({ ...VERSION_2, ...claims }, rules)).toEqual(STRICTER);
  });

  test('a native app, which names no party, is let in where that is asked for', async () => {
    const rules = { authorizedParties: [APP, '*none'] };
    expect(await both({ ...VERSION_2, azp: undefined }, rules)).toEqual(SAME);
    expect(await both({ ...VERSION_2, azp: undefined }, { authorizedParties: [APP] })).toEqual(NEITHER);
    expect(await both({ ...VERSION_2, azp: 'https://evil.example.com' }, rules)).toEqual(NEITHER);
  });

  test.each<[string, (seconds: number) => Json, number, boolean]>([
    ['expired', (exp) => ({ exp }), NOW - LEEWAY, false],
    ['all but expired', (exp) => ({ exp }), NOW - LEEWAY + 1, true],
    ['all but expired, by a fraction', (exp) => ({ exp }), NOW - LEEWAY + 0.5, false],
    ['valid soon', (nbf) => ({ nbf }), NOW + LEEWAY, true],
    ['valid too late', (nbf) => ({ nbf }), NOW + LEEWAY + 1, false],
    ['issued soon', (iat) => ({ iat }), NOW + LEEWAY, true],
    ['issued too late', (iat) => ({ iat }), NOW + LEEWAY + 1, false],
  ])('%s to the second of the leeway, both say the same', async (_what, claims, seconds, isFine) => {
    expect(await both({ ...VERSION_2, ...claims(seconds) })).toEqual([isFine, isFine]);
  });
});

describe('with the bare public key, which other issuers have as well', () => {
  const rules: Rules = { by: 'public key' };

  test.each<[string, Json, Json]>([
    ['no expiry', { exp: undefined }, HEADER],
    ['no subject', { sub: undefined }, HEADER],
    ['an algorithm of RSA that Clerk does not use', {}, { ...HEADER, alg: 'PS256' }],
    ['another hash', {}, { ...HEADER, alg: 'RS512' }],
    ['an access token', {}, { ...HEADER, typ: 'at+jwt' }],
  ])('%s is accepted, and not where Clerk is named as the issuer', async (_what, claims, header) => {
    const token = tokenOf({ ...VERSION_2, ...claims }, header);
    expect(accepted(await clerks(token, rules))).toBe(false);
    expect(accepted(await ours(token, rules))).toBe(true);
    expect(accepted(await ours(token, { by: 'publishable key' }))).toBe(false);
  });
});

interface Case {
  readonly rules: Rules;
  readonly claims: Json;
  readonly header: Json;
  readonly writeHeader: (json: string) => Buffer;
  readonly writeClaims: (json: string) => Buffer;
  readonly spell: readonly ((bytes: Buffer) => string)[];
  readonly sign: (input: string, alg: string) => Buffer;
  readonly edit: (token: string) => string;
}

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', [], {}, 0, -1, 1e300, -1e300, Number.MAX_SAFE_INTEGER, [[]], '0'),
  fc.jsonValue({ maxDepth: 2 }),
);
const nearNow = fc.oneof(
  fc.integer({ min: NOW - 12, max: NOW + 12 }),
  fc.integer({ min: -24, max: 24 }).map((halves) => NOW + halves / 2),
  fc.constantFrom<unknown>(String(NOW + 60), NOW * 1000, -NOW),
);
const parties = fc.constantFrom<unknown>(APP, `${APP}/`, APP.toUpperCase(), 'https://evil.example.com', '*none', '');
const audiences = fc.constantFrom<unknown>('api', ['api'], ['other', 'api'], ['api', 5], [5, 'api'], ['other'], 'API');

const claimChange = fc.oneof(
  fc.tuple(fc.constantFrom('exp', 'nbf', 'iat'), nearNow),
  fc.tuple(fc.constant('azp'), parties),
  fc.tuple(fc.constant('aud'), audiences),
  fc.tuple(fc.constant('sts'), fc.constantFrom<unknown>('pending', 'active', 'PENDING')),
  fc.tuple(fc.constant('iss'), fc.constantFrom<unknown>(`https://${HOST}/`, `http://${HOST}`, [`https://${HOST}`])),
  fc.tuple(fc.constantFrom(...Object.keys(VERSION_2), 'aud', 'act', 'x-triplit-token-type'), oddValue),
  fc.tuple(fc.constantFrom(...Object.keys(VERSION_2)), fc.constant(undefined)),
);
const headerChange = fc.oneof(
  fc.tuple(
    fc.constant('alg'),
    fc.constantFrom<unknown>('RS384', 'RS512', 'PS256', 'HS256', 'HS512', 'ES256', 'none', 'None', 'rs256', 'EdDSA'),
  ),
  fc.tuple(fc.constant('typ'), fc.constantFrom<unknown>('jwt', 'at+jwt', 'JOSE', 'dpop+jwt', undefined)),
  fc.tuple(fc.constant('kid'), fc.constantFrom<unknown>('ins_2', '', undefined, 7)),
  fc.tuple(
    fc.constantFrom('crit', 'b64', 'zip', 'jku', 'jwk', 'x5u', 'x5c'),
    fc.constantFrom<unknown>(['exp'], false, 'DEF', 'https://evil.example.com', jwks.keys[0]),
  ),
  fc.tuple(fc.constantFrom('alg', 'typ', 'kid', 'cat'), oddValue),
);

const writing = fc.constantFrom<(json: string) => Buffer>(
  (json) => Buffer.from(` ${json}\n`),
  (json) => Buffer.from(`\uFEFF${json}`),
  (json) => Buffer.from(json.replace(/}$/, ',"sub":"user_2"}')),
  (json) => Buffer.from(json.replace(/^{/, '{"sub":"user_2","alg":"none",')),
  (json) => Buffer.from(json.replace(/}$/, ',"__proto__":{"sub":"user_2"}}')),
  (json) => Buffer.from(json.replaceAll('"exp"', String.raw`"\u0065xp"`)),
  (json) => Buffer.from(json.replace(/}$/, ',"exp":1e999}')),
  (json) => Buffer.from(`[${json}]`),
  (json) => Buffer.from(json.slice(0, -1)),
  (json) => Buffer.from(`${json}{}`),
  (json) => Buffer.from(json.replace('user_1', 'user_é'), 'latin1'),
  () => Buffer.from('null'),
  () => Buffer.alloc(0),
);
const spelling = fc.constantFrom<(bytes: Buffer) => string>(
  (bytes) => bytes.toString('base64'),
  (bytes) => `${encode(bytes)}=`,
  (bytes) => `${encode(bytes)} `,
  (bytes) => `${encode(bytes)}\n`,
  (bytes) => `${encode(bytes)}A`,
  (bytes) => `${encode(bytes).slice(0, -1)}${encode(bytes).endsWith('A') ? 'B' : 'A'}`,
  (bytes) => bytes.toString('hex'),
  () => '',
);
const signing = fc.constantFrom<(input: string, alg: string) => Buffer>(
  (input, alg) => signature(input, alg, otherRsa.privateKey),
  (input) => signature(input, 'ES256', ec.privateKey),
  (input) => signature(input, 'HS256'),
  (input) => signature(input, 'RS256'),
  (input) => signature(input, 'RS512'),
  (input, alg) => signature(`${input} `, alg),
  (input, alg) => signature(input, alg).subarray(1),
  (input, alg) => Buffer.concat([signature(input, alg), Buffer.alloc(1)]),
  () => Buffer.alloc(256),
  () => Buffer.alloc(0),
);
const editing = fc.oneof(
  fc.constantFrom<(token: string) => string>(
    (token) => `${token}.`,
    (token) => `.${token}`,
    (token) => ` ${token}`,
    (token) => `Bearer ${token}`,
    (token) => token.split('.').slice(0, 2).join('.'),
    (token) => token.split('.').toReversed().join('.'),
    (token) => token + token,
  ),
  fc
    .tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom('', 'A', '-', '_', '=', '.'))
    .map(([at, put]) => (token: string) => {
      const index = Math.floor(at * token.length);
      return token.slice(0, index) + put + token.slice(index + 1);
    }),
);

/** Mostly as it should be, so that what is changed is looked at and not hidden by other mistakes. */
const mostly = <T>(usual: T, unusual: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 6 }, { arbitrary: unusual, weight: 1 });
const changed = (changes: fc.Arbitrary<[string, unknown]>, usual: readonly Json[]) =>
  fc
    .tuple(fc.constantFrom(...usual), fc.oneof(fc.constant([]), fc.array(changes, { maxLength: 2 })))
    .map(([json, list]) => ({ ...json, ...Object.fromEntries(list) }));

const plainly = (json: string) => Buffer.from(json);
const anyCase: fc.Arbitrary<Case> = fc.record({
  rules: fc.record({
    by: fc.constantFrom('publishable key', 'public key'),
    audience: mostly<string[] | undefined>(undefined, fc.constantFrom(['api'], ['api', 'web'])),
    authorizedParties: mostly<string[] | undefined>(undefined, fc.constantFrom([APP], [APP, '*none'])),
  }),
  claims: changed(claimChange as fc.Arbitrary<[string, unknown]>, [VERSION_1, VERSION_2, COMMON]),
  header: changed(headerChange as fc.Arbitrary<[string, unknown]>, [HEADER, HEADER, HEADER]),
  writeHeader: mostly(plainly, writing),
  writeClaims: mostly(plainly, writing),
  spell: fc.tuple(mostly(encode, spelling), mostly(encode, spelling), mostly(encode, spelling)),
  sign: mostly<Case['sign']>((input, alg) => signature(input, alg), signing),
  edit: mostly((token: string) => token, editing),
});

function tokenOfCase({ claims, header, writeHeader, writeClaims, spell, sign, edit }: Case): string {
  const [first, second, third] = spell as [(bytes: Buffer) => string, (bytes: Buffer) => string, typeof encode];
  const input = `${first(writeHeader(JSON.stringify(header)))}.${second(writeClaims(JSON.stringify(claims)))}`;
  return edit(`${input}.${third(sign(input, String(header['alg'])))}`);
}

/** What a bare public key lets in, see above. */
function isForOtherIssuers({ rules, claims, header }: Case): boolean {
  const isOfClerk = claims['exp'] !== undefined && claims['sub'] !== undefined;
  return rules.by === 'public key' && !(isOfClerk && header['alg'] === 'RS256' && (header['typ'] ?? 'JWT') === 'JWT');
}

test('no token is accepted here that Clerk refuses, nor read otherwise', async () => {
  const seen = { both: 0, 'only Clerk': 0, neither: 0 };
  await fc.assert(
    fc.asyncProperty(anyCase, async (drawn) => {
      const token = tokenOfCase(drawn);
      const here = await ours(token, drawn.rules);
      if (accepted(here) && isForOtherIssuers(drawn)) return;
      const there = await clerks(token, drawn.rules);
      if (accepted(here)) {
        expect(there, token).toEqual(here);
        seen.both++;
      } else seen[accepted(there) ? 'only Clerk' : 'neither']++;
    }),
    { numRuns: 1200 },
  );
  // A law over tokens that are all refused would hold nothing.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(30);
}, 60_000);
