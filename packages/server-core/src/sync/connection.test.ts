import { createDB } from '@triplit/db';
import type { DB } from '@triplit/db';
import { beforeEach, describe, expect, it } from 'vitest';
import { changesOf, connectInProcess } from '../../../../tests/support/sync-client.ts';
import type { SyncClient } from '../../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../../tests/support/todo-schema.ts';
import { Server } from '../server.ts';

const alice = { sub: 'alice' };
const bob = { sub: 'bob' };
const service = { 'x-triplit-token-type': 'secret' };
const anonymous = { 'x-triplit-token-type': 'anon' };

let db: DB;
let server: Server;

async function connect(token: Record<string, unknown> = alice): Promise<SyncClient> {
  const client = connectInProcess(server, token);
  await client.next('READY');
  return client;
}

/** Writes as the server itself, past permissions. */
async function store(...todos: Record<string, unknown>[]): Promise<void> {
  const sets = new Map(todos.map((todo) => [todo['id'] as string, todo]));
  await db.commitChanges({ todos: { sets, deletes: new Set() } }, { skipRules: true }).durable;
}

async function storeUser(id: string, name: string): Promise<void> {
  await db.commitChanges({ users: { sets: new Map([[id, { id, name }]]), deletes: new Set() } }, { skipRules: true }).durable;
}

/** Sets and deletes by collection, easier to compare than pairs. */
function contents(payload: { changes: { json: Record<string, { sets: [string, unknown][]; deletes: string[] }> } }) {
  return Object.fromEntries(
    Object.entries(payload.changes.json).map(([collection, { sets, deletes }]) => [
      collection,
      { sets: Object.fromEntries(sets), deletes: [...deletes].sort() },
    ]),
  );
}

const isLater = (a: [number, number, string], b: [number, number, string]) => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);

beforeEach(async () => {
  ({ db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true }));
  server = new Server(db);
});

