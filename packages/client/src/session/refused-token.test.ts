/** A token that the server does not take although it has not expired, as after its keys were replaced. */
import { MemoryHandler } from '@triplit/logger/memory';
import { WebSocket } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import { startNodeServer } from '../testing/node-server.ts';
import type { NodeServer } from '../testing/node-server.ts';
import { dbSchema, quietLogger, roles, schema } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { inSeconds, signToken } from '../testing/tokens.ts';
import { startWorker } from '../testing/worker-page.ts';

let server: NodeServer;
beforeAll(async () => {
  server = await startNodeServer(dbSchema);
});
afterAll(() => server.close());

const cleanUp: (() => unknown)[] = [];
beforeEach(() => void vi.stubGlobal('WebSocket', WebSocket));
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
  vi.unstubAllGlobals();
});

let minted = 0;
const tokenOf = (secret?: string, seconds = 60): string =>
  signToken({ sub: 'ann', jti: `${minted++}`, exp: inSeconds(seconds) }, secret);
const OLD_KEY = 'the key that the server had before';
const stale = (): string => tokenOf(OLD_KEY);

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 4_000, interval: 10 });
const pause = (ms = 150): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const ways = {
  'in the page': (options: ClientOptions<typeof schema>): TodoClient => new TriplitClient(options),
  'in a worker': (options: ClientOptions<typeof schema>): TodoClient => {
    const page = startWorker().open(options as never);
    cleanUp.push(() => page.close());
    return page.client as unknown as TodoClient;
  },
};

describe.each(Object.entries(ways))('with the client %s', (_place, construct) => {
  function open(refreshHandler?: () => Promise<string | null>, token = stale()) {
    const log = new MemoryHandler();
    const [statuses, errors]: [string[], string[]] = [[], []];
    const client = construct({
      schema,
      roles,
      serverUrl: server.url,
      token,
      logger: quietLogger(log),
      pingInterval: 0,
      onSessionError: (type) => errors.push(type),
      ...(refreshHandler && { refreshOptions: { refreshHandler } }),
    });
    cleanUp.unshift(() => client.close());
    client.onConnectionStatusChange((status) => statuses.push(status), true);
    const attempts = (): number => statuses.filter((status) => status === 'CONNECTING').length;
    return { client, errors, log, attempts };
  }

  test('the handler is asked for another one, and the client connects with that', async () => {
    const fresh = tokenOf();
    const refreshHandler = vi.fn(async () => fresh);
    const { client, errors } = open(refreshHandler);
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    expect([client.token, errors, refreshHandler.mock.calls.length]).toEqual([fresh, ['UNAUTHORIZED'], 1]);
    await client.insert('todos', { id: fresh, text: 'sent', ownerId: 'ann' });
    await eventually(() => expect(client.pendingChanges()).resolves.toEqual([]));
  });

  test.each([
    ['that never expires', () => signToken({ sub: 'ann' }, OLD_KEY)],
    ['that would last longer', () => tokenOf(OLD_KEY, 600)],
  ])('one %s is replaced as well', async (_what, mint) => {
    const { client, errors } = open(async () => tokenOf(), mint());
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    expect(errors).toEqual(['UNAUTHORIZED']);
  });

  test.each([
    ['the same token', (same: string) => same],
    ['no token', () => null],
  ])('if it has only %s, the client stays closed', async (_what, answer) => {
    const token = stale();
    const refreshHandler = vi.fn(async () => answer(token));
    const { client, errors, attempts } = open(refreshHandler, token);
    await eventually(() => expect(refreshHandler).toHaveBeenCalledOnce());
    await pause();
    expect(refreshHandler).toHaveBeenCalledOnce();
    expect([client.connectionStatus, errors, attempts()]).toEqual(['CLOSED', ['UNAUTHORIZED'], 1]);
  });

  test.each([
    ['as well', stale],
    ['since it has expired before it came', () => tokenOf(undefined, -10)],
  ])('if the other one is refused %s, the client stops and reports that', async (_why, mint) => {
    const refreshHandler = vi.fn(async () => mint());
    const { client, errors, attempts, log } = open(refreshHandler);
    await eventually(() => expect(errors).toEqual(['UNAUTHORIZED', 'UNAUTHORIZED']));
    await pause();
    expect([client.connectionStatus, errors.length, attempts()]).toEqual(['CLOSED', 2, 2]);
    expect(refreshHandler.mock.calls.length).toBeLessThanOrEqual(2);
    expect(log.logs.filter(({ level }) => level === 'ERROR')).toHaveLength(2);
  });

  test('an attempt that the app asks for is a new beginning', async () => {
    let mint = stale;
    const refreshHandler = vi.fn(async () => mint());
    const { client, errors } = open(refreshHandler);
    await eventually(() => expect(errors).toHaveLength(2));
    await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
    mint = tokenOf;
    await client.connect();
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    expect([errors.length, refreshHandler.mock.calls.length]).toEqual([3, 2]);
  });

  test('a handler that cannot reach the issuer is called again', async () => {
    const refreshHandler = vi.fn(async () => tokenOf()).mockRejectedValueOnce(new Error('offline'));
    const { client, errors } = open(refreshHandler);
    await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
    expect([errors, refreshHandler.mock.calls.length]).toEqual([['UNAUTHORIZED'], 2]);
  });
});
