/** Every name of `client.syncEngine` that the API has, and what those do that nothing else uses. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
});
afterEach(() => world.close());

async function ready(client: TodoClient) {
  await vi.waitFor(() => expect(client.syncEngine.serverReady).toBe(true));
  return client.syncEngine;
}

const sentTypes = (transport: { readonly sent: readonly { readonly type: string }[] }) =>
  transport.sent.map(({ type }) => type);

test.each(
  `connect disconnect syncWrites updateSessionToken assignSessionToken resetTokenRefreshHandler resetQueryState
  hasServerRespondedForQuery isFirstTimeFetchingQuery subscribe syncQuery disconnectQuery clearPendingChangesForEntity
  clearPendingChangesAll ping getConnectionParams onSyncMessageReceived onSyncMessageSent onEntitySyncSuccess
  onEntitySyncError onFailureToSyncWrites onSessionError onConnectionStatusChange onConnectionOptionsChange`.split(
    /\s+/,
  ),
)('%s is a method', (name) => {
  expect((world.open().client.syncEngine as any)[name]).toBeTypeOf('function');
});

test('connectionStatus, currentSession, clientId and queries can be read', async () => {
  const { client } = world.open();
  const engine = await ready(client);
  expect(engine.connectionStatus).toBe('OPEN');
  expect(engine.currentSession).toEqual({
    token: client.token,
    serverUrl: 'http://loopback.test',
    status: 'OPEN',
  });
  expect(engine.clientId).toBeTypeOf('string');
  expect(engine.queries.size).toBe(0);
});

test('assignSessionToken begins a session without connecting, and ends it', async () => {
  const { client } = world.open({ token: undefined, autoConnect: false });
  const token = signToken({ sub: 'ann' });
  await client.syncEngine.assignSessionToken(token);
  expect(client.token).toBe(token);
  expect(client.vars.$session).toMatchObject({ sub: 'ann' });
  expect(client.connectionStatus).toBe('UNINITIALIZED');
  await client.connect();
  await ready(client);
  await client.syncEngine.assignSessionToken(undefined);
  expect(client.token).toBeUndefined();
});

describe('syncQuery', () => {
  test('brings the answer into the local database, and withdraws the query', async () => {
    await world.server.db.insert('todos', { id: '1', text: 'a' }, { skipRules: true });
    const { client, transport } = world.open();
    const engine = await ready(client);
    await engine.syncQuery(client.query('todos'));
    expect(await client.count(client.query('todos'))).toBe(1);
    await vi.waitFor(() => expect(sentTypes(transport)).toEqual(['CONNECT_QUERY', 'DISCONNECT_QUERY']));
  });

  test('rejects without a connection', async () => {
    const { client } = world.open({ autoConnect: false });
    await client.ready;
    await expect(client.syncEngine.syncQuery(client.query('todos'))).rejects.toMatchObject({
      name: 'RemoteSyncFailedError',
    });
  });
});

describe('disconnectQuery', () => {
  test.each(['query', 'id'] as const)('withdraws a query by its %s; the local subscription goes on', async (by) => {
    const { client, transport } = world.open();
    const engine = await ready(client);
    const query = client.query('todos');
    const results: number[] = [];
    const unsubscribe = client.subscribe(query, (todos) => results.push(todos.length));
    await vi.waitFor(() => expect(engine.hasServerRespondedForQuery(query)).toBe(true));
    engine.disconnectQuery(by === 'query' ? query : [...engine.queries.keys()][0]!);
    expect(engine.queries.size).toBe(0);
    expect(sentTypes(transport)).toEqual(['CONNECT_QUERY', 'DISCONNECT_QUERY']);
    await client.insert('todos', { text: 'a' });
    await vi.waitFor(() => expect(results).toEqual([0, 1]));
    unsubscribe();
    client.disconnect();
    await client.connect();
    await ready(client);
    expect(sentTypes(transport).filter((type) => type !== 'CHANGES')).toEqual(['CONNECT_QUERY', 'DISCONNECT_QUERY']);
  });

  test('ends the loading state of one that is under way', async () => {
    const { client } = world.open();
    await ready(client);
    world.server.latencyMs = 60_000;
    const states: boolean[] = [];
    client.subscribeWithStatus(client.query('todos'), ({ fetchingRemote }) => states.push(fetchingRemote));
    await vi.waitFor(() => expect(states.at(-1)).toBe(true));
    client.syncEngine.disconnectQuery(client.query('todos'));
    expect(states.at(-1)).toBe(false);
  });

  test('of an unknown id does nothing', () => {
    world.open().client.syncEngine.disconnectQuery('nothing');
  });
});