describe('a first query', () => {
  it('is answered even when it has no results', async () => {
    const client = await connect();
    const data = await client.query('3003707951', { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } });
    expect(data.changes.json.todos).toEqual({ sets: [], deletes: [] });
    expect(data.changes.meta).toMatchObject({ values: { 'todos.sets': ['map'], 'todos.deletes': ['set'] }, v: 1 });
    expect(data.timestamp).toEqual([expect.any(Number), expect.any(Number), 'server']);
    expect(data.forQueries).toEqual(['3003707951']);
  });

  it('gets complete entities with what it includes', async () => {
    await storeUser('alice', 'Alice');
    await store(encodedTodo('t1', { n: 1, tags: { x: true, y: false } }), encodedTodo('t2', { done: true }));
    const client = await connect();
    const data = await client.query('q', { collectionName: 'todos', select: ['id'], where: [['done', '=', false]], include: { author: null } });
    expect(contents(data)).toEqual({
      todos: { sets: { t1: encodedTodo('t1', { n: 1, tags: { x: true, y: false } }) }, deletes: [] },
      users: { sets: { alice: { id: 'alice', name: 'Alice' } }, deletes: [] },
    });
  });

  it('gets the entities that its filters and its order need', async () => {
    await storeUser('alice', 'Alice');
    await store(encodedTodo('t1'));
    const client = await connect();
    const exists = { exists: { collectionName: 'users', where: [['id', '=', '$1.authorId'], ['name', '=', 'Alice']] } };
    expect(contents(await client.query('rel', { collectionName: 'todos', where: [exists] })).users?.sets).toEqual({
      alice: { id: 'alice', name: 'Alice' },
    });
    const other = await connect(bob);
    expect(contents(await other.query('order', { collectionName: 'todos', order: [['author.name', 'ASC']] })).users?.sets).toEqual({
      alice: { id: 'alice', name: 'Alice' },
    });
  });

  it('shares one answer with a query connected in the same turn', async () => {
    await storeUser('alice', 'Zed');
    await store(encodedTodo('t2', { n: 2 }));
    const client = await connect();
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
    await db.commitChanges({ secrets: { sets: new Map([['s1', { id: 's1', v: 'top' }]]), deletes: new Set() } }, { skipRules: true }).durable;
    const client = await connect();
    expect(contents(await client.query('s', { collectionName: 'secrets' }))).toEqual({ secrets: { sets: {}, deletes: [] } });
    const admin = await connect(service);
    expect(contents(await admin.query('s', { collectionName: 'secrets' })).secrets?.sets).toEqual({ s1: { id: 's1', v: 'top' } });
  });

  it('shows the schema to clients that sync it', async () => {
    const client = await connect(anonymous);
    const data = await client.query('schema', { collectionName: '_metadata', where: [['id', '=', '_schema']] });
    expect(contents(data)._metadata?.sets._schema).toMatchObject({ id: '_schema', collections: { todos: expect.anything() } });
  });

  it('that is invalid is refused by name, and the connection goes on', async () => {
    const client = await connect();
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
    const client = await connect();
    await client.query('q', { collectionName: 'todos' });
    client.write('todos', { t1: encodedTodo('t1') });
    const ack = await client.next('CHANGES_ACK');
    const data = await client.next('ENTITY_DATA');
    expect(contents(data)).toEqual({ todos: { sets: { t1: encodedTodo('t1') }, deletes: [] } });
    expect(isLater(data.timestamp, ack.timestamp)).toBe(true);
  });

  it('gets the whole entity after a partial update, in every connection', async () => {
    await store(encodedTodo('t1', { tags: { x: true, y: true }, meta: { a: 1, b: 'bb' } }));
    const [a, b] = [await connect(alice), await connect(bob)];
    await a.query('a', { collectionName: 'todos' });
    await b.query('b', { collectionName: 'todos' });
    a.write('todos', { t1: { text: 'two', tags: { z: true, x: false }, meta: { b: 'cc' }, n: 5 } });
    await a.next('CHANGES_ACK');
    const updated = encodedTodo('t1', { text: 'two', tags: { x: false, y: true, z: true }, meta: { a: 1, b: 'cc' }, n: 5 });
    expect(contents(await a.next('ENTITY_DATA')).todos?.sets).toEqual({ t1: updated });
    expect(contents(await b.next('ENTITY_DATA')).todos?.sets).toEqual({ t1: updated });
  });

  it('loses an entity that no longer matches, with what was included for it', async () => {
    await storeUser('alice', 'Alice');
    await store(encodedTodo('t1'));
    const [a, b] = [await connect(alice), await connect(bob)];
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
    await store(encodedTodo('t1', { n: 1 }), encodedTodo('t3', { n: 3 }));
    const client = await connect();
    expect(contents(await client.query('win', { collectionName: 'todos', order: [['n', 'DESC']], limit: 1 })).todos?.sets).toHaveProperty('t3');
    await store({ id: 't1', n: 99 });
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({
      todos: { sets: { t1: encodedTodo('t1', { n: 99 }) }, deletes: ['t3'] },
    });
  });

  it('loses entities whose related entity no longer satisfies the filter', async () => {
    await storeUser('alice', 'Alice');
    await store(encodedTodo('t2'), encodedTodo('t3'));
    const client = await connect();
    await client.query('rel', {
      collectionName: 'todos',
      where: [{ exists: { collectionName: 'users', where: [['id', '=', '$1.authorId'], ['name', '=', 'Alice']] } }],
    });
    await storeUser('alice', 'Zed');
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({
      todos: { sets: {}, deletes: ['t2', 't3'] },
      users: { sets: {}, deletes: ['alice'] },
    });
  });

  it('gets several commits of one turn as one message', async () => {
    const client = await connect();
    await client.query('q', { collectionName: 'todos' });
    db.commitChanges({ todos: { sets: new Map([['t1', encodedTodo('t1')]]), deletes: new Set() } }, { skipRules: true });
    db.commitChanges({ todos: { sets: new Map([['t2', encodedTodo('t2')]]), deletes: new Set() } }, { skipRules: true });
    db.commitChanges({ todos: { sets: new Map([['t1', { text: 'newer' }]]), deletes: new Set() } }, { skipRules: true });
    expect(contents(await client.next('ENTITY_DATA')).todos?.sets).toEqual({
      t1: encodedTodo('t1', { text: 'newer' }),
      t2: encodedTodo('t2'),
    });
    await client.expectSilence();
  });

  it('is told to delete everything when the server is cleared', async () => {
    await store(encodedTodo('t1'), encodedTodo('t2'));
    const client = await connect();
    await client.query('q', { collectionName: 'todos' });
    await db.clear();
    expect(contents(await client.next('ENTITY_DATA'))).toEqual({ todos: { sets: {}, deletes: ['t1', 't2'] } });
  });

  it('is silent after it was disconnected, and starts anew when connected again', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    await client.query('q', { collectionName: 'todos' });
    client.send('DISCONNECT_QUERY', { id: 'q' });
    client.send('DISCONNECT_QUERY', { id: 'never-connected' });
    await store({ id: 't1', text: 'changed' });
    await client.expectSilence();
    expect(contents(await client.query('q', { collectionName: 'todos' })).todos?.sets).toEqual({ t1: encodedTodo('t1', { text: 'changed' }) });
  });

  it('connected twice under one id is answered in full again', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    const params = { collectionName: 'todos' };
    const first = await client.query('dup', params);
    const second = await client.query('dup', params);
    expect(contents(second)).toEqual(contents(first));
    await store({ id: 't1', text: 'once' });
    await client.next('ENTITY_DATA');
    await client.expectSilence();
  });
});

