import { beforeEach, describe, expect, it } from 'vitest';
import { changesOf } from '../../../../tests/support/sync-client.ts';
import { encodedTodo } from '../../../../tests/support/todo-schema.ts';
import { alice, anonymous, bob, contents, service, TodoServer } from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
});

describe('writes', () => {
  it('of an empty batch are acknowledged', async () => {
    const client = await todos.connect();
    client.send('CHANGES', { changes: { json: {} } });
    await client.next('CHANGES_ACK');
  });

  it('to an entity that does not exist are acknowledged without effect', async () => {
    const client = await todos.connect();
    client.write('todos', { ghost: { text: 'x' } });
    await client.next('CHANGES_ACK');
    expect(await todos.db.fetch({ collectionName: 'todos' })).toEqual([]);
  });

  it('that delete what is already gone are acknowledged', async () => {
    const client = await todos.connect();
    client.write('todos', {}, ['missing']);
    await client.next('CHANGES_ACK');
  });

  it('that a permission forbids are refused whole, and the answer names the entity at fault', async () => {
    const client = await todos.connect(bob);
    client.send('CHANGES', {
      changes: changesOf({
        todos: { sets: { bad: encodedTodo('bad'), good: encodedTodo('good', { authorId: 'bob' }) } },
        users: { sets: { bob: { id: 'bob', name: 'Bob' } } },
      }),
    });
    const { messageType, error, metadata } = await client.next('ERROR');
    expect(messageType).toBe('CHANGES');
    expect(error).toMatchObject({
      name: 'WritePermissionError',
      status: 401,
      message: expect.stringContaining("'bad'"),
    });
    expect(metadata.failures).toHaveLength(2);
    expect(metadata.failures[0]).toMatchObject({
      collection: 'todos',
      entityId: 'bad',
      error: { name: 'WritePermissionError' },
      txId: expect.stringContaining('"server"'),
    });
    expect(await todos.db.fetch({ collectionName: 'todos' }, { skipRules: true })).toEqual([]);
    expect(await todos.db.fetch({ collectionName: 'users' }, { skipRules: true })).toEqual([]);
  });

  it('that do not fit the schema are refused', async () => {
    const client = await todos.connect();
    client.write('todos', { w1: { id: 'w1', text: 5, authorId: 'alice' } });
    expect(await client.next('ERROR')).toMatchObject({
      messageType: 'CHANGES',
      error: { name: 'DBSerializationError', status: 400 },
    });
  });

  it('get no defaults, which clients fill in: what lacks a required attribute is refused', async () => {
    const client = await todos.connect();
    client.write('todos', { w1: { id: 'w1', text: 'x', authorId: 'alice' } });
    expect((await client.next('ERROR')).error).toMatchObject({
      name: 'DBSerializationError',
      contextMessage: expect.stringContaining('done'),
    });
  });

  it('with an id merge into an entity that is there; together with a delete they replace it', async () => {
    const stored = () => todos.db.fetch({ collectionName: 'todos' }, { skipRules: true });
    await todos.store(encodedTodo('t1', { n: 1 }));
    const client = await todos.connect();
    client.write('todos', { t1: { id: 't1', text: 'merged' } });
    await client.next('CHANGES_ACK');
    expect(await stored()).toMatchObject([{ text: 'merged', n: 1 }]);
    client.write('todos', { t1: encodedTodo('t1') }, ['t1']);
    await client.next('CHANGES_ACK');
    const [replaced] = await stored();
    expect(replaced).toMatchObject({ text: 't1' });
    expect(replaced).not.toHaveProperty('n');
  });

  it('to the stored schema are refused for everyone but the service', async () => {
    for (const token of [anonymous, alice]) {
      const client = await todos.connect(token);
      client.write('_metadata', { _schema: { id: '_schema', collections: {}, roles: {} } });
      expect(await client.next('ERROR')).toMatchObject({
        messageType: 'CHANGES',
        error: { name: 'WritePermissionError' },
      });
      client.write('_metadata', {}, ['_schema']);
      await client.next('ERROR');
    }
    expect((await todos.db.fetch({ collectionName: '_metadata' }, { skipRules: true }))[0]).toMatchObject({
      collections: { todos: expect.anything() },
    });
  });

  it('to collections that the schema does not name are refused', async () => {
    const client = await todos.connect();
    client.write('unknown', { x: { id: 'x' } });
    expect(await client.next('ERROR')).toMatchObject({ error: { name: 'InvalidCollectionNameError' } });
  });

  it('of two frames at the same moment are both kept', async () => {
    await todos.store(encodedTodo('t1'));
    const client = await todos.connect();
    client.write('todos', { t1: { text: 'first' } });
    client.write('todos', { t1: { n: 7 } });
    await client.next('CHANGES_ACK');
    await client.next('CHANGES_ACK');
    expect(todos.db.rowOf('todos', 't1')).toMatchObject({ text: 'first', n: 7 });
  });

  it('are seen by a query that is sent right after them', async () => {
    const client = await todos.connect();
    client.write('todos', { t1: encodedTodo('t1') });
    client.send('CONNECT_QUERY', { id: 'q', params: { collectionName: 'todos' } });
    await client.next('CHANGES_ACK');
    expect(contents(await client.next('ENTITY_DATA')).todos?.sets).toHaveProperty('t1');
  });

  it('with a service token pass permissions, not types', async () => {
    const client = await todos.connect(service);
    client.write('secrets', { s1: { id: 's1', v: 'top' } });
    await client.next('CHANGES_ACK');
    client.write('secrets', { s2: { id: 's2', v: 2 } });
    expect(await client.next('ERROR')).toMatchObject({ error: { name: 'DBSerializationError' } });
  });

  it('arrive in chunks, in any order', async () => {
    const client = await todos.connect();
    const text = JSON.stringify({
      type: 'CHANGES',
      payload: { changes: changesOf({ todos: { sets: { ck: encodedTodo('ck') } } }) },
    });
    const third = Math.ceil(text.length / 3);
    const parts = [0, 1, 2].map((index) => ({
      data: text.slice(index * third, (index + 1) * third),
      total: 3,
      index,
      id: 'abc123',
    }));
    for (const index of [2, 0, 1]) client.send('CHUNK', parts[index]);
    await client.next('CHANGES_ACK');
    expect(todos.db.rowOf('todos', 'ck')).toMatchObject({ text: 'ck' });
  });
});
