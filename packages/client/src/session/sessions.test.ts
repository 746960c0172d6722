/** Sessions as an app drives them, with a real server in process. Tokens over real sockets: see real-server.test.ts. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Place, TestClient, TodoClient } from '../testing/todo-world.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import { inSeconds, SERVICE_CLAIMS, signToken } from '../testing/tokens.ts';

let world: TodoWorld;
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const ready = (client: TodoClient): Promise<unknown> =>
  eventually(() => expect(client.syncEngine.serverReady).toBe(true));

function watchStatus(client: TodoClient): string[] {
  const statuses: string[] = [];
  client.onConnectionStatusChange((status) => statuses.push(status), true);
  return statuses;
}
function watchTexts(client: TodoClient): string[][] {
  const seen: string[][] = [];
  client.subscribe(client.query('todos').Order('id', 'ASC'), (rows) => seen.push(rows.map(({ text }) => text)));
  return seen;
}
const serverHas = (...texts: string[]): Promise<unknown> =>
  eventually(async () => expect((await world.serverTodos()).map((row) => row['text'])).toEqual(texts));

describe.each<Place>(['in the page', 'in a worker'])('with the client %s', (place) => {
  beforeEach(async () => void (world = await TodoWorld.start(undefined, place)));

  describe('connecting', () => {
    test('begins while the client is constructed', async () => {
      const { client } = world.open();
      const statuses = watchStatus(client);
      await ready(client);
      client.disconnect();
      await eventually(() => expect(statuses).toEqual(['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']));
    });

    test('several times makes one connection', async () => {
      const { client, transport } = world.open();
      await client.connect();
      await ready(client);
      await client.connect();
      await pause();
      expect(transport.connects).toBe(1);
    });

    test('is taken back by disconnecting at once', async () => {
      const { client, transport } = world.open();
      client.disconnect();
      client.disconnect();
      await pause();
      expect([client.connectionStatus, transport.isOpen]).toEqual(['CLOSED', false]);
    });

    test('is retried by itself after the network was lost', async () => {
      const { client } = world.open();
      await ready(client);
      const statuses = watchStatus(client);
      world.server.cutNetwork();
      world.server.restoreNetwork();
      await eventually(() => expect(statuses).toEqual(['OPEN', 'CLOSED', 'CONNECTING', 'OPEN']));
    });

    test('is not retried after a disconnect during the wait', async () => {
      const { client, transport } = world.open();
      await ready(client);
      world.server.cutNetwork();
      await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
      client.disconnect();
      world.server.restoreNetwork();
      await pause(400);
      expect([client.connectionStatus, transport.connects]).toEqual(['CLOSED', 1]);
    });

    test('without what it needs is one warning', async () => {
      const noToken = world.open({ token: undefined, autoConnect: true });
      const noUrl = world.open({ serverUrl: undefined, autoConnect: true });
      const warnings = ({ log }: TestClient) =>
        log.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message);
      expect(warnings(noToken)).toHaveLength(1);
      expect(warnings(noUrl)).toEqual([expect.stringContaining('[serverUrl]')]);
    });

    test('to an address that is none throws at once', () => {
      expect(() => world.open({ serverUrl: 'localhost:1234' })).toThrow('Must start with "http://" or "https://"');
    });
  });

  describe('a session', () => {
    test('gives queries their variables, and takes them back', async () => {
      const { client } = world.open({ token: undefined, variables: { place: 'here' } });
      expect(client.vars).toEqual({ $global: { place: 'here' }, $session: {}, $token: {} });
      await client.ready;
      expect(client.db.session).toBeUndefined();
      await client.startSession(signToken({ sub: 'ann', 'x-triplit-user-id': 'ann' }), false);
      expect(client.db.session?.vars).toMatchObject({ sub: 'ann', SESSION_USER_ID: 'ann' });
      expect(client.decodedToken).toMatchObject({ sub: 'ann' });
      expect(client.connectionStatus).toBe('UNINITIALIZED');
      await client.endSession();
      expect([client.db.session?.vars, client.token]).toEqual([{}, undefined]);
    });

    test('starts, and ends, with clean statuses', async () => {
      const { client } = world.open({ token: undefined });
      const statuses = watchStatus(client);
      await client.startSession(signToken({ sub: 'ann' }));
      await ready(client);
      await client.startSession(signToken({ sub: 'bob' }));
      await ready(client);
      await client.endSession();
      expect(statuses).toEqual([
        ...['UNINITIALIZED', 'CONNECTING', 'OPEN'],
        ...['CLOSING', 'UNINITIALIZED', 'CONNECTING', 'OPEN'],
        ...['CLOSING', 'UNINITIALIZED'],
      ]);
    });

    test('with the same token changes nothing', async () => {
      const { client, transport } = world.openAs('ann');
      await ready(client);
      const statuses = watchStatus(client);
      await client.startSession(client.token);
      await pause();
      expect([statuses, transport.connects]).toEqual([['OPEN'], 1]);
    });

    test('with the same token takes over what else is said', async () => {
      const { client, transport } = world.openAs('ann');
      await ready(client);
      const statuses = watchStatus(client);
      const refreshHandler = vi.fn(async () => signToken({ sub: 'ann', exp: inSeconds(60) }));
      const stop = await client.startSession(client.token, true, { refreshHandler, interval: 1_000 });
      await eventually(() => expect(refreshHandler).toHaveBeenCalledOnce());
      stop!();
      expect([statuses, transport.connects]).toEqual([['OPEN'], 1]);
      await client.startSession(client.token, false);
      world.server.cutNetwork();
      await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
      client.disconnect();
      await client.startSession(client.token, false);
      expect(client.connectionStatus).toBe('CLOSED');
      world.server.restoreNetwork();
      await client.startSession(client.token);
      await ready(client);
    });

    test('keeps subscriptions over its end', async () => {
      const { client } = world.openAs('ann');
      const seen = watchTexts(client);
      await ready(client);
      await eventually(() => expect(client.syncEngine.queries.size).toBe(1));
      await client.endSession();
      expect(client.syncEngine.queries.size).toBe(1);
      await world.server.db.insert('todos', { id: 'b', text: 'of bob', ownerId: 'bob' }, { skipRules: true });
      await client.startSession(signToken({ sub: 'bob' }));
      await eventually(() => expect(seen.at(-1)).toEqual(['of bob']));
    });

    test("a live query about 'me' follows whoever signs in", async () => {
      const { client } = world.openAs('ann', { autoConnect: false });
      const seen: string[][] = [];
      await client.insert('todos', { id: 'a', text: 'of ann', ownerId: 'ann' });
      await client.insert('todos', { id: 'b', text: 'of bob', ownerId: 'bob' });
      client.subscribe(client.query('todos').Where('ownerId', '=', '$session.sub'), (rows) =>
        seen.push(rows.map(({ text }) => text)),
      );
      await pause();
      await client.startSession(signToken({ sub: 'bob' }), false);
      await client.updateSessionToken(signToken({ sub: 'bob', exp: inSeconds(60) }));
      await pause();
      expect(seen).toEqual([['of ann'], ['of bob']]);
    });
  });

  describe('another person on the same store', () => {
    test("never sends the first one's writes, and gives them back when the first returns", async () => {
      const { client } = world.openAs('ann', { autoConnect: false });
      await client.insert('todos', { id: 'a', text: 'of ann', ownerId: 'ann' });
      const failures = vi.fn();
      client.onFailureToSyncWrites(failures);
      await client.startSession(signToken({ sub: 'bob' }));
      await client.insert('todos', { id: 'b', text: 'of bob', ownerId: 'bob' });
      await serverHas('of bob');
      await pause();
      expect([client.db.outbox!.size, failures.mock.calls.length]).toEqual([1, 0]);
      await client.startSession(signToken({ sub: 'ann' }));
      await serverHas('of ann', 'of bob');
      await eventually(() => expect(client.db.outbox!.size).toBe(0));
    });

    test('sees no more what only the first may see, once the server has answered', async () => {
      const insert = (id: string, ownerId: string, isPublic = false) =>
        world.server.db.insert('todos', { id, text: id, ownerId, isPublic }, { skipRules: true });
      await insert('a private', 'ann');
      await insert('a public', 'ann', true);
      await insert('b private', 'bob');
      const { client } = world.openAs('ann');
      const seen = watchTexts(client);
      await eventually(() => expect(seen.at(-1)).toEqual(['a private', 'a public']));
      await client.startSession(signToken({ sub: 'bob' }));
      await eventually(() => expect(seen.at(-1)).toEqual(['a public', 'b private']));
      expect(await client.fetch(client.query('todos'), { policy: 'local-only' })).toHaveLength(2);
      expect(await client.isFirstTimeFetchingQuery(client.query('todos'))).toBe(true);
    });
  });

  describe('resuming', () => {
    test('asks for differences only, and learns what was deleted meanwhile', async () => {
      const insert = (id: string) => world.server.db.insert('todos', { id, text: id }, { skipRules: true });
      await insert('gone');
      await insert('kept');
      const { client, transport } = world.open();
      const seen = watchTexts(client);
      await eventually(() => expect(seen.at(-1)).toEqual(['gone', 'kept']));
      client.disconnect();
      await client.insert('todos', { id: 'mine', text: 'mine' });
      await client.update('todos', 'kept', { rank: 1 });
      await world.server.db.delete('todos', 'gone', { skipRules: true });
      await insert('new');
      const data: unknown[] = [];
      client.onSyncMessageReceived((message) => {
        if (message.type === 'ENTITY_DATA') data.push((message.payload.changes.json as any).todos);
      });
      await client.connect();
      await eventually(() => expect(seen.at(-1)).toEqual(['kept', 'mine', 'new']));
      const connects = transport.sent.filter((message) => message.type === 'CONNECT_QUERY');
      expect(connects).toHaveLength(2);
      expect(connects[0]!.payload.state).toBeUndefined();
      expect(connects[1]!.payload.state!.entityIds).toEqual({ todos: ['gone', 'kept'] });
      const sent = data.flatMap((todos: any) => todos.sets.map(([id]: [string]) => id) as string[]);
      expect(sent).toContain('new');
      await pause();
    });
  });

  describe('updateSessionToken', () => {
    test('needs a session, a token that can be read, that is not expired, and the same roles', async () => {
      const { client } = world.open({ token: undefined });
      await expect(client.updateSessionToken(signToken({ sub: 'ann' }))).rejects.toMatchObject({
        name: 'NoActiveSessionError',
        status: 403,
      });
      await client.startSession(signToken({ sub: 'ann' }), false);
      await expect(client.updateSessionToken('text')).rejects.toMatchObject({
        name: 'TokenDecodingError',
        status: 401,
      });
      await expect(client.updateSessionToken(signToken({ sub: 'ann', exp: inSeconds(-5) }))).rejects.toMatchObject({
        name: 'TokenExpiredError',
        status: 401,
      });
      await expect(client.updateSessionToken(signToken({ sub: 'bob' }))).rejects.toMatchObject({
        name: 'SessionRolesMismatchError',
        status: 403,
      });
      expect(client.decodedToken).toEqual({ sub: 'ann' });
    });

    test('looks for the roles where the claims are', async () => {
      const tokenOf = (sub: string, n: number) => signToken({ n, app: { sub } });
      const { client } = world.open({ token: tokenOf('ann', 1), claimsPath: 'app', autoConnect: false });
      await client.updateSessionToken(tokenOf('ann', 2));
      expect([client.decodedToken, client.vars.$session['sub']]).toEqual([{ n: 2, app: { sub: 'ann' } }, 'ann']);
      await expect(client.updateSessionToken(tokenOf('bob', 3))).rejects.toMatchObject({
        name: 'SessionRolesMismatchError',
      });
    });
  });

  describe('updateToken', () => {
    test('starts, renews, changes and ends the session, whichever is right', async () => {
      const { client } = world.open({ token: undefined });
      const changes: unknown[] = [];
      client.onConnectionOptionsChange((change) => changes.push(change));
      const first = signToken({ sub: 'ann' });
      const renewed = signToken({ sub: 'ann', exp: inSeconds(60) });
      const other = signToken({ sub: 'bob' });
      await client.updateToken(first);
      await ready(client);
      const statuses = watchStatus(client);
      await client.updateToken(renewed);
      expect(statuses).toEqual(['OPEN']);
      await client.updateToken(other);
      await ready(client);
      await client.updateToken(null);
      expect(client.connectionStatus).toBe('UNINITIALIZED');
      expect(changes).toEqual([
        { token: first },
        { token: renewed, tokenRefresh: true },
        { token: other },
        { token: undefined },
      ]);
      expect(client.http.options.token).toBeUndefined();
    });

    test('rejects what is no usable token, and leaves the session alone', async () => {
      const { client } = world.openAs('ann');
      await ready(client);
      await expect(client.updateToken('text')).rejects.toMatchObject({ name: 'TokenDecodingError' });
      await expect(client.updateToken(signToken({ sub: 'bob', exp: inSeconds(-1) }))).rejects.toMatchObject({
        name: 'TokenExpiredError',
      });
      expect([client.connectionStatus, client.decodedToken]).toEqual(['OPEN', { sub: 'ann' }]);
    });
  });

  describe('with a refresh handler', () => {
    test('an expired token is renewed before connecting', async () => {
      const { client } = world.open({ token: undefined });
      const statuses = watchStatus(client);
      const fresh = signToken({ sub: 'ann', exp: inSeconds(60) });
      const stop = await client.startSession(signToken({ sub: 'ann', exp: inSeconds(-5) }), true, {
        refreshHandler: async () => fresh,
      });
      expect([statuses, client.token]).toEqual([['UNINITIALIZED', 'CONNECTING'], fresh]);
      await ready(client);
      stop!();
    });

    test('the constructor does so as well, and counts as about to connect', async () => {
      const { client } = world.open({
        token: signToken({ sub: 'ann', exp: inSeconds(-5) }),
        refreshOptions: { refreshHandler: async () => signToken({ sub: 'ann', exp: inSeconds(60) }) },
      });
      expect([client.connectionStatus, client.syncEngine.isLikelyToConnect]).toEqual(['UNINITIALIZED', true]);
      await ready(client);
      await client.endSession();
    });

    test('a token that expired while the network was away is renewed before reconnecting', async () => {
      const refreshHandler = vi.fn(async () => signToken({ sub: 'ann', exp: inSeconds(60) }));
      const { client } = world.open({
        token: signToken({ sub: 'ann', exp: inSeconds(2) }),
        refreshOptions: { refreshHandler, interval: 600_000 },
      });
      await ready(client);
      world.server.cutNetwork();
      await eventually(() => expect(client.syncEngine.serverReady).toBe(false));
      vi.setSystemTime(Date.now() + 5_000);
      world.server.restoreNetwork();
      await ready(client);
      expect(refreshHandler).toHaveBeenCalledOnce();
      vi.useRealTimers();
      await client.endSession();
    });

    test('null disconnects and keeps everything; a later token reconnects', async () => {
      let token: string | null = null;
      const { client } = world.open({
        token: signToken({ sub: 'ann', exp: inSeconds(60) }),
        refreshOptions: { refreshHandler: async () => token, interval: 1_000 },
      });
      await client.insert('todos', { id: 'a', text: 'a', ownerId: 'ann' });
      await ready(client);
      await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
      expect(await client.fetch(client.query('todos'))).toHaveLength(1);
      token = signToken({ sub: 'ann', exp: inSeconds(90) });
      await ready(client);
      await client.endSession();
    });

    test('TOKEN_EXPIRED is reported, and mended by itself', async () => {
      const errors: string[] = [];
      const { client } = world.open({
        token: signToken({ sub: 'ann', exp: inSeconds(2) }),
        onSessionError: (type) => errors.push(type),
        refreshOptions: {
          refreshHandler: async () => signToken({ sub: 'ann', exp: inSeconds(60) }),
          interval: 600_000,
        },
      });
      const statuses = watchStatus(client);
      await ready(client);
      await eventually(() => expect(errors).toEqual(['TOKEN_EXPIRED']));
      await ready(client);
      expect(statuses.at(-1)).toBe('OPEN');
      await client.insert('todos', { id: 'a', text: 'a', ownerId: 'ann' });
      await serverHas('a');
      await client.endSession();
    });
  });

  test('TOKEN_EXPIRED without a handler is reported, logged with advice, and final; writes wait', async () => {
    const errors: string[] = [];
    const { client, log } = world.open({
      token: signToken({ ...SERVICE_CLAIMS, exp: inSeconds(1) }),
      onSessionError: (type) => errors.push(type),
    });
    await eventually(() => expect(errors).toEqual(['TOKEN_EXPIRED']));
    await client.insert('todos', { id: 'a', text: 'a' });
    await pause(300);
    expect([client.connectionStatus, await world.serverTodos()]).toEqual(['CLOSED', []]);
    expect(client.db.outbox!.size).toBe(1);
    expect(log.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message)).toEqual([
      expect.stringMatching(/ended the connection \(TOKEN_EXPIRED.*refreshHandler/),
    ]);
  });
});
