import { beforeEach, describe, expect, it } from 'vitest';
import { encodedTodo } from '../../../../tests/support/todo-schema.ts';
import {
  alice,
  anonymous,
  bob,
  contents,
  isLater,
  service,
  TodoServer,
} from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
});

describe('a first query', () => {
  it('is answered even when it has no results', async () => {
    const client = await todos.connect();
    const data = await client.query('3003707951', {
      collectionName: 'todos',
      where: [['done', '=', false]],
      include: { author: null },
    });
    expect(data.changes.json.todos).toEqual({ sets: [], deletes: [] });
    expect(data.changes.meta).toMatchObject({ values: { 'todos.sets': ['map'], 'todos.deletes': ['set'] }, v: 1 });
    expect(data.timestamp).toEqual([expect.any(Number), expect.any(Number), 'server']);
    expect(data.forQueries).toEqual(['3003707951']);
  });

  it('gets complete entities with what it includes', async () => {
    await todos.storeUser('alice', 'Alice');
    await todos.store(encodedTodo('t1', { n: 1, tags: { x: true, y: false } }), encodedTodo('t2', { done: true }));
    const client = await todos.connect();
    const data = await client.query('q', {
      collectionName: 'todos',
      select: ['id'],
      where: [['done', '=', false]],
      include: { author: null },
    });
    expect(contents(data)).toEqual({
      todos: { sets: { t1: encodedTodo('t1', { n: 1, tags: { x: true, y: false } }) }, deletes: [] },
      users: { sets: { alice: { id: 'alice', name: 'Alice' } }, deletes: [] },
    });
  });

  it('gets the entities that its filters and its order need', async () => {
    await todos.storeUser('alice', 'Alice');
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    const exists = {
      exists: {
        collectionName: 'users',
        where: [
          ['id', '=', '$1.authorId'],
          ['name', '=', 'Alice'],
        ],
      },
    };
    expect(contents(await client.query('rel', { collectionName: 'todos', where: [exists] })).users?.sets).toEqual({
      alice: { id: 'alice', name: 'Alice' },
    });
    const other = await todos.connect(bob);
    expect(
      contents(await other.query('order', { collectionName: 'todos', order: [['author.name', 'ASC']] })).users?.sets,
    ).toEqual({
      alice: { id: 'alice', name: 'Alice' },
    });
  });

  it('shares one answer with a query connected in the same turn', async () => {
    await todos.storeUser('alice', 'Zed');
    await todos.store(encodedTodo('t2', { n: 2 }));
    const client = await todos.connect();
    client.send('CONNECT_QUERY', { id: 'x1', params: { collectionName: 'users' } });
    client.send('CONNECT_QUERY', { id: 'x2', params: { collectionName: 'todos', where: [['n', '=', 2]] } });
    const data = await client.next('ENTITY_DATA');
    expect(data.forQueries).toEqual(['x1', 'x2']);
    expect(contents(data)).toEqual({
      users: { sets: { alice: { id: 'alice', name: 'Zed' } }, deletes: [] },
      todos: { sets: { t2: encodedTodo('t2', { n: 2 }) }, deletes: [] },
    });
    await client.expectSilence();
  });

  it('shows nothing of a collection that the token may not read', async () => {
    await todos.db.commitChanges(
      { secrets: { sets: new Map([['s1', { id: 's1', v: 'top' }]]), deletes: new Set() } },
      { skipRules: true },
    ).durable;
    const client = await todos.connect();
    expect(contents(await client.query('s', { collectionName: 'secrets' }))).toEqual({
      secrets: { sets: {}, deletes: [] },
    });
    const admin = await todos.connect(service);
    expect(contents(await admin.query('s', { collectionName: 'secrets' })).secrets?.sets).toEqual({
      s1: { id: 's1', v: 'top' },
    });
  });

  it('shows the schema to clients that sync it', async () => {
    const client = await todos.connect(anonymous);
    const data = await client.query('schema', { collectionName: '_metadata', where: [['id', '=', '_schema']] });
    expect(contents(data)._metadata?.sets._schema).toMatchObject({
      id: '_schema',
      collections: { todos: expect.anything() },
    });
  });

  it('that is invalid is refused by name, and the connection goes on', async () => {
    const client = await todos.connect();
    client.send('CONNECT_QUERY', { id: 'q1', params: { collectionName: 'todos', where: [['nope', '=', 1]] } });
    expect(await client.next('ERROR')).toMatchObject({
      messageType: 'CONNECT_QUERY',
      error: { name: 'QuerySyncError', status: 500 },
      metadata: { queryKey: 'q1', innerError: { name: 'InvalidFilterError', status: 400 } },
    });
    client.send('CONNECT_QUERY', { id: 'q2', params: { collectionName: 'missing' } });
    expect(await client.next('ERROR')).toMatchObject({
      metadata: { queryKey: 'q2', innerError: { name: 'InvalidCollectionNameError' } },
    });
    expect((await client.query('q3', { collectionName: 'todos' })).forQueries).toEqual(['q3']);
  });
});

