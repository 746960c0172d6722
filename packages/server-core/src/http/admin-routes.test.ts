import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, signToken } from '../../../../tests/support/api-client.ts';
import { changesOf, connectInProcess } from '../../../../tests/support/sync-client.ts';
import { todoSchema } from '../../../../tests/support/todo-schema.ts';

let api: ApiClient;
beforeEach(async () => {
  api = await ApiClient.start();
});

describe('the service', () => {
  it('counts entities by collection', async () => {
    await api.asService('/insert', { collectionName: 'users', entity: { id: 'u', name: 'U' } });
    expect((await api.asService('/stats')).body).toEqual([
      { collection: 'todos', numEntities: 0 },
      { collection: 'users', numEntities: 1 },
      { collection: 'secrets', numEntities: 0 },
    ]);
  });

  it('reads and replaces the schema', async () => {
    expect((await api.asService('/schema', { format: 'json' })).body).toEqual({
      type: 'schema',
      schema: JSON.parse(JSON.stringify(todoSchema)),
    });
    expect(await api.asService('/schema', { format: 'file' })).toMatchObject({
      status: 400,
      body: { contextMessage: 'Invalid format' },
    });
    expect((await api.asService('/override-schema', { schema: todoSchema })).body).toMatchObject({
      successful: true,
      code: 'SUCCESS',
      diff: [],
    });
    const { roles: _roles, ...withoutRoles } = todoSchema;
    expect((await api.asService('/override-schema', { schema: withoutRoles })).body).toMatchObject({
      successful: true,
    });
    expect(Object.keys((await api.asService('/schema')).body.schema.roles)).toEqual(['anonymous', 'authenticated']);
    expect(
      await api.asService('/override-schema', {
        schema: { collections: { c: { schema: { type: 'record', properties: {} } } } },
      }),
    ).toMatchObject({
      status: 200,
      body: { successful: false, code: 'SCHEMA_INVALID' },
    });
    expect(await api.asService('/override-schema', {})).toMatchObject({ status: 500 });
  });

  it('applies changes as they are', async () => {
    expect(
      await api.asService('/apply-changes', {
        changes: changesOf({ users: { sets: { ac: { id: 'ac', name: 'AC' } } } }),
      }),
    ).toMatchObject({ status: 200, body: {} });
    expect((await api.asService('/fetch', { query: { collectionName: 'users' } })).body).toEqual([
      { id: 'ac', name: 'AC' },
    ]);
    expect(await api.asService('/apply-changes', {})).toMatchObject({
      status: 500,
      body: { contextMessage: 'Could not apply changes. An unknown error occurred.' },
    });
  });

  it('deletes what a collection holds, clears the data, and drops the schema', async () => {
    await api.asService('/bulk-insert', {
      users: [
        { id: 'a', name: 'A' },
        { id: 'b', name: 'B' },
      ],
      todos: [{ id: 't', text: 't' }],
    });
    expect(await api.asService('/delete-all', { collectionName: 'users' })).toMatchObject({ status: 200, body: {} });
    expect((await api.asService('/stats')).body).toContainEqual({ collection: 'users', numEntities: 0 });
    expect(await api.asService('/clear', {})).toMatchObject({ status: 200, body: {} });
    expect((await api.asService('/schema')).body.type).toBe('schema');
    expect(await api.asService('/clear', { full: true })).toMatchObject({ status: 200 });
    expect((await api.asService('/schema')).body).toEqual({ type: 'schemaless' });
    expect((await api.asService('/stats')).body).toEqual([]);
    expect(await api.asAlice('/fetch', { query: { collectionName: 'anything' } })).toMatchObject({
      status: 200,
      body: [],
    });
  });
});

it('a client that is connected while everything is cleared is told, and goes on without a schema', async () => {
  const client = connectInProcess(api.todos.server, { sub: 'alice' });
  await client.next('READY');
  await api.asService('/bulk-insert', { users: [{ id: 'a', name: 'A' }] });
  await client.query('q', { collectionName: 'users' });
  await api.asService('/clear', { full: true });
  expect((await client.next('ENTITY_DATA')).changes.json.users).toEqual({ sets: [], deletes: ['a'] });
  await api.asService('/insert', { collectionName: 'free', entity: { id: '1', any: 'thing' } });
  expect((await api.asService('/stats')).body).toEqual([{ collection: 'free', numEntities: 1 }]);
});

describe('token updates', () => {
  it('prolong the connection they name', async () => {
    const exp = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    const client = connectInProcess(api.todos.server, { sub: 'alice' }, { expiresAt: exp(-4) });
    const { clientId } = await client.next('READY');
    expect(
      await api.request('POST', '/update-token', {
        token: await signToken({ sub: 'alice', exp: exp(60) }),
        body: { clientId },
      }),
    ).toMatchObject({
      status: 200,
      type: 'text/plain; charset=UTF-8',
      body: 'OK',
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    client.send('PING', {});
    await client.next('PONG');
  });

  it('of somebody else are refused', async () => {
    const client = connectInProcess(api.todos.server, { sub: 'alice' });
    const { clientId } = await client.next('READY');
    expect((await api.asBob('/update-token', { clientId })).status).toBe(403);
    await client.expectSilence();
  });

  it('of nobody connected are refused', async () => {
    expect(await api.asAlice('/update-token', { clientId: 'nobody' })).toMatchObject({
      status: 400,
      body: { contextMessage: 'No connection found for clientId' },
    });
    expect(await api.asAlice('/update-token')).toMatchObject({ status: 400 });
  });
});
