import { digestOf, encodeDigest, idHash } from '@triplit/db/sync';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodedTodo } from '../../../../tests/support/todo-schema.ts';
import { contents, isLater, TodoServer } from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
});

describe('a client that comes back', () => {
  const open = { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } };

  it('gets only what it missed: changed, new and gone entities', async () => {
    await todos.storeUser('alice', 'Alice');
    await todos.store(encodedTodo('keep'), encodedTodo('upd'), encodedTodo('evict'), encodedTodo('del'));
    const before = await todos.connect();
    const { timestamp } = await before.query('q', open);
    before.close();
    await todos.store({ id: 'upd', text: 'upd2' }, { id: 'evict', done: true }, encodedTodo('new'));
    await todos.db.commitChanges({ todos: { sets: new Map(), deletes: new Set(['del']) } }, { skipRules: true })
      .durable;
    const client = await todos.connect();
    const entityIds = { todos: ['del', 'evict', 'keep', 'upd'], users: ['alice'] };
    expect(contents(await client.query('q', open, { timestamp, entityIds }))).toEqual({
      todos: {
        sets: {
          new: encodedTodo('new'),
          upd: encodedTodo('upd', { text: 'upd2' }),
          evict: encodedTodo('evict', { done: true }),
        },
        deletes: ['del'],
      },
      users: { sets: {}, deletes: [] },
    });
  });

  it('gets an empty answer when it missed nothing', async () => {
    await todos.store(encodedTodo('t1'));
    const before = await todos.connect();
    const { timestamp } = await before.query('q', open);
    const client = await todos.connect();
    const data = await client.query('q', open, { timestamp, entityIds: { todos: ['t1'] } });
    expect(contents(data).todos).toEqual({ sets: {}, deletes: [] });
    expect(data.forQueries).toEqual(['q']);
  });

  it('gets deletes for ids and collections that do not exist', async () => {
    const client = await todos.connect();
    const state = { timestamp: [1, 0, 'server'], entityIds: { todos: ['ghost'], nope: ['a'], constructor: ['b'] } };
    const data = contents(await client.query('q', open, state));
    expect(data.todos).toEqual({ sets: {}, deletes: ['ghost'] });
    expect(data.nope).toEqual({ sets: {}, deletes: ['a'] });
  });

  it('is told to delete what it may no longer read', async () => {
    await todos.db.commitChanges(
      { secrets: { sets: new Map([['s', { id: 's', v: 'x' }]]), deletes: new Set() } },
      { skipRules: true },
    ).durable;
    const client = await todos.connect();
    const state = { timestamp: todos.db.clock.next(), entityIds: { secrets: ['s'] } };
    expect(contents(await client.query('q', { collectionName: 'secrets' }, state)).secrets).toEqual({
      sets: {},
      deletes: ['s'],
    });
  });

  it('gets an entity stamped exactly at its checkpoint again', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    const state = { timestamp: todos.db.timestampOf('todos', 't1'), entityIds: { todos: ['t1'] } };
    expect(contents(await client.query('q', open, state)).todos?.sets).toHaveProperty('t1');
  });

  it('misses no write committed before a data message that does not carry it, however the connection ends', async () => {
    const client = await todos.connect();
    await client.query('q', { collectionName: 'todos' });
    for (let round = 0; round < 20; round++) {
      await todos.store(encodedTodo(`t${round}`));
      const stamp = todos.db.timestampOf('todos', `t${round}`) as [number, number, string];
      const { timestamp, changes } = await client.next('ENTITY_DATA');
      expect(isLater(timestamp, stamp)).toBe(true);
      expect(changes.json.todos.sets.map(([id]: [string]) => id)).toEqual([`t${round}`]);
    }
  });

  it('gets again what changed while a query was disconnected, though its checkpoint moved on', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    const withoutNumber = { collectionName: 'todos', where: [['n', 'isDefined', false]] };
    await client.query('q', withoutNumber);
    await client.query('users', { collectionName: 'users' });
    client.send('DISCONNECT_QUERY', { id: 'q' });
    await todos.store({ id: 't1', text: 'meanwhile' });
    await todos.storeUser('u', 'moves the checkpoint');
    const { timestamp } = await client.next('ENTITY_DATA');
    const data = await client.query('q', withoutNumber, { timestamp, entityIds: { todos: ['t1'] } });
    expect(contents(data).todos?.sets).toEqual({ t1: encodedTodo('t1', { text: 'meanwhile' }) });
  });
});

