/** A new schema with live clients: permissions hold for queries that are connected already. */
import { hashObject } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../../tests/support/todo-schema.ts';
import { alice, bob, contents, service, TodoServer } from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
  await todos.store(encodedTodo('a1', { authorId: 'alice' }), encodedTodo('b1', { authorId: 'bob' }));
});

/** The todo schema with another rule for reading todos. */
const readableIf = (filter: readonly unknown[]): DBSchema => {
  const schema = structuredClone(todoSchema) as any;
  schema.collections.todos.permissions = {
    user: {
      read: { filter },
      insert: { filter: [true] },
      update: { filter: [true] },
      delete: { filter: [true] },
    },
  };
  return schema as DBSchema;
};
const everything = { collectionName: 'todos' };

describe('a permission that changes while clients are connected', () => {
  it('takes from them at once what they may not read any more, and sends no later change of it', async () => {
    const client = await todos.connect(bob);
    const first = contents(await client.query('q', everything));
    expect(Object.keys(first['todos']!.sets)).toEqual(expect.arrayContaining(['a1', 'b1']));
    await todos.db.overrideSchema(readableIf([['authorId', '=', '$token.sub']]));
    const { todos: update } = contents(await client.next('ENTITY_DATA'));
    expect(update).toEqual({ sets: {}, deletes: ['a1'] });
    await todos.store({ id: 'a1', text: 'secret' }, { id: 'b1', text: 'mine' });
    expect(contents(await client.next('ENTITY_DATA'))['todos']).toMatchObject({
      sets: { b1: { text: 'mine' } },
      deletes: [],
    });
  });

  it('gives them at once what they may read now', async () => {
    await todos.db.overrideSchema(readableIf([['authorId', '=', '$token.sub']]));
    const client = await todos.connect(alice);
    expect(Object.keys(contents(await client.query('q', everything))['todos']!.sets)).toEqual(['a1']);
    await todos.db.overrideSchema(readableIf([true]));
    const { todos: update } = contents(await client.next('ENTITY_DATA'));
    expect(Object.keys(update!.sets)).toEqual(['b1']);
  });

  it('is of no concern to who reads past permissions', async () => {
    const client = await todos.connect(service);
    await client.query('q', everything);
    await todos.db.overrideSchema(readableIf([false]));
    await todos.store({ id: 'a1', text: 'still seen' });
    const seen: Record<string, unknown> = {};
    while (!('a1' in seen)) Object.assign(seen, contents(await client.next('ENTITY_DATA'))['todos']!.sets);
    expect(seen['a1']).toMatchObject({ text: 'still seen' });
  });
});

it('a query that a new schema makes invalid is refused by name, and the others go on', async () => {
  const client = await todos.connect(alice);
  await client.query('users', { collectionName: 'users' });
  await client.query('todos', everything);
  const { users: _users, ...rest } = todoSchema.collections as Record<string, unknown>;
  const withoutUsers = structuredClone({ ...todoSchema, collections: rest }) as any;
  for (const collection of Object.values<any>(withoutUsers.collections)) delete collection.relationships;
  const change = await todos.db.overrideSchema(withoutUsers as DBSchema);
  expect(change.successful).toBe(true);
  expect(await client.next('ERROR')).toMatchObject({
    messageType: 'CONNECT_QUERY',
    metadata: { queryKey: 'users', innerError: { name: 'InvalidCollectionNameError' } },
  });
  await todos.store({ id: 'a1', text: 'goes on' });
  const seen: Record<string, unknown> = {};
  while (!('a1' in seen)) Object.assign(seen, contents(await client.next('ENTITY_DATA'))['todos']?.sets);
  expect(seen['a1']).toMatchObject({ text: 'goes on' });
});

describe('the schemas that clients are known to work with', () => {
  const withAttribute = (name: string, type: string, config: object): DBSchema => {
    const schema = structuredClone(todoSchema) as any;
    schema.collections.users.schema.properties[name] = { type, config };
    return schema as DBSchema;
  };
  /** The first message to a client that was built with the schema. */
  const greeting = async ({ collections }: DBSchema): Promise<string> => {
    const client = connectInProcess(todos.server, alice, { schemaHash: hashObject(collections) });
    await client.next();
    client.close();
    return client.received[0]!.type;
  };

  it('do not hold the one that the server was started with, and grow by each that fits', async () => {
    const larger = withAttribute('age', 'number', { optional: true });
    expect(await greeting(todoSchema)).toBe('SCHEMA_REQUEST');
    expect(await greeting(larger)).toBe('SCHEMA_REQUEST');
    await todos.db.overrideSchema(larger);
    expect(await greeting(larger)).toBe('READY');
    await todos.db.overrideSchema(withAttribute('nick', 'string', { optional: true }));
    expect(await greeting(larger)).toBe('SCHEMA_REQUEST');
  });

  it('are forgotten for one that does not fit the last', async () => {
    const larger = withAttribute('age', 'number', { optional: true });
    await todos.db.overrideSchema(larger);
    await todos.db.overrideSchema({ ...larger, roles: {} } as DBSchema);
    expect(await greeting(larger)).toBe('READY');
    const other = withAttribute('age', 'string', { optional: true });
    await todos.db.overrideSchema(other);
    expect([await greeting(larger), await greeting(other)]).toEqual(['SCHEMA_REQUEST', 'READY']);
  });

  it('mean nothing for what is written later: the schema in force decides', async () => {
    const client = await todos.connect();
    await todos.db.overrideSchema(withAttribute('age', 'number', { optional: true }));
    client.write('users', { u: { id: 'u', name: 'U', age: 5 } });
    await client.next('CHANGES_ACK');
    client.write('users', { v: { id: 'v', name: 'V', age: 'five' } });
    expect((await client.next('ERROR')).error.name).toBe('DBSerializationError');
  });
});
