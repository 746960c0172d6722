/** A server that does not change rights in place, as those of version 1, hears of a newer token over HTTP or the socket. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TodoWorld } from '../testing/todo-world.ts';
import { inSeconds, signToken } from '../testing/tokens.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start(new Set());
});
afterEach(async () => {
  await world.close();
  vi.unstubAllGlobals();
});

const newer = signToken({ sub: 'ann', exp: inSeconds(60) });

/** Renews a token while `POST /update-token` is answered so. Returns what was asked, and what was said over the socket. */
async function renew(answer: () => Promise<unknown>) {
  const requests: [url: string, init: RequestInit][] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    requests.push([url, init]);
    return answer();
  });
  const { client, transport } = world.openAs('ann', { serverUrl: 'http://loopback.test/' });
  await vi.waitFor(() => expect(client.syncEngine.serverReady).toBe(true));
  const { clientId } = client.syncEngine;
  await client.updateSessionToken(newer);
  return { requests, clientId, sent: transport.sent, status: client.connectionStatus };
}

test('over HTTP, by the name of the connection', async () => {
  const { requests, clientId, sent, status } = await renew(async () => ({ ok: true }));
  expect(requests.map(([url, { headers, body }]) => [url, headers, body])).toEqual([
    [
      'http://loopback.test/update-token',
      { Authorization: `Bearer ${newer}`, 'Content-Type': 'application/json' },
      JSON.stringify({ clientId }),
    ],
  ]);
  expect([sent, status]).toEqual([[], 'OPEN']);
});

test.each([
  ['refuses that', async () => ({ ok: false, status: 400 })],
  ['cannot be reached so', async () => Promise.reject(new TypeError('fetch failed'))],
])('over the socket when the server %s', async (_what, answer) => {
  const { sent, status } = await renew(answer);
  expect(sent).toEqual([{ type: 'UPDATE_TOKEN', payload: { token: newer } }]);
  expect(status).toBe('OPEN');
});