describe('a live query', () => {
  it('gets its own write as an acknowledgement, then as data that is newer', async () => {
    const client = await todos.connect();
    await client.query('q', { collectionName: 'todos' });
    client.write('todos', { t1: encodedTodo('t1') });
    const ack = await client.next('CHANGES_ACK');
    const data = await client.next('ENTITY_DATA');
    expect(contents(data)).toEqual({ todos: { sets: { t1: encodedTodo('t1') }, deletes: [] } });
    expect(isLater(data.timestamp, ack.timestamp)).toBe(true);
  });

  it('gets the whole entity after a partial update, in every connection', async () => {
    await todos.store(encodedTodo('t1', { tags: { x: true, y: true }, meta: { a: 1, b: 'bb' } }));
    const [a, b] = [await todos.connect(alice), await todos.connect(bob)];
    await a.query('a', { collectionName: 'todos' });
    await b.query('b', { collectionName: 'todos' });
    a.write('todos', { t1: { text: 'two', tags: { z: true, x: false }, meta: { b: 'cc' }, n: 5 } });
    await a.next('CHANGES_ACK');
    const updated = encodedTodo('t1', {
      text: 'two',
      tags: { x: false, y: true, z: true },
      meta: { a: 1, b: 'cc' },
      n: 5,
    });
    expect(contents(await a.next('ENTITY_DATA')).todos?.sets).toEqual({ t1: updated });
    expect(contents(await b.next('ENTITY_DATA')).todos?.sets).toEqual({ t1: updated });
  });

  it('loses an entity that no longer matches, with what was included for it', async () => {
    await todos.storeUser('alice', 'Alice');
    await todos.store(encodedTodo('t1'));
    const [a, b] = [await todos.connect(alice), await todos.connect(bob)];
    await a.query('a', { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } });
    await b.query('b', { collectionName: 'todos' });
    a.write('todos', { t1: { done: true } });
    await a.next('CHANGES_ACK');
    expect(contents(await a.next('ENTITY_DATA'))).toEqual({
      todos: { sets: {}, deletes: ['t1'] },
      users: { sets: {}, deletes: ['alice'] },
    });
    expect(contents(await b.next('ENTITY_DATA')).todos?.sets).toEqual({ t1: encodedTodo('t1', { done: true }) });
  });

  it('follows a window: what is pushed out is deleted, what moves in is set', async () => {
    await todos.store(encodedTodo('t1', { n: 1 }), encodedTodo('t3', { n: 3 }));
    const client = await todos.connect();
    expect(
      contents(await client.query('win', { collectionName: 'todos', order: [['n', 'DESC']], limit: 1 })).todos?.sets,
    ).toHaveProperty('t3');
    await todos.store({ id: 't1', n: 99 });
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({
      todos: { sets: { t1: encodedTodo('t1', { n: 99 }) }, deletes: ['t3'] },
    });
  });

  it('loses entities whose related entity no longer satisfies the filter', async () => {
    await todos.storeUser('alice', 'Alice');
    await todos.store(encodedTodo('t2'), encodedTodo('t3'));
    const client = await todos.connect();
    await client.query('rel', {
      collectionName: 'todos',
      where: [
        {
          exists: {
            collectionName: 'users',
            where: [
              ['id', '=', '$1.authorId'],
              ['name', '=', 'Alice'],
            ],
          },
        },
      ],
    });
    await todos.storeUser('alice', 'Zed');
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({
      todos: { sets: {}, deletes: ['t2', 't3'] },
      users: { sets: {}, deletes: ['alice'] },
    });
  });

  it('gets several commits of one turn as one message', async () => {
    const client = await todos.connect();
    await client.query('q', { collectionName: 'todos' });
    todos.db.commitChanges(
      { todos: { sets: new Map([['t1', encodedTodo('t1')]]), deletes: new Set() } },
      { skipRules: true },
    );
    todos.db.commitChanges(
      { todos: { sets: new Map([['t2', encodedTodo('t2')]]), deletes: new Set() } },
      { skipRules: true },
    );
    todos.db.commitChanges(
      { todos: { sets: new Map([['t1', { text: 'newer' }]]), deletes: new Set() } },
      { skipRules: true },
    );
    expect(contents(await client.next('ENTITY_DATA')).todos?.sets).toEqual({
      t1: encodedTodo('t1', { text: 'newer' }),
      t2: encodedTodo('t2'),
    });
    await client.expectSilence();
  });

  it('is told to delete everything when the server is cleared', async () => {
    await todos.store(encodedTodo('t1'), encodedTodo('t2'));
    const client = await todos.connect();
    await client.query('q', { collectionName: 'todos' });
    await todos.db.clear();
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({ todos: { sets: {}, deletes: ['t1', 't2'] } });
  });

  it('is silent after it was disconnected, and starts anew when connected again', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    await client.query('q', { collectionName: 'todos' });
    client.send('DISCONNECT_QUERY', { id: 'q' });
    client.send('DISCONNECT_QUERY', { id: 'never-connected' });
    await todos.store({ id: 't1', text: 'changed' });
    await client.expectSilence();
    expect(contents(await client.query('q', { collectionName: 'todos' })).todos?.sets).toEqual({
      t1: encodedTodo('t1', { text: 'changed' }),
    });
  });

  it('connected twice under one id is answered in full again', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    const params = { collectionName: 'todos' };
    const first = await client.query('dup', params);
    const second = await client.query('dup', params);
    expect(contents(second)).toEqual(contents(first));
    await todos.store({ id: 't1', text: 'once' });
    await client.next('ENTITY_DATA');
    await client.expectSilence();
  });
});