describe('queries that overlap', () => {
  it('do not send an entity twice', async () => {
    await store(encodedTodo('t1', { n: 1 }), encodedTodo('t2', { n: 2 }));
    const client = await connect();
    await client.query('one', { collectionName: 'todos', where: [['n', '=', 1]] });
    expect(Object.keys(contents(await client.query('all', { collectionName: 'todos' })).todos!.sets)).toEqual(['t2']);
    expect(contents(await client.query('window', { collectionName: 'todos', order: [['n', 'DESC']], limit: 1 })).todos).toEqual({ sets: {}, deletes: [] });
  });

  it('keep an entity that leaves only one of them', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    await client.query('open', { collectionName: 'todos', where: [['done', '=', false]] });
    await client.query('all', { collectionName: 'todos' });
    await store({ id: 't1', done: true });
    const data = await client.next('ENTITY_DATA');
    expect(contents(data)).toEqual({ todos: { sets: { t1: encodedTodo('t1', { done: true }) }, deletes: [] } });
    expect([...data.forQueries].sort()).toEqual(['all', 'open']);
  });

  it('let an entity go that leaves both at once', async () => {
    await store(encodedTodo('t1', { n: 1 }));
    const client = await connect();
    await client.query('a', { collectionName: 'todos', where: [['n', '=', 1]] });
    await client.query('b', { collectionName: 'todos', where: [['n', '<', 5]] });
    await store({ id: 't1', n: 9 });
    expect(contents(await client.next('ENTITY_DATA')).todos).toEqual({ sets: {}, deletes: ['t1'] });
  });

  it('delete an entity whose other query was disconnected before', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    await client.query('open', { collectionName: 'todos', where: [['done', '=', false]] });
    await client.query('all', { collectionName: 'todos' });
    client.send('DISCONNECT_QUERY', { id: 'all' });
    await store({ id: 't1', done: true });
    expect(contents(await client.next('ENTITY_DATA')).todos).toEqual({ sets: {}, deletes: ['t1'] });
  });
});

