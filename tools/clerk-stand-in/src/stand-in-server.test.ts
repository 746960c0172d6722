import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { startClerkStandIn } from './stand-in-server.ts';
import type { ClerkStandInServer, ClerkStandInServerOptions } from './stand-in-server.ts';

const origin = 'http://localhost:5173';
const folder = mkdtempSync(join(tmpdir(), 'clerk-stand-in-'));
const running: ClerkStandInServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<ClerkStandInServerOptions> = {}): Promise<ClerkStandInServer> {
  const server = await startClerkStandIn({ origin, ...options });
  running.push(server);
  return server;
}

async function request(server: ClerkStandInServer, path: string, body?: Record<string, string>, cookie?: string) {
  const response = await fetch(server.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { origin, ...(cookie ? { cookie } : {}) },
    body: body && new URLSearchParams(body),
  });
  const setCookie = response.headers.get('set-cookie')?.split(';')[0];
  return { status: response.status, json: (await response.json()) as any, cookie: setCookie ?? cookie };
}

async function signIn(server: ClerkStandInServer) {
  const answer = await request(server, '/fapi/v1/client/sign_ins', { strategy: 'ticket', ticket: 'user_stand_in_ada' });
  return { sessionId: answer.json.response.created_session_id as string, cookie: answer.cookie! };
}

test('a signed-in browser gets a session token for the app that asked', async () => {
  const server = await start();
  const { sessionId, cookie } = await signIn(server);
  const { json } = await request(server, `/fapi/v1/client/sessions/${sessionId}/tokens`, {}, cookie);
  expect(decodeJwt(json.jwt)).toMatchObject({ sub: 'user_stand_in_ada', sid: sessionId, azp: origin, v: 2 });
  expect(decodeProtectedHeader(json.jwt)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
});

test('another browser gets no token of this session', async () => {
  const server = await start();
  const { sessionId } = await signIn(server);
  const { status, json } = await request(server, `/fapi/v1/client/sessions/${sessionId}/tokens`, {});
  expect(status).toBe(401);
  expect(json.errors[0].code).toBe('authentication_invalid');
});

test('a way of signing in that it does not know is refused with the ones it does', async () => {
  const server = await start();
  const { status, json } = await request(server, '/fapi/v1/client/sign_ins', {
    strategy: 'password',
    identifier: 'ada',
  });
  expect(status).toBe(422);
  expect(json.errors[0].long_message).toContain('user_stand_in_grace');
});

test('with a state file the key and the sign-in outlive a restart', async () => {
  const stateFile = join(folder, 'stand-in.json');
  const first = await start({ stateFile });
  const { sessionId, cookie } = await signIn(first);
  await first.close();

  const second = await start({ stateFile });
  expect(second.standIn.publicKeyPem).toBe(first.standIn.publicKeyPem);
  const { json } = await request(second, '/fapi/v1/client', undefined, cookie);
  expect(json.response.last_active_session_id).toBe(sessionId);
});

test('its page says that it is not Clerk', async () => {
  const server = await start();
  const page = await (await fetch(server.url)).text();
  expect(page).toContain('Local stand-in of Clerk');
  expect(page).toContain('For development only');
});

test('the publishable key names the issuer of the tokens', async () => {
  const { standIn } = await start();
  const host = atob(standIn.publishableKey.replace('pk_test_', ''));
  expect(host.endsWith('$')).toBe(true);
  expect(decodeJwt(await standIn.mintToken('user_stand_in_ada')).iss).toBe(`https://${host.slice(0, -1)}`);
});
