/** What the options of a client mean. Those of the wrong type: see check-options.test.ts. */
import { Schema as S } from '@triplit/db';
import type { DB, DBInitializationEvent } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { MemoryHandler } from '@triplit/logger/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { quietLogger, schema, TodoWorld } from './testing/todo-world.ts';
import { signToken } from './testing/tokens.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

describe('onDatabaseInit', () => {
  const before = S.Collections({ notes: { schema: S.Schema({ id: S.Id(), text: S.String() }) } });
  const withOptional = S.Collections({
    notes: { schema: S.Schema({ id: S.Id(), text: S.String(), color: S.Optional(S.String()) }) },
  });
  const withRequired = S.Collections({
    notes: { schema: S.Schema({ id: S.Id(), text: S.String(), color: S.String() }) },
  });
  type Init = (db: DB<any>, event: DBInitializationEvent) => void | Promise<void>;

  /** A client on a store that has a note of the schema before. */
  async function reopen(next: unknown, onDatabaseInit?: Init) {
    const storage = new BTreeKVStore();
    const first = new TriplitClient({ schema: before, storage });
    await first.insert('notes', { id: 'old', text: 'old' });
    const log = new MemoryHandler();
    const client = new TriplitClient<any>({
      schema: next as never,
      storage,
      logger: quietLogger(log),
      ...(onDatabaseInit && { experimental: { onDatabaseInit } }),
    });
    return { client, log };
  }

  test('is awaited before anything else, and told of a schema that was taken over', async () => {
    const steps: string[] = [];
    const { client } = await reopen(withOptional, async (_db, event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      steps.push(event.type);
    });
    await client.insert('notes', { id: 'new', text: 'new', color: 'red' });
    steps.push('inserted');
    expect(steps).toEqual(['SUCCESS', 'inserted']);
    expect(await client.fetch(client.query('notes').Order('id', 'ASC'))).toMatchObject([
      { id: 'new', color: 'red' },
      { id: 'old', text: 'old' },
    ]);
  });

  test.each([
    ['is malformed', { notes: { schema: 'none' } }, 'SCHEMA_INVALID'],
    ['the data does not fit', withRequired, 'EXISTING_DATA_MISMATCH'],
  ])('is told of a schema that %s; without it, that is logged, and the one before stays', async (_why, next, code) => {
    const onDatabaseInit = vi.fn();
    const { client } = await reopen(next, onDatabaseInit);
    await client.ready;
    expect(onDatabaseInit.mock.calls[0]![1]).toMatchObject({ type: 'SCHEMA_UPDATE_FAILED', change: { code } });
    const silent = await reopen(next);
    expect(await silent.client.fetch({ collectionName: 'notes' })).toEqual([{ id: 'old', text: 'old' }]);
    expect(silent.log.logs.filter(({ level }) => level === 'ERROR').length).toBeGreaterThan(0);
  });

  test('can start over with the new schema', async () => {
    const { client } = await reopen(withRequired, async (db, event) => {
      if (event.type !== 'SCHEMA_UPDATE_FAILED') return;
      await db.clear();
      await db.overrideSchema(event.change.newSchema!);
    });
    await client.insert('notes', { id: 'new', text: 'new', color: 'red' });
    expect(await client.fetch({ collectionName: 'notes' })).toEqual([{ id: 'new', text: 'new', color: 'red' }]);
  });

  test('that throws makes everything fail with its error, and nothing is left unhandled', async () => {
    const mine = new Error('mine');
    const { client } = await reopen(before, () => {
      throw mine;
    });
    const [onError, onState] = [vi.fn(), vi.fn()];
    client.subscribe({ collectionName: 'notes' }, () => undefined, onError);
    client.subscribeBackground({ collectionName: 'notes' }, { onError });
    client.subscribeWithStatus({ collectionName: 'notes' }, onState);
    await expect(client.ready).rejects.toBe(mine);
    await expect(client.insert('notes', { text: 'a' })).rejects.toBe(mine);
    await expect(client.fetch({ collectionName: 'notes' })).rejects.toBe(mine);
    await expect(client.clear()).rejects.toBe(mine);
    await expect(client.syncWrites()).rejects.toBe(mine);
    expect(onError.mock.calls).toEqual([[mine], [mine]]);
    expect(onState.mock.lastCall![0]).toMatchObject({ fetching: false, error: mine });
    expect(client.awaitReady).not.toBeNull();
    await client.close();
  });
});

test('variables can be used in queries at once, and be replaced', async () => {
  const client = new TriplitClient({ schema, variables: { least: 2 } });
  for (const rank of [1, 2, 3]) await client.insert('todos', { id: `${rank}`, text: 'a', rank });
  const query = client
    .query('todos')
    .Where('rank', '>=', '$global.least' as never)
    .Order('rank', 'ASC');
  const ids = async () => (await client.fetch(query)).map(({ id }) => id);
  expect(await ids()).toEqual(['2', '3']);
  await client.updateGlobalVariables({ least: 3 });
  expect([await ids(), client.vars.$global]).toEqual([['3'], { least: 3 }]);
  await client.startSession(signToken({ sub: 'ann' }), false);
  expect(await ids()).toEqual(['3']);
});