describe('a client that comes back', () => {
  const open = { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } };

  it('gets only what it missed: changed, new and gone entities', async () => {
    await storeUser('alice', 'Alice');
    await store(encodedTodo('keep'), encodedTodo('upd'), encodedTodo('evict'), encodedTodo('del'));
    const before = await connect();
    const { timestamp } = await before.query('q', open);
    before.close();
    await store({ id: 'upd', text: 'upd2' }, { id: 'evict', done: true }, encodedTodo('new'));
    await db.commitChanges({ todos: { sets: new Map(), deletes: new Set(['del']) } }, { skipRules: true }).durable;
    const client = await connect();
    const entityIds = { todos: ['del', 'evict', 'keep', 'upd'], users: ['alice'] };
    expect(contents(await client.query('q', open, { timestamp, entityIds }))).toEqual({
      todos: {
        sets: { new: encodedTodo('new'), upd: encodedTodo('upd', { text: 'upd2' }), evict: encodedTodo('evict', { done: true }) },
        deletes: ['del'],
      },
      users: { sets: {}, deletes: [] },
    });
  });

  it('gets an empty answer when it missed nothing', async () => {
    await store(encodedTodo('t1'));
    const before = await connect();
    const { timestamp } = await before.query('q', open);
    const client = await connect();
    const data = await client.query('q', open, { timestamp, entityIds: { todos: ['t1'] } });
    expect(contents(data).todos).toEqual({ sets: {}, deletes: [] });
    expect(data.forQueries).toEqual(['q']);
  });

  it('gets deletes for ids and collections that do not exist', async () => {
    const client = await connect();
    const state = { timestamp: [1, 0, 'server'], entityIds: { todos: ['ghost'], nope: ['a'], constructor: ['b'] } };
    const data = contents(await client.query('q', open, state));
    expect(data.todos).toEqual({ sets: {}, deletes: ['ghost'] });
    expect(data.nope).toEqual({ sets: {}, deletes: ['a'] });
  });

  it('is told to delete what it may no longer read', async () => {
    await db.commitChanges({ secrets: { sets: new Map([['s', { id: 's', v: 'x' }]]), deletes: new Set() } }, { skipRules: true }).durable;
    const client = await connect();
    const state = { timestamp: db.clock.next(), entityIds: { secrets: ['s'] } };
    expect(contents(await client.query('q', { collectionName: 'secrets' }, state)).secrets).toEqual({ sets: {}, deletes: ['s'] });
  });

  it('gets an entity stamped exactly at its checkpoint again', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    const state = { timestamp: db.timestampOf('todos', 't1'), entityIds: { todos: ['t1'] } };
    expect(contents(await client.query('q', open, state)).todos?.sets).toHaveProperty('t1');
  });

  it('misses no write committed before a data message that does not carry it, however the connection ends', async () => {
    const client = await connect();
    await client.query('q', { collectionName: 'todos' });
    for (let round = 0; round < 20; round++) {
      await store(encodedTodo(`t${round}`));
      const stamp = db.timestampOf('todos', `t${round}`) as [number, number, string];
      const { timestamp, changes } = await client.next('ENTITY_DATA');
      expect(isLater(timestamp, stamp)).toBe(true);
      expect(changes.json.todos.sets.map(([id]: [string]) => id)).toEqual([`t${round}`]);
    }
  });

  it('gets again what changed while a query was disconnected, though its checkpoint moved on', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    const todos = { collectionName: 'todos', where: [['n', 'isDefined', false]] };
    await client.query('q', todos);
    await client.query('users', { collectionName: 'users' });
    client.send('DISCONNECT_QUERY', { id: 'q' });
    await store({ id: 't1', text: 'meanwhile' });
    await storeUser('u', 'moves the checkpoint');
    const { timestamp } = await client.next('ENTITY_DATA');
    const data = await client.query('q', todos, { timestamp, entityIds: { todos: ['t1'] } });
    expect(contents(data).todos?.sets).toEqual({ t1: encodedTodo('t1', { text: 'meanwhile' }) });
  });
});

