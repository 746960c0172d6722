import { createDB } from '@triplit/db';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';
import { todoSchema } from '../../../../tests/support/todo-schema.ts';
import { Server } from '../server.ts';
import type { ServerCoreOptions } from '../server.ts';
import { createRequestHandler } from './request-handler.ts';

const jwtSecret = 'the secret of the server, long enough';
const userSecret = 'the secret of an issuer, long enough too';
const sign = (claims: Record<string, unknown>, secret: string) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

let server: Server;
const startServer = async (options: ServerCoreOptions = {}) => {
  const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
  server = new Server(db, { auth: { jwtSecret }, ...options });
  await server.loadSettings();
};
beforeEach(() => startServer());

async function call(path: string, body: unknown, token?: string): Promise<{ status: number; body: any }> {
  const bearer = token ?? (await sign({ 'x-triplit-token-type': 'secret' }, jwtSecret));
  const headers = { Authorization: `Bearer ${bearer}`, Origin: 'https://app.example.com' };
  const request = new Request(`http://localhost/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const response = await createRequestHandler(server)(request);
  return { status: response.status, body: await response.json() };
}
const change = (settings: unknown) => call('update-settings', { settings });
const shown = async (name: string) =>
  (await call('settings', {})).body.settings.find((setting: { name: string }) => setting.name === name);

describe('settings of a running server', () => {
  it('are for service tokens only', async () => {
    await change({ externalJwtSecret: userSecret });
    const user = await sign({ sub: 'alice' }, userSecret);
    expect((await call('settings', {}, user)).status).toBe(401);
    expect((await call('update-settings', { settings: {} }, user)).status).toBe(401);
  });

  it('let a new issuer in at once, and keep its key to themselves', async () => {
    const user = await sign({ sub: 'alice' }, userSecret);
    expect((await call('fetch', { query: { collectionName: 'todos' } }, user)).status).toBe(401);
    const { status, body } = await change({ issuers: [{ name: 'Users', secret: userSecret }] });
    expect([status, JSON.stringify(body).includes(userSecret)]).toEqual([200, false]);
    expect(await shown('issuers')).toEqual({
      name: 'issuers',
      value: [{ name: 'Users', secret: '(set)' }],
      isFixed: false,
    });
    expect((await call('fetch', { query: { collectionName: 'todos' } }, user)).status).toBe(200);
    await change({ issuers: [{ name: 'Users', secret: '(set)', issuer: 'https://users.example.com' }] });
    expect((await call('fetch', { query: { collectionName: 'todos' } }, user)).status).toBe(401);
  });

  it('make clients connect again when other tokens are accepted', async () => {
    const client = connectInProcess(server, { sub: 'alice' });
    await client.next('READY');
    await change({ limits: { queriesPerConnection: 5 } });
    await client.expectSilence();
    await change({ externalJwtSecret: userSecret });
    expect(await client.closed).toEqual({ code: 1001, reason: '' });
  });

  it('survive a restart', async () => {
    await change({
      limits: { includeDepth: 2 },
      corsOrigins: ['https://app.example.com'],
      externalJwtSecret: userSecret,
    });
    server = new Server(server.db, { auth: { jwtSecret } });
    await server.loadSettings();
    expect(await shown('limits.includeDepth')).toEqual({ name: 'limits.includeDepth', value: 2, isFixed: false });
    const user = await sign({ sub: 'alice' }, userSecret);
    expect((await call('fetch', { query: { collectionName: 'todos' } }, user)).status).toBe(200);
    expect(server.context.allowedOrigins.allows('https://evil.example.com')).toBe(false);
    await change({ limits: { includeDepth: null }, corsOrigins: null });
    expect((await shown('limits.includeDepth')).value).toBe(12);
    expect(server.context.allowedOrigins.allows('https://evil.example.com')).toBe(true);
  });

  it('stay when the data is cleared, and go with everything', async () => {
    await change({ externalJwtSecret: userSecret, limits: { includeDepth: 2 } });
    await call('clear', {});
    expect([(await shown('externalJwtSecret')).value, (await shown('limits.includeDepth')).value]).toEqual([
      '(set)',
      2,
    ]);
    server = new Server(server.db, { auth: { jwtSecret } });
    await server.loadSettings();
    expect((await shown('externalJwtSecret')).value).toBe('(set)');
    await call('clear', { full: true });
    expect((await shown('externalJwtSecret')).value).toBeUndefined();
  });

  it('that the server was started with are shown as fixed and stay', async () => {
    await startServer({ auth: { jwtSecret, externalJwtSecret: userSecret }, limits: { includeDepth: 3 } });
    expect(await shown('externalJwtSecret')).toEqual({ name: 'externalJwtSecret', value: '(set)', isFixed: true });
    expect(await shown('limits.includeDepth')).toEqual({ name: 'limits.includeDepth', value: 3, isFixed: true });
    for (const settings of [{ externalJwtSecret: jwtSecret }, { limits: { includeDepth: 4 } }])
      expect(await change(settings)).toMatchObject({ status: 409 });
  });

  it.each([
    ['a name that is none', { nope: 1 }, /no setting 'nope'/],
    ['a limit that is none', { limits: { nope: 1 } }, /no limit 'nope'/],
    ['a limit of nothing', { limits: { includeDepth: 0 } }, /no number above 0/],
    ['origins that are no list', { corsOrigins: 'https://x' }, /no list of origins/],
    ['an issuer without a key', { issuers: [{ name: 'x' }] }, /without a secret/],
    [
      'a key that cannot be read',
      { externalJwtSecret: '-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----' },
      /KEY|key/,
    ],
    [
      'a private key',
      { issuers: [{ name: 'x', secret: '-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----' }] },
      /private/i,
    ],
    ['nothing', undefined, /no settings/],
  ])('refuse %s and stay as they were', async (_what, settings, reason) => {
    const before = (await call('settings', {})).body;
    const { status, body } = await change(settings);
    expect(status).toBe(400);
    expect(body.message).toMatch(reason);
    expect((await call('settings', {})).body).toEqual(before);
  });
});