test('`query` may be taken off the client', () => {
  const { query } = new TriplitClient({ schema });
  expect(query('todos').Id('1')).toMatchObject({ collectionName: 'todos', where: [['id', '=', '1']] });
});

describe('with a server', () => {
  let world: TodoWorld;
  beforeEach(async () => {
    world = await TodoWorld.start();
  });
  afterEach(() => world.close());
  const ready = (client: TriplitClient<any>) => eventually(() => expect(client.syncEngine.serverReady).toBe(true));

  test('defaultQueryOptions are those of calls that say nothing else', async () => {
    await world.server.db.insert('todos', { id: 'a', text: 'a' }, { skipRules: true });
    const { client, transport } = world.open({
      defaultQueryOptions: { fetch: { policy: 'local-only' }, subscription: { localOnly: true } },
    });
    await ready(client);
    const query = client.query('todos');
    expect(await client.fetch(query)).toEqual([]);
    const onResults = vi.fn();
    client.subscribe(query, onResults);
    client.subscribeWithStatus(query, onResults);
    await eventually(() => expect(onResults).toHaveBeenCalledTimes(3));
    expect(transport.sent).toEqual([]);
    expect(await client.fetch(query, { policy: 'remote-first' })).toHaveLength(1);
    client.subscribe(query.Limit(5), onResults, undefined, { localOnly: false });
    await eventually(() => expect(client.syncEngine.hasServerRespondedForQuery(query.Limit(5))).toBe(true));
  });

  test('claimsPath says where the claims of the session are', async () => {
    const { client } = world.open({
      claimsPath: 'app.claims',
      token: signToken({ sub: 'outer', app: { claims: { sub: 'inner' } } }),
      autoConnect: false,
    });
    expect(client.vars.$session).toMatchObject({ sub: 'inner' });
    expect(client.decodedToken).toMatchObject({ sub: 'outer' });
    await client.startSession(signToken({ sub: 'outer' }), false);
    expect(client.vars.$session).toEqual({});
  });

  test("syncSchema keeps the server's schema, for the next start", async () => {
    const storage = new BTreeKVStore();
    const { client } = world.open({ schema: undefined as never, roles: undefined, storage, syncSchema: true });
    await ready(client);
    await eventually(() =>
      expect((client.db as DB<any>).fetchById('_metadata', '_schema')).resolves.toMatchObject({
        collections: expect.anything(),
      }),
    );
    await client.close();
    const next = new TriplitClient<any>({ storage });
    expect(Object.keys((await next.getSchema())!.collections)).toEqual(['todos', 'people']);
  });

  test('updateServerUrl closes an open connection with a warning, and `connect` uses the new one', async () => {
    const { client, log } = world.open();
    await ready(client);
    const changes: unknown[] = [];
    const stop = client.onConnectionOptionsChange((change) => changes.push(change));
    client.updateServerUrl('http://loopback.test');
    expect(client.connectionStatus).toBe('OPEN');
    client.updateServerUrl('http://elsewhere.test/');
    await eventually(() => expect(client.connectionStatus).toBe('CLOSED'));
    expect(log.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
      expect.stringContaining('Call connect'),
    ]);
    expect(() => client.updateServerUrl('elsewhere')).toThrow('Must start with');
    await client.connect();
    await ready(client);
    expect([changes, client.serverUrl]).toEqual([[{ serverUrl: 'http://elsewhere.test/' }], 'http://elsewhere.test/']);
    stop();
    client.updateServerUrl(undefined);
    expect(changes).toHaveLength(1);
  });

  test('`http` follows token, address and schema', async () => {
    const { client } = world.open({ autoConnect: false });
    const [ann, newer] = [signToken({ sub: 'ann' }), signToken({ sub: 'ann', jti: '2' })];
    await client.startSession(ann, false);
    expect(client.http.options).toMatchObject({ token: ann, serverUrl: 'http://loopback.test' });
    await client.updateSessionToken(newer);
    client.updateServerUrl('http://elsewhere.test');
    expect(client.http.options).toMatchObject({ token: newer, serverUrl: 'http://elsewhere.test' });
    expect(Object.keys((await client.http.schema())!)).toEqual(['todos', 'people']);
    await client.clear({ full: true });
    expect(await client.http.schema()).toBeUndefined();
    await client.endSession();
    expect(client.http.options.token).toBeUndefined();
  });

  test('a client without a schema learns which of its writes the schema of the server does not allow', async () => {
    const { client } = world.open({ schema: undefined as never, roles: undefined });
    const failures: string[][] = [];
    client.onFailureToSyncWrites((error, writes) => void failures.push([error.name, ...Object.keys(writes)]));
    await client.insert('todos', { id: 'bad', text: 42 } as never);
    await client.insert('todos', {
      id: 'good',
      text: 'a',
      done: false,
      rank: 0,
      ownerId: 'x',
      isPublic: true,
      tags: new Set(),
    });
    await eventually(() => expect(failures).toEqual([['DBSerializationError', 'todos']]));
    await eventually(async () => expect(await world.serverTodos()).toMatchObject([{ id: 'good' }]));
  });
});