describe('writes', () => {
  it('of an empty batch are acknowledged', async () => {
    const client = await connect();
    client.send('CHANGES', { changes: { json: {} } });
    await client.next('CHANGES_ACK');
  });

  it('to an entity that does not exist are acknowledged without effect', async () => {
    const client = await connect();
    client.write('todos', { ghost: { text: 'x' } });
    await client.next('CHANGES_ACK');
    expect(await db.fetch({ collectionName: 'todos' })).toEqual([]);
  });

  it('that delete what is already gone are acknowledged', async () => {
    const client = await connect();
    client.write('todos', {}, ['missing']);
    await client.next('CHANGES_ACK');
  });

  it('that a permission forbids are refused whole, and the answer says which collection', async () => {
    const client = await connect(bob);
    client.send('CHANGES', {
      changes: changesOf({ todos: { sets: { bad: encodedTodo('bad'), good: encodedTodo('good', { authorId: 'bob' }) } }, users: { sets: { bob: { id: 'bob', name: 'Bob' } } } }),
    });
    const { messageType, error, metadata } = await client.next('ERROR');
    expect(messageType).toBe('CHANGES');
    expect(error).toMatchObject({ name: 'WritePermissionError', status: 401, message: expect.stringContaining("'bad'") });
    expect(metadata.failures).toHaveLength(2);
    expect(metadata.failures[0]).toMatchObject({ collection: 'todos', error: { name: 'WritePermissionError' }, txId: expect.stringContaining('"server"') });
    expect(await db.fetch({ collectionName: 'todos' }, { skipRules: true })).toEqual([]);
    expect(await db.fetch({ collectionName: 'users' }, { skipRules: true })).toEqual([]);
  });

  it('that do not fit the schema are refused', async () => {
    const client = await connect();
    client.write('todos', { w1: { id: 'w1', text: 5, authorId: 'alice' } });
    expect(await client.next('ERROR')).toMatchObject({ messageType: 'CHANGES', error: { name: 'DBSerializationError', status: 400 } });
  });

  it('to the stored schema are refused for everyone but the service', async () => {
    for (const token of [anonymous, alice]) {
      const client = await connect(token);
      client.write('_metadata', { _schema: { id: '_schema', collections: {}, roles: {} } });
      expect(await client.next('ERROR')).toMatchObject({ messageType: 'CHANGES', error: { name: 'WritePermissionError' } });
      client.write('_metadata', {}, ['_schema']);
      await client.next('ERROR');
    }
    expect((await db.fetch({ collectionName: '_metadata' }, { skipRules: true }))[0]).toMatchObject({ collections: { todos: expect.anything() } });
  });

  it('to collections that the schema does not name are refused', async () => {
    const client = await connect();
    client.write('unknown', { x: { id: 'x' } });
    expect(await client.next('ERROR')).toMatchObject({ error: { name: 'InvalidCollectionNameError' } });
  });

  it('of two frames at the same moment are both kept', async () => {
    await store(encodedTodo('t1'));
    const client = await connect();
    client.write('todos', { t1: { text: 'first' } });
    client.write('todos', { t1: { n: 7 } });
    await client.next('CHANGES_ACK');
    await client.next('CHANGES_ACK');
    expect(db.rowOf('todos', 't1')).toMatchObject({ text: 'first', n: 7 });
  });

  it('are seen by a query that is sent right after them', async () => {
    const client = await connect();
    client.write('todos', { t1: encodedTodo('t1') });
    client.send('CONNECT_QUERY', { id: 'q', params: { collectionName: 'todos' } });
    await client.next('CHANGES_ACK');
    expect(contents(await client.next('ENTITY_DATA')).todos?.sets).toHaveProperty('t1');
  });

  it('with a service token pass permissions, not types', async () => {
    const client = await connect(service);
    client.write('secrets', { s1: { id: 's1', v: 'top' } });
    await client.next('CHANGES_ACK');
    client.write('secrets', { s2: { id: 's2', v: 2 } });
    expect(await client.next('ERROR')).toMatchObject({ error: { name: 'DBSerializationError' } });
  });

  it('arrive in chunks, in any order', async () => {
    const client = await connect();
    const text = JSON.stringify({ type: 'CHANGES', payload: { changes: changesOf({ todos: { sets: { ck: encodedTodo('ck') } } }) } });
    const third = Math.ceil(text.length / 3);
    const parts = [0, 1, 2].map((index) => ({ data: text.slice(index * third, (index + 1) * third), total: 3, index, id: 'abc123' }));
    for (const index of [2, 0, 1]) client.send('CHUNK', parts[index]);
    await client.next('CHANGES_ACK');
    expect(db.rowOf('todos', 'ck')).toMatchObject({ text: 'ck' });
  });
});

