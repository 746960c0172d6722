/** The law of `fetch-by-policy.ts`, row by row: every fetch settles, with what is stated there. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';
import type { ClientFetchOptions } from './fetch-by-policy.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
});
afterEach(() => world.close());

const NEVER = 60_000;
const POLICIES = ['local-first', 'remote-first', 'local-and-remote'] as const;

/** What became of a fetch: the number of rows, or the name of the error. */
async function outcomeOf(client: TriplitClient<any>, collection: string, options: ClientFetchOptions) {
  try {
    return (await client.fetch(client.query(collection), options)).length;
  } catch (error) {
    return (error as Error).name;
  }
}

describe('a query that the server refuses', () => {
  /** Schemaless, so that only the server knows what is wrong with the query. */
  async function bareClient(): Promise<TriplitClient> {
    const client = new TriplitClient({
      serverUrl: 'http://loopback.test',
      token: signToken({ sub: 'ann' }),
      transport: world.server.transport(),
      pingInterval: 0,
      rejectedWrites: 'keep',
    });
    await client.insert('unknown', { id: '1' });
    return client;
  }

  test.each([
    ['local-only', 1],
    ['local-first', 'QuerySyncError'],
    ['remote-first', 'QuerySyncError'],
    ['local-and-remote', 1],
  ] as const)('%s: %s', async (policy, expected) => {
    const client = await bareClient();
    expect(await outcomeOf(client, 'unknown', { policy })).toBe(expected);
    await client.close();
  });

  test('does not make local-and-remote reject, however long it waits', async () => {
    const client = await bareClient();
    expect(await outcomeOf(client, 'unknown', { policy: 'local-and-remote', timeout: 2_000 })).toBe(1);
    await client.close();
  });

  test('says why', async () => {
    const client = await bareClient();
    await expect(client.fetch(client.query('unknown'))).rejects.toThrow(/unknown/);
    await client.close();
  });
});

describe('a server that is not there', () => {
  test.each(POLICIES)('%s resolves to what is known', async (policy) => {
    const { client } = world.open();
    world.server.cutNetwork();
    await client.insert('todos', { id: '1', text: 'mine' });
    expect(await outcomeOf(client, 'todos', { policy })).toBe(1);
  });

  test.each([
    ['local-first', 1],
    ['remote-first', 'RemoteFetchFailedError'],
    ['local-and-remote', 1],
  ] as const)('%s with a timeout: %s', async (policy, expected) => {
    const { client } = world.open();
    world.server.cutNetwork();
    await client.insert('todos', { id: '1', text: 'mine' });
    expect(await outcomeOf(client, 'todos', { policy, timeout: NEVER })).toBe(expected);
  });

  test('a client that was never told to connect rejects a remote-first fetch with a timeout at once', async () => {
    const client = new TriplitClient();
    await expect(client.fetch(client.query('todos'), { policy: 'remote-first', timeout: NEVER })).rejects.toThrow(
      'The client is not connected',
    );
  });
});

describe('a server that does not answer', () => {
  test.each([
    ['local-first', 1],
    ['remote-first', 'RemoteFetchFailedError'],
    ['local-and-remote', 1],
  ] as const)('%s with a timeout: %s', async (policy, expected) => {
    const { client } = world.open();
    world.server.latencyMs = NEVER;
    await client.insert('todos', { id: '1', text: 'mine' });
    expect(await outcomeOf(client, 'todos', { policy, timeout: 10 })).toBe(expected);
  });

  test.each(['local-first', 'remote-first'] as const)('%s without one waits 15 s', async (policy) => {
    const { client } = world.open();
    world.server.latencyMs = NEVER;
    await client.ready;
    vi.useFakeTimers();
    try {
      const settled = vi.fn();
      void client.fetch(client.query('todos'), { policy }).then(settled);
      await vi.advanceTimersByTimeAsync(14_999);
      expect(settled).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(settled).toHaveBeenCalledWith([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('the error says what timed out and what to do', async () => {
    const { client } = world.open();
    world.server.latencyMs = NEVER;
    const fetching = client.fetch(client.query('todos'), { policy: 'remote-first', timeout: 10 });
    await expect(fetching).rejects.toMatchObject({
      name: 'RemoteFetchFailedError',
      contextMessage: expect.stringMatching(/todos within 10 ms.*local-only/),
    });
  });

  test('remote-only with a timeout', async () => {
    const fetchSpy = vi.spyOn(globalThis, 'fetch').mockReturnValue(new Promise(() => undefined));
    const { client } = world.open();
    expect(await outcomeOf(client, 'todos', { policy: 'remote-only', timeout: 10 })).toBe('RemoteFetchFailedError');
    fetchSpy.mockRestore();
  });
});

test.each([
  ['the session ends', (client: TriplitClient<any>) => client.endSession()],
  ['the client disconnects', async (client: TriplitClient<any>) => client.disconnect()],
])('a fetch under way settles when %s', async (_what, act) => {
  const { client } = world.open();
  world.server.latencyMs = 50;
  const fetching = client.fetch(client.query('todos'), { policy: 'remote-first' });
  await client.ready;
  await Promise.resolve();
  await act(client);
  expect(await fetching).toEqual([]);
});

test('a fetch under way goes on in the session that follows', async () => {
  await world.server.db.insert('todos', { id: '1', text: 'theirs', isPublic: true }, { skipRules: true });
  const { client } = world.openAs('ann');
  world.server.latencyMs = 5;
  const fetching = client.fetch(client.query('todos'), { policy: 'remote-first' });
  await client.ready;
  await client.startSession(signToken({ sub: 'bob' }));
  expect(await fetching).toHaveLength(1);
});
