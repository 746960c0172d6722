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
