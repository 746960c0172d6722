import { generateKeyPairSync } from 'node:crypto';
import { createDB, platform } from '@triplit/db';
import type { DB } from '@triplit/db';
import { decodeJwt, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { todoSchema } from '../../../../tests/support/todo-schema.ts';
import { Server } from '../server.ts';
import type { ServerCoreOptions } from '../server.ts';
import { SocketSession, socketParameters } from '../sync/socket-session.ts';
import { createRequestHandler } from './request-handler.ts';

const jwtSecret = 'the secret of the server, long enough';
const sign = (claims: Record<string, unknown>, secret = jwtSecret) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret));
const service = await sign({ 'x-triplit-token-type': 'secret', 'x-triplit-project-id': 'p' });
const anonymous = await sign({ 'x-triplit-token-type': 'anon', 'x-triplit-project-id': 'p' });

let db: DB;
let server: Server;
beforeEach(async () => {
  ({ db } = (await createDB({ schema: todoSchema, clientId: 'server', persistClock: true })) as unknown as { db: DB });
  await startServer();
});
afterEach(() => void vi.restoreAllMocks());

async function startServer(options: ServerCoreOptions = { auth: { jwtSecret, projectId: 'p' } }): Promise<void> {
  server = new Server(db, options);
  await server.loadSettings();
}

