/** The real `@clerk/clerk-js` against the stand-in, in a real Chromium: what the demo and the other stories rest on. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { build } from 'esbuild';
import { createLocalJWKSet, importSPKI, jwtVerify } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClerkStandIn } from 'clerk-stand-in';
import type { ClerkStandIn } from 'clerk-stand-in';
import { launchChromium } from './support/chromium.ts';

let browser: Browser;
let server: Server;
let standIn: ClerkStandIn;
let origin: string;
const foreignRequests: string[] = [];

beforeAll(async () => {
  const script = await bundleClerk();
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://localhost:${(server.address() as { port: number }).port}`;
  standIn = await createClerkStandIn({ origin });
  const page = '<!doctype html><title>Clerk</title><script src="/clerk.js"></script>';
  server.on(
    'request',
    getRequestListener((request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/fapi')) return standIn.fetch(request);
      if (pathname === '/clerk.js') return new Response(script, { headers: { 'content-type': 'text/javascript' } });
      return new Response(page, { headers: { 'content-type': 'text/html' } });
    }),
  );
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

async function bundleClerk(): Promise<string> {
  const contents = `import { Clerk } from '@clerk/clerk-js/no-rhc'; globalThis.ClerkConstructor = Clerk;`;
  const resolveDir = new URL('../../examples/clerk-todos', import.meta.url).pathname;
  const bundle = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    format: 'iife',
    write: false,
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  return bundle.outputFiles[0]!.text;
}

async function openClerk(): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on('request', (request) => {
    const { protocol, origin: target } = new URL(request.url());
    if (protocol.startsWith('http') && target !== origin) foreignRequests.push(request.url());
  });
  page.on('console', (message) => {
    if (process.env.DEBUG_BROWSER) console.log(message.text());
  });
  await page.goto(origin);
  await loadClerk(page);
  return page;
}

function loadClerk(page: Page): Promise<void> {
  return page.evaluate(async (publishableKey) => {
    const scope = globalThis as any;
    scope.clerk = new scope.ClerkConstructor(publishableKey, { proxyUrl: `${location.origin}/fapi` });
    await scope.clerk.load({ telemetry: false });
  }, standIn.publishableKey);
}

function signIn(page: Page, userId: string): Promise<void> {
  return page.evaluate(async (ticket) => {
    const { clerk } = globalThis as any;
    const attempt = await clerk.client.signIn.create({ strategy: 'ticket', ticket });
    await clerk.setActive({ session: attempt.createdSessionId });
  }, userId);
}

function getToken(page: Page, skipCache = false): Promise<string | null> {
  return page.evaluate((fresh) => (globalThis as any).clerk.session?.getToken({ skipCache: fresh }) ?? null, skipCache);
}

test('somebody signs in and gets the session token that Clerk would issue', async () => {
  const page = await openClerk();
  expect(await page.evaluate(() => (globalThis as any).clerk.user)).toBeNull();

  await signIn(page, 'user_stand_in_ada');
  expect(await page.evaluate(() => (globalThis as any).clerk.user.fullName)).toBe('Ada Lovelace');

  const token = await getToken(page);
  const { payload, protectedHeader } = await jwtVerify(token!, await importSPKI(standIn.publicKeyPem, 'RS256'));
  expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: 'ins_local_stand_in' });
  expect(payload).toMatchObject({ sub: 'user_stand_in_ada', iss: standIn.issuer, azp: origin, v: 2, sts: 'active' });
  expect(payload.exp! - payload.iat!).toBe(60);
  expect(payload.sid).toMatch(/^sess_/);
});

test('a cached token is reused and skipCache brings a new one', async () => {
  const page = await openClerk();
  await signIn(page, 'user_stand_in_grace');
  const first = await getToken(page);
  expect(await getToken(page)).toBe(first);
  expect(await getToken(page, true)).not.toBe(first);
});

test('the session survives a reload and ends with a sign-out', async () => {
  const page = await openClerk();
  await signIn(page, 'user_stand_in_linus');
  await page.reload();
  await loadClerk(page);
  expect(await page.evaluate(() => (globalThis as any).clerk.user.firstName)).toBe('Linus');

  await page.evaluate(() => (globalThis as any).clerk.signOut(() => undefined));
  expect(await getToken(page)).toBeNull();
  await page.reload();
  await loadClerk(page);
  expect(await page.evaluate(() => (globalThis as any).clerk.user)).toBeNull();
});

test('two browsers are two people', async () => {
  const [ada, grace] = [await openClerk(), await openClerk()];
  await signIn(ada, 'user_stand_in_ada');
  await signIn(grace, 'user_stand_in_grace');
  const subjectOf = (token: string | null) => JSON.parse(atob(token!.split('.')[1]!)).sub;
  expect(subjectOf(await getToken(ada, true))).toBe('user_stand_in_ada');
  expect(subjectOf(await getToken(grace, true))).toBe('user_stand_in_grace');
});

test('the key set verifies the tokens and nothing was asked of another host', async () => {
  const keys = await (await fetch(`${origin}/fapi/.well-known/jwks.json`)).json();
  const token = await standIn.mintToken('user_stand_in_ada');
  await expect(jwtVerify(token, createLocalJWKSet(keys))).resolves.toBeTruthy();
  expect(foreignRequests).toEqual([]);
});
