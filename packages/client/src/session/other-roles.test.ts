/** A token of the same person with other roles that comes while there is no connection, and what servers make of it. */
import { MemoryHandler } from '@triplit/logger/memory';
import type { Feature } from '@triplit/db/sync';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import type { ClientOptions } from '../client-options.ts';
import { LoopbackServer } from '../testing/loopback.ts';
import { quietLogger, schema } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { inSeconds, signToken } from '../testing/tokens.ts';

const roles = { user: { match: { sub: '$userId', org: '$org' } } };
const ofOrg = { filter: [['ownerId', '=', '$role.org']] };
const todos = { ...schema.todos, permissions: { user: { read: ofOrg, insert: ofOrg, update: ofOrg } } };
const serverSchema = { collections: { ...schema, todos }, roles } as never;
const tokenOf = (org: string, sub = 'ann') => signToken({ sub, org, exp: inSeconds(600) });

const MODERN: ReadonlySet<Feature> = new Set(['digest', 'transactions', 'reauthorize']);
const VERSION_1: ReadonlySet<Feature> = new Set();

let server: LoopbackServer;
const clients: TodoClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function open(features: ReadonlySet<Feature>, options: Partial<ClientOptions<typeof schema>> = {}) {
  server = await LoopbackServer.start(serverSchema, features);
  for (const org of ['red', 'blue'])
    await server.db.insert('todos', { id: org, text: org, ownerId: org }, { skipRules: true });
  const log = new MemoryHandler();
  const transport = server.transport();
  const client: TodoClient = new TriplitClient({
    schema,
    roles,
    transport,
    serverUrl: 'http://loopback.test',
    token: tokenOf('red'),
    logger: quietLogger(log),
    pingInterval: 0,
    ...options,
  });
  clients.push(client);
  const [seen, errors]: [string[][], string[]] = [[], []];
  client.subscribe(client.query('todos').Order('id', 'ASC'), (rows) => seen.push(rows.map(({ id }) => id)));
  client.onSessionError((type) => errors.push(type));
  const ready = () => eventually(() => expect(client.syncEngine.serverReady).toBe(true));
  return { client, transport, seen, errors, log, ready };
}
const serverHas = (id: string) =>
  eventually(async () => expect(await server.db.fetchById('todos', id, { skipRules: true })).not.toBeNull());

/** Every way in which a token of a session can be replaced. */
const ways: [string, (client: TodoClient, token: string) => Promise<unknown>][] = [
  ['updateSessionToken', (client, token) => client.updateSessionToken(token)],
  ['updateToken', (client, token) => client.updateToken(token)],
];

describe.each(ways)('by %s, a token with other roles', (_name, renew) => {
  test('keeps the session while the network is away: what waits is sent, and what may be seen is found anew', async () => {
    const { client, seen, errors, ready } = await open(MODERN);
    await eventually(() => expect(seen.at(-1)).toEqual(['red']));
    server.cutNetwork();
    await client.insert('todos', { id: 'waiting', text: 'for blue', ownerId: 'blue' });
    await renew(client, tokenOf('blue'));
    expect(client.decodedToken).toMatchObject({ org: 'blue' });
    expect(client.db.outbox!.size).toBe(1);
    server.restoreNetwork();
    await ready();
    await serverHas('waiting');
    await eventually(() => expect(seen.at(-1)).toEqual(['blue', 'waiting']));
    await eventually(() => expect(client.db.outbox!.size).toBe(0));
    expect(errors).toEqual([]);
  });

  test('keeps the session when nothing has connected so far', async () => {
    const { client, seen, errors } = await open(MODERN, { autoConnect: false });
    await client.insert('todos', { id: 'waiting', text: 'for blue', ownerId: 'blue' });
    await renew(client, tokenOf('blue'));
    await client.connect();
    await serverHas('waiting');
    await eventually(() => expect(seen.at(-1)).toEqual(['blue', 'waiting']));
    expect(errors).toEqual([]);
  });

  test('ends the connection to a server of version 1 before anything is sent, and a new session goes on', async () => {
    const { client, transport, seen, errors, log } = await open(VERSION_1);
    await eventually(() => expect(seen.at(-1)).toEqual(['red']));
    server.cutNetwork();
    await client.insert('todos', { id: 'waiting', text: 'for blue', ownerId: 'blue' });
    await renew(client, tokenOf('blue'));
    const sent = transport.sent.length;
    server.restoreNetwork();
    await eventually(() => expect(errors).toEqual(['ROLES_MISMATCH']));
    await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
    await pause(300);
    expect([transport.sent.length - sent, client.connectionStatus]).toEqual([0, 'CLOSED']);
    const reports = log.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message);
    expect(reports).toEqual([expect.stringMatching(/ROLES_MISMATCH: the token has other roles.*startSession/)]);
    await client.startSession(client.token);
    await serverHas('waiting');
    await eventually(() => expect(seen.at(-1)).toEqual(['blue', 'waiting']));
    expect(errors).toEqual(['ROLES_MISMATCH']);
  });
});

test('roles that are back before the connection is are no change', async () => {
  const { client, errors, ready } = await open(VERSION_1);
  await ready();
  server.cutNetwork();
  await client.updateSessionToken(tokenOf('blue'));
  await client.updateSessionToken(tokenOf('red'));
  server.restoreNetwork();
  await ready();
  expect(errors).toEqual([]);
});

test('over a connection to a server of version 1 it is refused at once, and the session stays as it is', async () => {
  const { client, ready, errors } = await open(VERSION_1);
  await ready();
  await expect(client.updateSessionToken(tokenOf('blue'))).rejects.toMatchObject({ name: 'SessionRolesMismatchError' });
  expect(client.decodedToken).toMatchObject({ org: 'red' });
  await pause();
  expect([client.connectionStatus, errors]).toEqual(['OPEN', []]);
});

test('a server that changes roles in place has agreed for as long as the session lasts', async () => {
  const { client, seen, errors, ready } = await open(MODERN);
  await ready();
  server.cutNetwork();
  await client.updateSessionToken(tokenOf('blue'));
  server.restoreNetwork();
  await ready();
  server.features = VERSION_1;
  server.cutNetwork();
  server.restoreNetwork();
  await ready();
  await eventually(() => expect(seen.at(-1)).toEqual(['blue']));
  expect(errors).toEqual([]);
});

test('a refreshed token with other roles brings the connection back', async () => {
  const { client, seen, errors } = await open(MODERN, { token: undefined });
  const refreshHandler = vi.fn(async () => tokenOf('blue'));
  await client.startSession(signToken({ sub: 'ann', org: 'red', exp: inSeconds(-5) }), true, { refreshHandler });
  await eventually(() => expect(seen.at(-1)).toEqual(['blue']));
  expect([errors, refreshHandler.mock.calls.length]).toEqual([[], 1]);
});

test('a token of somebody else still ends the session, and what waits stays with its owner', async () => {
  const { client, errors } = await open(MODERN, { autoConnect: false });
  await client.insert('todos', { id: 'waiting', text: 'for red', ownerId: 'red' });
  await expect(client.updateSessionToken(tokenOf('red', 'bob'))).rejects.toMatchObject({
    name: 'SessionRolesMismatchError',
  });
  await client.updateToken(tokenOf('red', 'bob'));
  await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
  await pause();
  expect([client.db.outbox!.size, errors]).toEqual([1, []]);
  expect(await server.db.fetchById('todos', 'waiting', { skipRules: true })).toBeNull();
});