async function call(path: string, body: unknown, token: string): Promise<{ status: number; body: any }> {
  const headers = { Authorization: `Bearer ${token}` };
  const request = new Request(`http://localhost/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const response = await createRequestHandler(server)(request);
  return { status: response.status, body: await response.json() };
}
const query = { query: { collectionName: 'todos' } };
const isGood = async (token: string) => (await call('fetch', query, token)).status === 200;

async function mint(kind: string, by = service, more: object = {}): Promise<string> {
  const { status, body } = await call('mint-token', { kind, ...more }, by);
  expect(status).toBe(200);
  return body.token;
}

/** A socket whose token the server verifies. */
async function connect(token: string) {
  const messages: { type: string; payload: any }[] = [];
  const session = new SocketSession(server, {
    send: (frame) => messages.push(JSON.parse(frame) as (typeof messages)[number]),
    close: () => undefined,
    bufferedBytes: () => 0,
  });
  await session.open(socketParameters(new URLSearchParams({ token })));
  await expect.poll(() => messages.length).toBeGreaterThan(0);
  return { session, types: () => messages.map(({ type }) => type), last: () => messages.at(-1) };
}

describe("the server's own tokens", () => {
  it('are shown, as tools that know the secret sign them', async () => {
    expect(await call('tokens', {}, service)).toEqual({
      status: 200,
      body: {
        tokens: [
          { kind: 'anonymous', token: anonymous, isFixed: false },
          { kind: 'service', token: service, isFixed: false },
        ],
      },
    });
  });

  it.each(['tokens', 'mint-token'])('/%s is for service tokens only', async (path) => {
    for (const token of [anonymous, await sign({ sub: 'alice' })])
      expect((await call(path, { kind: 'service' }, token)).status).toBe(401);
    expect(await isGood(service)).toBe(true);
  });
});

describe('a token that is minted', () => {
  it('takes the place of all earlier ones of its kind, and of no others', async () => {
    const other = await sign({ 'x-triplit-token-type': 'anon', seat: 7 });
    const user = await sign({ sub: 'alice' });
    expect(await Promise.all([anonymous, other, user, service].map(isGood))).toEqual([true, true, true, true]);
    const second = await mint('anonymous');
    expect(await Promise.all([anonymous, other, user, service, second].map(isGood))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const third = await mint('anonymous');
    expect(await Promise.all([anonymous, second, third].map(isGood))).toEqual([false, false, true]);
    const { body } = await call('fetch', query, second);
    expect(body).toMatchObject({ name: 'TokenVerificationError', message: expect.stringContaining('replaced') });
  });

  it('is in the database, where no query finds it', async () => {
    const { 'x-triplit-token-id': id } = decodeJwt(await mint('anonymous'));
    const { status, body } = await call('fetch', { query: { collectionName: '_metadata' } }, service);
    expect([status, JSON.stringify(body).includes(String(id))]).toEqual([200, false]);
  });

  it('may be the service token itself: the answer has the only one that is good', async () => {
    const next = await mint('service');
    expect(await Promise.all([service, next, anonymous].map(isGood))).toEqual([false, true, true]);
    expect((await call('tokens', {}, next)).body.tokens[1]).toMatchObject({ kind: 'service', token: next });
  });

  it('ends connections that hold an earlier one, with the reason, and leaves the others alone', async () => {
    const [old, admin, user] = [
      await connect(anonymous),
      await connect(service),
      await connect(await sign({ sub: 'a' })),
    ];
    const next = await mint('anonymous');
    expect(old.last()).toEqual({
      type: 'CLOSE',
      payload: { type: 'UNAUTHORIZED', retry: false, message: expect.stringContaining('replaced') },
    });
    const again = await connect(next);
    await mint('service');
    expect(admin.types()).toEqual(['READY', 'CLOSE']);
    expect([user, again].map((socket) => socket.types())).toEqual([['READY'], ['READY']]);
    expect((await connect(anonymous)).last()).toMatchObject({ payload: { type: 'UNAUTHORIZED', retry: false } });
  });

  it('ends a connection that is being opened with the one it replaces', async () => {
    const { tokenVerifier } = server.context;
    const verify = tokenVerifier!.verify.bind(tokenVerifier);
    vi.spyOn(tokenVerifier!, 'verify').mockImplementationOnce(async (token) => {
      const verified = await verify(token);
      await server.context.settings.tokens.mint('anonymous');
      return verified;
    });
    expect((await connect(anonymous)).types()).toEqual(['CLOSE']);
  });

  it('stays the only good one over a restart and when the database is cleared', async () => {
    const minted = { anonymous: await mint('anonymous'), service: await mint('service') };
    const expectOnlyMinted = async () =>
      expect(await Promise.all([anonymous, service, minted.anonymous, minted.service].map(isGood))).toEqual([
        false,
        false,
        true,
        true,
      ]);
    await startServer();
    await expectOnlyMinted();
    for (const full of [false, true]) {
      expect((await call('clear', { full }, minted.service)).status).toBe(200);
      await expectOnlyMinted();
      await startServer();
      await expectOnlyMinted();
    }
  });

  it.each([-1, 1])('does not mind a clock that has jumped %i h', async (hours) => {
    const first = await mint('anonymous');
    const now = platform.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + hours * 3_600_000);
    const second = await mint('anonymous');
    vi.restoreAllMocks();
    expect(await Promise.all([anonymous, first, second].map(isGood))).toEqual([false, false, true]);
  });

  it('may expire and have a label, which is not in the token', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const token = await mint('anonymous', service, { label: 'For the shop', expiresAt });
    expect(decodeJwt(token)).toEqual({
      'x-triplit-token-type': 'anon',
      'x-triplit-project-id': 'p',
      'x-triplit-token-id': expect.any(String),
      exp: Math.floor(Date.parse(expiresAt) / 1000),
    });
    expect((await call('tokens', {}, service)).body.tokens[0]).toEqual({
      kind: 'anonymous',
      token,
      isFixed: false,
      label: 'For the shop',
      expiresAt,
      mintedAt: expect.any(String),
    });
    const now = platform.now();
    vi.spyOn(Date, 'now').mockImplementation(() => now + 2 * 3_600_000);
    expect(await isGood(token)).toBe(false);
  });

  it('is one of several that were asked for at once', async () => {
    const minted = await Promise.all([1, 2, 3, 4].map(() => server.context.settings.tokens.mint('anonymous')));
    expect(await Promise.all(minted.map(({ token }) => isGood(token!)))).toEqual([false, false, false, true]);
  });

  it('means nothing once another secret is set, which is the way out for who has lost the service token', async () => {
    const lost = await mint('service');
    const otherSecret = 'another secret of the server, long enough';
    const fresh = await sign({ 'x-triplit-token-type': 'secret' }, otherSecret);
    await startServer({ auth: { jwtSecret: otherSecret } });
    expect(await Promise.all([fresh, lost, service].map(isGood))).toEqual([true, false, false]);
    await startServer();
    expect(await Promise.all([service, lost].map(isGood))).toEqual([false, true]);
  });

  it.each<[string, object, RegExp]>([
    ['another kind', { kind: 'test' }, /anonymous, service/],
    ['no kind', {}, /anonymous, service/],
    ['an expiry in the past', { kind: 'service', expiresAt: '2001-01-01T00:00:00Z' }, /in the future/],
    ['an expiry that is none', { kind: 'service', expiresAt: 5 }, /in the future/],
    ['a label that is none', { kind: 'service', label: {} }, /'label'/],
    ['a label without end', { kind: 'service', label: 'x'.repeat(201) }, /'label'/],
  ])('cannot have %s', async (_what, params, reason) => {
    const { status, body } = await call('mint-token', params, service);
    expect([status, body.message]).toEqual([400, expect.stringMatching(reason)]);
    expect(await isGood(service)).toBe(true);
  });
});

describe('a server that only verifies', () => {
  it('shows its tokens as fixed, and why', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    await startServer({ auth: { jwtSecret: pem } });
    const own = await new SignJWT({ 'x-triplit-token-type': 'secret' })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(privateKey);
    const { tokens } = (await call('tokens', {}, own)).body;
    const reason = expect.stringContaining('only verifies');
    expect(tokens).toEqual([
      { kind: 'anonymous', isFixed: true, reason },
      { kind: 'service', isFixed: true, reason },
    ]);
    expect(await call('mint-token', { kind: 'service' }, own)).toMatchObject({ status: 409 });
  });
});

it('an HMAC secret in the form of a JWK signs as well', async () => {
  const k = Buffer.from(jwtSecret).toString('base64url');
  await startServer({ auth: { jwtSecret: JSON.stringify({ kty: 'oct', k }) } });
  expect(await isGood(await mint('anonymous'))).toBe(true);
});