describe('queries that overlap', () => {
  it('do not send an entity twice', async () => {
    await todos.store(encodedTodo('t1', { n: 1 }), encodedTodo('t2', { n: 2 }));
    const client = await todos.connect();
    await client.query('one', { collectionName: 'todos', where: [['n', '=', 1]] });
    expect(Object.keys(contents(await client.query('all', { collectionName: 'todos' })).todos!.sets)).toEqual(['t2']);
    expect(
      contents(await client.query('window', { collectionName: 'todos', order: [['n', 'DESC']], limit: 1 })).todos,
    ).toEqual({ sets: {}, deletes: [] });
  });

  it('keep an entity that leaves only one of them', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    await client.query('open', { collectionName: 'todos', where: [['done', '=', false]] });
    await client.query('all', { collectionName: 'todos' });
    await todos.store({ id: 't1', done: true });
    const data = await client.next('ENTITY_DATA');
    expect(contents(data)).toEqual({ todos: { sets: { t1: encodedTodo('t1', { done: true }) }, deletes: [] } });
    expect([...data.forQueries].sort()).toEqual(['all', 'open']);
  });

  it('let an entity go that leaves both at once', async () => {
    await todos.store(encodedTodo('t1', { n: 1 }));
    const client = await todos.connect();
    await client.query('a', { collectionName: 'todos', where: [['n', '=', 1]] });
    await client.query('b', { collectionName: 'todos', where: [['n', '<', 5]] });
    await todos.store({ id: 't1', n: 9 });
    expect(contents(await client.next('ENTITY_DATA')).todos).toEqual({ sets: {}, deletes: ['t1'] });
  });

  it('delete an entity whose other query was disconnected before', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    await client.query('open', { collectionName: 'todos', where: [['done', '=', false]] });
    await client.query('all', { collectionName: 'todos' });
    client.send('DISCONNECT_QUERY', { id: 'all' });
    await todos.store({ id: 't1', done: true });
    expect(contents(await client.next('ENTITY_DATA')).todos).toEqual({ sets: {}, deletes: ['t1'] });
  });
});
