/** What a client makes of the browser's hints about the network, and of a connection that says nothing any more. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { PONG_TIMEOUT_MS, PROBE_TIMEOUT_MS } from './heartbeat.ts';

let world: TodoWorld;
let page: EventTarget;
let shownPage: EventTarget & { visibilityState: string };
beforeEach(async () => {
  page = new EventTarget();
  shownPage = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', shownPage);
  vi.useFakeTimers();
  world = await TodoWorld.start();
});
afterEach(async () => {
  world.server.latencyMs = 0;
  vi.useRealTimers();
  await world.close();
  vi.unstubAllGlobals();
});

const say = (name: 'online' | 'offline'): boolean => page.dispatchEvent(new Event(name));
function show(visibilityState: string): void {
  shownPage.visibilityState = visibilityState;
  shownPage.dispatchEvent(new Event('visibilitychange'));
}
/** As long as a message there and back, and no longer. */
const moment = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10);
const after = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function connected(options: { pingInterval?: number } = {}) {
  const { client, transport } = world.open(options);
  await moment();
  expect(client.syncEngine.serverReady).toBe(true);
  return { client, transport };
}
/** Messages are lost from now on, and neither side is told. */
function goDead(): void {
  world.server.latencyMs = 1e9;
}
const pingsOf = (transport: { readonly sent: readonly { readonly type: string }[] }): number =>
  transport.sent.filter(({ type }) => type === 'PING').length;

describe('a client that waits for its next attempt to connect', () => {
  async function waiting(): Promise<TodoClient> {
    const { client } = await connected();
    world.server.cutNetwork();
    await after(60_000);
    world.server.restoreNetwork();
    expect(client.connectionStatus).toBe('CLOSED');
    return client;
  }

  test.each([
    ['the network is back', () => say('online')],
    ['somebody looks at the page again', () => show('visible')],
  ])('makes it at once when %s', async (_what, signal) => {
    const client = await waiting();
    signal();
    await moment();
    expect(client.syncEngine.serverReady).toBe(true);
  });

  test('does nothing when the page is hidden, or after it was told to disconnect', async () => {
    const client = await waiting();
    show('hidden');
    await moment();
    expect(client.connectionStatus).toBe('CLOSED');
    client.disconnect();
    say('online');
    show('visible');
    await after(600_000);
    expect(client.connectionStatus).toBe('CLOSED');
  });
});

test('a connection is given up as soon as there is no network, and comes back with it', async () => {
  const { client } = await connected();
  world.server.isReachable = false;
  say('offline');
  expect(client.connectionStatus).toBe('CLOSED');
  world.server.restoreNetwork();
  say('online');
  await moment();
  expect(client.connectionStatus).toBe('OPEN');
});

test('a connection that died while the page was away is found out soon after somebody is back', async () => {
  const { client, transport } = await connected();
  goDead();
  await after(600_000);
  expect(client.connectionStatus).toBe('OPEN');
  show('visible');
  await after(PROBE_TIMEOUT_MS);
  expect([client.connectionStatus, pingsOf(transport)]).toEqual(['CLOSED', 1]);
});

test('one that lives is asked for a sign of life, and kept', async () => {
  const { client, transport } = await connected();
  show('visible');
  say('online');
  await after(PROBE_TIMEOUT_MS * 2);
  expect([client.connectionStatus, pingsOf(transport), transport.connects]).toEqual(['OPEN', 2, 1]);
});

describe('pings', () => {
  test('go out every 45 s unless told otherwise, and a connection that answers none is made again', async () => {
    const { client, transport } = await connected({ pingInterval: undefined as never });
    await after(90_000);
    expect([client.connectionStatus, pingsOf(transport)]).toEqual(['OPEN', 2]);
    goDead();
    await after(45_000 + PONG_TIMEOUT_MS);
    expect(client.connectionStatus).toBe('CLOSED');
    world.server.latencyMs = 0;
    await after(300);
    expect([client.connectionStatus, transport.connects]).toEqual(['OPEN', 2]);
  });

  test('are as frequent as the option says, and 0 turns them off', async () => {
    const [frequent, none] = [await connected({ pingInterval: 5 }), await connected({ pingInterval: 0 })];
    await after(20_000);
    expect([pingsOf(frequent.transport), pingsOf(none.transport)]).toEqual([4, 0]);
  });

  test('can be sent by hand, over an open connection only', async () => {
    const { client, transport } = await connected();
    client.ping();
    await moment();
    expect(transport.received.filter((text) => text.includes('PONG'))).toHaveLength(1);
    client.disconnect();
    client.ping();
    await moment();
    client.ping();
    expect(pingsOf(transport)).toBe(1);
  });
});
