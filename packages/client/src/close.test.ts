/** `close` ends everything: no socket, timer, listener or query is left, and nothing begins again. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TodoWorld } from './testing/todo-world.ts';
import { inSeconds, signToken } from './testing/tokens.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
  vi.unstubAllGlobals();
});

const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.each(['close', 'dispose'] as const)('after %s nothing is left', async (end) => {
  const listeners: string[] = [];
  vi.stubGlobal('addEventListener', (name: string) => void listeners.push(name));
  vi.stubGlobal('removeEventListener', (name: string) => void listeners.splice(listeners.indexOf(name), 1));
  vi.useFakeTimers();
  const refreshHandler = vi.fn(async () => signToken({ sub: 'ann', exp: inSeconds(60) }));
  const { client, transport } = world.openAs('ann', {
    token: signToken({ sub: 'ann', exp: inSeconds(60) }),
    refreshOptions: { refreshHandler },
    pingInterval: 5,
  });
  const onResults = vi.fn();
  const query = client.query('todos').Order('rank', 'ASC').Limit(2);
  client.subscribe(query, onResults);
  client.subscribeBackground(client.query('todos'));
  client.subscribeWithStatus(query, onResults);
  client.subscribeWithPagination(query, onResults);
  client.subscribeWithExpand(query, onResults);
  void client.fetch(client.query('people')).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  expect(client.syncEngine.serverReady).toBe(true);
  expect(listeners).toEqual(['online', 'offline']);
  const calls = onResults.mock.calls.length;
  await client[end]();
  await client[end]();
  await vi.advanceTimersByTimeAsync(600_000);
  expect([client.connectionStatus, transport.connectionStatus, transport.connects]).toEqual([
    'UNINITIALIZED',
    'CLOSED',
    1,
  ]);
  expect([onResults.mock.calls.length - calls, refreshHandler.mock.calls.length]).toEqual([0, 0]);
  expect([client.syncEngine.queries.size, listeners, vi.getTimerCount()]).toEqual([0, [], 0]);
});

test('while it waits for the next attempt to connect, there is none', async () => {
  const { client, transport } = world.open();
  world.server.cutNetwork();
  await vi.waitFor(() => expect(client.connectionStatus).toBe('CLOSED'));
  await client.close();
  world.server.restoreNetwork();
  await pause(400);
  expect(transport.connects).toBe(1);
});

test('what was asked for before is done, whatever the client was doing', async () => {
  const { client } = world.open();
  const writing = client.insert('todos', { id: '1', text: 'a' });
  await client.close();
  expect(await writing).toMatchObject({ id: '1' });
});

describe('afterwards', () => {
  const CLOSED = 'The client is closed.';

  test('reads, writes and sessions are refused', async () => {
    const { client, transport } = world.open();
    const query = client.query('todos');
    await client.close();
    await expect(client.insert('todos', { text: 'a' })).rejects.toThrow(CLOSED);
    await expect(client.update('todos', '1', { text: 'a' })).rejects.toThrow(CLOSED);
    await expect(client.delete('todos', '1')).rejects.toThrow(CLOSED);
    await expect(client.transact(() => undefined)).rejects.toThrow(CLOSED);
    for (const policy of ['local-only', 'local-first', 'remote-first', 'local-and-remote'] as const)
      await expect(client.fetch(query, { policy })).rejects.toThrow(CLOSED);
    await expect(client.count(query)).rejects.toThrow(CLOSED);
    await expect(client.clear()).rejects.toThrow(CLOSED);
    await expect(client.pendingChanges()).rejects.toThrow(CLOSED);
    await expect(client.startSession(signToken({ sub: 'ann' }))).rejects.toThrow(CLOSED);
    await expect(client.updateToken(signToken({ sub: 'ann' }))).rejects.toThrow(CLOSED);
    await client.connect();
    client.disconnect();
    await client.endSession();
    await pause();
    expect([client.connectionStatus, client.token, transport.isOpen]).toEqual(['UNINITIALIZED', undefined, false]);
  });

  test('subscriptions fail in their own way, so that a component that is still mounted survives', async () => {
    const { client } = world.open();
    await client.close();
    const query = client.query('todos').Limit(1);
    const [onResults, onError, onState] = [vi.fn(), vi.fn(), vi.fn()];
    const stops = [
      client.subscribe(query, onResults, onError),
      client.subscribeBackground(query, { onError }),
      client.subscribeWithPagination(query, onResults, onError).unsubscribe,
      client.subscribeWithExpand(query, onResults, onError).unsubscribe,
      client.subscribeWithStatus(query, onState),
    ];
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(4));
    for (const [error] of onError.mock.calls) expect(error.message).toContain(CLOSED);
    expect(onState.mock.lastCall![0]).toMatchObject({ fetching: false, error: { baseMessage: CLOSED } });
    expect(onResults).not.toHaveBeenCalled();
    for (const stop of stops) stop();
  });
});