describe('the handshake', () => {
  const hash = 2088926778;

  it('asks for an unknown schema, then knows it', async () => {
    const client = connectInProcess(server, alice, { schemaHash: hash });
    expect(await client.next('SCHEMA_REQUEST')).toEqual({});
    client.send('CONNECT_QUERY', { id: '1', params: { collectionName: 'todos' } });
    expect(await client.next('ERROR')).toMatchObject({ messageType: 'CONNECT_QUERY', error: { contextMessage: 'Server not ready for messages' } });
    client.send('SCHEMA_RESPONSE', { schema: todoSchema });
    expect(await client.next('READY')).toEqual({ clientId: expect.any(String) });
    await connectInProcess(server, alice, { schemaHash: hash }).next('READY');
  });

  it('accepts an older schema that lacks an optional attribute', async () => {
    const older = structuredClone(todoSchema) as any;
    delete older.collections.todos.schema.properties.j;
    const client = connectInProcess(server, alice, { schemaHash: 12345 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', { schema: older });
    await client.next('READY');
  });

  it('refuses an incompatible schema', async () => {
    const other = structuredClone(todoSchema) as any;
    other.collections.todos.schema.properties.text.type = 'number';
    const client = connectInProcess(server, alice, { schemaHash: 54321 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', { schema: other });
    expect(await client.next('CLOSE')).toEqual({
      type: 'SCHEMA_MISMATCH',
      retry: false,
      message: 'The client schema is not backwards compatible with the server schema.',
    });
    client.send('PING', { clientTimestamp: 1 });
    expect(await client.next('ERROR')).toMatchObject({ messageType: 'PING', error: { contextMessage: 'Server not ready for messages' } });
  });

  it('closes the socket of a client that stays in spite of the mismatch', async () => {
    server = new Server(db, { limits: { schemaMismatchGraceMs: 10 } });
    const client = connectInProcess(server, alice, { schemaHash: 1 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', { schema: { collections: { todos: { schema: { type: 'record', properties: { id: { type: 'number' } } } } } } });
    await client.next('CLOSE');
    expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"SCHEMA_MISMATCH","retry":false}' });
  });

  it('accepts a client that has no schema after all', async () => {
    const client = connectInProcess(server, alice, { schemaHash: 777 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', {});
    await client.next('READY');
  });

  it('refuses a client with a schema when the server has none', async () => {
    const { db: schemaless } = await createDB({ clientId: 'server' });
    const client = connectInProcess(new Server(schemaless), alice, { schemaHash: 5 });
    expect(await client.next('CLOSE')).toMatchObject({ type: 'SCHEMA_MISMATCH', retry: false });
  });

  it('keeps messages that come before it is over for afterwards', async () => {
    const client = connectInProcess(server, alice);
    client.send('PING', { clientTimestamp: 1 });
    await client.next('READY');
    expect(await client.next('PONG')).toEqual({ clientTimestamp: 1, serverTimestamp: expect.any(Number) });
  });
});

describe('tokens', () => {
  const soon = (seconds: number) => Date.now() / 1000 + seconds;

  it('that expire end an idle connection', async () => {
    const client = connectInProcess(server, { ...alice, exp: soon(0.03) });
    await client.next('READY');
    expect(await client.next('CLOSE')).toEqual({ type: 'TOKEN_EXPIRED', retry: false });
    expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"TOKEN_EXPIRED","retry":false}' });
    expect(server.connectionCount).toBe(0);
  });

  it('are renewed without interruption', async () => {
    const connection = server.openConnection({ ...alice, exp: soon(0.03) });
    const received: string[] = [];
    connection.addListener((type) => received.push(type));
    await connection.start();
    connection.updateToken({ ...alice, exp: soon(60) });
    await new Promise((resolve) => setTimeout(resolve, 60));
    await connection.dispatchCommand({ type: 'PING', payload: {} });
    expect(received).toEqual(['READY', 'PONG']);
    connection.close();
  });

  it('of another principal end the connection, even with the same roles', async () => {
    await db.overrideSchema({ ...todoSchema, roles: { user: { match: {} } } } as any);
    for (const other of [bob, service, { ...alice, iss: 'https://elsewhere' }]) {
      const client = await connect();
      server.getConnection([...clientIds()].at(-1)!)!.updateToken(other);
      expect(await client.next('CLOSE')).toEqual({ type: 'ROLES_MISMATCH', retry: false, message: "Roles for new token don't match the old token." });
      expect((await client.closed).code).toBe(1008);
    }
  });

  it('with other roles end the connection', async () => {
    const client = await connect(anonymous);
    server.getConnection([...clientIds()].at(-1)!)!.updateToken(alice);
    expect(await client.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH' });
  });

  function* clientIds(): Iterable<string> {
    for (const id of server.clientIds()) yield id;
  }
});

describe('hostile frames', () => {
  const frames: [what: string, frame: string][] = [
    ['no JSON', '{nope'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '5'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['an unknown type', '{"type":"WHAT","payload":{}}'],
    ['a type that every object has', '{"type":"constructor","payload":{}}'],
    ['PING without payload', '{"type":"PING"}'],
    ['CHANGES without payload', '{"type":"CHANGES"}'],
    ['CHANGES with an empty payload', '{"type":"CHANGES","payload":{}}'],
    ['CHANGES that are null', '{"type":"CHANGES","payload":{"changes":{"json":{"todos":null}}}}'],
    ['CHANGES of a collection named __proto__', '{"type":"CHANGES","payload":{"changes":{"json":{"__proto__":{"sets":[],"deletes":[]}}}}}'],
    ['CHANGES with a broken annotation', '{"type":"CHANGES","payload":{"changes":{"json":{"todos":{}},"meta":{"values":{"todos.sets.x":["map"]}}}}}'],
    ['CONNECT_QUERY without payload', '{"type":"CONNECT_QUERY"}'],
    ['CONNECT_QUERY without query', '{"type":"CONNECT_QUERY","payload":{"id":"x"}}'],
    ['CONNECT_QUERY with a broken where', '{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos","where":[[[[null]]]]}}}'],
    ['CONNECT_QUERY with a broken state', '{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos"},"state":{"timestamp":5}}}'],
    ['SCHEMA_RESPONSE without payload', '{"type":"SCHEMA_RESPONSE"}'],
    ['SCHEMA_RESPONSE with nonsense', '{"type":"SCHEMA_RESPONSE","payload":{"schema":{"collections":{"todos":5}}}}'],
    ['UPDATE_TOKEN without payload', '{"type":"UPDATE_TOKEN"}'],
    ['CHUNK without payload', '{"type":"CHUNK"}'],
    ['CHUNK with an impossible index', '{"type":"CHUNK","payload":{"id":"a","data":"x","index":9,"total":2}}'],
    ['CHUNK of nothing readable', '{"type":"CHUNK","payload":{"id":"a","data":"{","index":0,"total":1}}'],
    ['a very deep query', `{"type":"CONNECT_QUERY","payload":{"id":"x","params":{"collectionName":"todos","where":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`],
  ];

  it.each(frames)('are answered by an error: %s', async (_what, frame) => {
    const client = await connect();
    client.sendText(frame);
    expect(['ERROR', 'CLOSE']).toContain((await nextMessage(client)).type);
    const other = await connect();
    other.send('PING', {});
    await other.next('PONG');
  });

  it('of refused changes always name a failure, which clients look for', async () => {
    const client = await connect();
    client.send('CHANGES', {});
    expect((await client.next('ERROR')).metadata.failures[0].error.name).toBe('TriplitError');
    client.send('CHANGES', { changes: { json: { todos: null } } });
    expect((await client.next('ERROR')).metadata.failures[0].error.name).toBe('TriplitError');
  });

  it('cannot connect more queries than allowed', async () => {
    server = new Server(db, { limits: { queriesPerConnection: 2 } });
    const client = await connect();
    await client.query('1', { collectionName: 'todos' });
    await client.query('2', { collectionName: 'todos' });
    client.send('CONNECT_QUERY', { id: '3', params: { collectionName: 'todos' } });
    expect(await client.next('ERROR')).toMatchObject({ error: { name: 'QuerySyncError' }, metadata: { queryKey: '3' } });
    expect((await client.query('1', { collectionName: 'todos' })).forQueries).toEqual(['1']);
  });

  async function nextMessage(client: SyncClient) {
    await client.next();
    return client.received.at(-1)!;
  }
});