describe('a client that tells what it holds by a digest', () => {
  const everything = { collectionName: 'todos' };
  const KEY = [1, 2] as const;
  const start: readonly [number, number, string] = [1, 0, 'server'];
  const digest = (ids: readonly string[], collection = 'todos') => encodeDigest(digestOf([[collection, ids]], KEY));
  const hashes = (...ids: string[]) => ids.map((id) => idHash(KEY, 'todos')(id));
  const connect = () => todos.connect(undefined, { features: new Set(['digest'] as const) });
  const later = () => todos.db.clock.next();

  it('gets what it lacks though that is old, and nothing that it has', async () => {
    await todos.store(encodedTodo('t1'), encodedTodo('t2'), encodedTodo('t3'));
    const client = await connect();
    const data = await client.query('q', everything, {
      timestamp: later(),
      entityIds: {},
      digest: digest(['t1', 't3']),
    });
    expect(contents(data).todos).toEqual({ sets: { t2: encodedTodo('t2') }, deletes: [] });
  });

  it('is asked for the ids that decide what it is sent, and for no others', async () => {
    await todos.store(encodedTodo('t1'), encodedTodo('t2'));
    const client = await connect();
    const timestamp = later();
    const state = { timestamp, entityIds: {}, digest: digest(['t1', 't2', 'gone']) };
    client.send('CONNECT_QUERY', { id: 'q', params: everything, state });
    expect(await client.next('QUERY_STATE_REQUEST')).toEqual({ id: 'q', key: KEY, hashes: hashes('gone') });
    // It is not connected yet.
    await todos.store(encodedTodo('t4'));
    await client.expectSilence();
    const named = { timestamp, entityIds: { todos: ['gone'] }, digest: digest(['t1', 't2']) };
    const { todos: told } = contents(await client.query('q', everything, named));
    expect(told).toEqual({ sets: { t4: encodedTodo('t4') }, deletes: ['gone'] });
  });

  it('keeps a query of the same id until it has said what it holds', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await connect();
    await client.query('q', everything);
    client.send('CONNECT_QUERY', {
      id: 'q',
      params: everything,
      state: { timestamp: later(), entityIds: {}, digest: digest(['gone']) },
    });
    await client.next('QUERY_STATE_REQUEST');
    await todos.store(encodedTodo('t2'));
    expect(contents(await client.next('ENTITY_DATA')).todos?.sets).toEqual({ t2: encodedTodo('t2') });
  });

  it.each([
    ['more differences than it tells', () => digest(Array.from({ length: 200 }, (_, n) => `other ${n}`))],
    ['nonsense', () => 'x'.repeat(digest([]).length)],
    ['a wrong number of ids', () => encodeDigest(digestOf([['todos', ['t1']]], KEY).with(2, 5) as never)],
  ])('is asked for all ids when the digest shows %s', async (_what, made) => {
    await todos.store(encodedTodo('t1'));
    const client = await connect();
    const state = { timestamp: start, entityIds: {}, digest: made() };
    client.send('CONNECT_QUERY', { id: 'q', params: everything, state });
    expect(await client.next('QUERY_STATE_REQUEST')).toEqual({ id: 'q' });
    const data = await client.query('q', everything, { timestamp: start, entityIds: { todos: ['t1', 'x'] } });
    expect(contents(data).todos).toEqual({ sets: { t1: encodedTodo('t1') }, deletes: ['x'] });
  });

  it('learns nothing of what it may not read', async () => {
    await todos.write('secrets', [{ id: 's', v: 'x' }]);
    const client = await connect();
    for (const held of [['s'], ['never was']]) {
      const state = { timestamp: later(), entityIds: {}, digest: digest(held, 'secrets') };
      client.send('CONNECT_QUERY', { id: 'q', params: { collectionName: 'secrets' }, state });
      const asked = await client.next('QUERY_STATE_REQUEST');
      expect(asked).toEqual({ id: 'q', key: KEY, hashes: held.map((id) => idHash(KEY, 'secrets')(id)) });
    }
    const data = await client.query(
      'q',
      { collectionName: 'secrets' },
      { timestamp: later(), entityIds: {}, digest: digest([]) },
    );
    expect(contents(data).secrets).toEqual({ sets: {}, deletes: [] });
  });

  it('is refused when it has not asked for that, and when the digest is malformed', async () => {
    const client = await todos.connect();
    const state = { timestamp: start, entityIds: {}, digest: digest(['t1']) };
    client.send('CONNECT_QUERY', { id: 'q', params: everything, state });
    expect(await client.next('ERROR')).toMatchObject({
      error: { name: 'QuerySyncError' },
      metadata: { queryKey: 'q', innerError: { message: expect.stringContaining("the feature 'digest'") } },
    });
    client.send('CONNECT_QUERY', { id: 'q', params: everything, state: { ...state, digest: 'AAAA' } });
    expect(await client.next('ERROR')).toMatchObject({
      metadata: { queryKey: 'q', innerError: { message: expect.stringContaining('malformed digest') } },
    });
  });
});
