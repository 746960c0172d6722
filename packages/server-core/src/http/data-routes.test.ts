import { beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../../../tests/support/api-client.ts';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';

let api: ApiClient;
beforeEach(async () => {
  api = await ApiClient.start();
});

describe('entities', () => {
  const entity = {
    id: 'h1',
    text: 'x',
    authorId: 'alice',
    created: '2024-01-02T03:04:05.678Z',
    tags: ['a', 'b'],
    meta: { a: 1 },
    j: { q: 1 },
  };

  it('are stored with defaults and given back', async () => {
    expect(await api.asAlice('/insert', { collectionName: 'todos', entity })).toMatchObject({
      status: 200,
      type: 'application/json',
      body: { ...entity, done: false },
    });
    const { body } = await api.asService('/insert', { collectionName: 'users', entity: { name: 'NoId' } });
    expect(body).toEqual({ id: expect.stringMatching(/^.{21}$/), name: 'NoId' });
  });

  it('are fetched with what they include, and with what is selected', async () => {
    await api.asService('/insert', { collectionName: 'users', entity: { id: 'alice', name: 'Alice' } });
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    const query = { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } };
    expect((await api.asAlice('/fetch', { query })).body).toEqual([
      { ...entity, done: false, author: { id: 'alice', name: 'Alice' } },
    ]);
    const selected = { collectionName: 'todos', select: ['id', 'tags'], order: [['id', 'DESC']], limit: 1 };
    expect((await api.asAlice('/fetch', { query: selected })).body).toEqual([{ id: 'h1', tags: ['a', 'b'] }]);
    expect(await api.asAlice('/fetch', { query: { collectionName: 'secrets' } })).toMatchObject({
      status: 200,
      body: [],
    });
  });

  it('are changed key by key', async () => {
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    const changes = { text: 'y', tags: { a: false, c: true }, meta: { b: 'k' }, created: '2025-01-01T00:00:00.000Z' };
    expect(await api.asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes })).toMatchObject({
      status: 200,
      body: {},
    });
    expect((await api.asAlice('/fetch', { query: { collectionName: 'todos' } })).body).toEqual([
      {
        ...entity,
        text: 'y',
        done: false,
        created: '2025-01-01T00:00:00.000Z',
        tags: ['b', 'c'],
        meta: { a: 1, b: 'k' },
      },
    ]);
    expect(await api.asAlice('/update', { collectionName: 'todos', entityId: 'missing', changes })).toMatchObject({
      status: 200,
      body: {},
    });
  });

  it('are deleted, also when they are gone already', async () => {
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    expect(await api.asAlice('/delete', { collectionName: 'todos', entityId: 'h1' })).toMatchObject({
      status: 200,
      body: {},
    });
    expect(await api.asAlice('/delete', { collectionName: 'todos', entityId: 'h1' })).toMatchObject({
      status: 200,
      body: {},
    });
    expect((await api.asAlice('/fetch', { query: { collectionName: 'todos' } })).body).toEqual([]);
  });

  it('are protected by permissions', async () => {
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    const refused = { status: 401, body: { name: 'WritePermissionError' } };
    expect(
      await api.asAlice('/insert', { collectionName: 'todos', entity: { id: 'h2', text: 'x', authorId: 'bob' } }),
    ).toMatchObject(refused);
    expect(
      await api.asBob('/update', { collectionName: 'todos', entityId: 'h1', changes: { text: 'z' } }),
    ).toMatchObject(refused);
    expect(await api.asBob('/delete', { collectionName: 'todos', entityId: 'h1' })).toMatchObject(refused);
  });

  it('that do not fit are refused with a reason', async () => {
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    const wrongType = {
      status: 400,
      body: { name: 'DBSerializationError', contextMessage: expect.stringContaining("'text'") },
    };
    expect(
      await api.asAlice('/insert', { collectionName: 'todos', entity: { id: 'h3', text: 5, authorId: 'alice' } }),
    ).toMatchObject(wrongType);
    expect(
      await api.asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes: { text: 9 } }),
    ).toMatchObject(wrongType);
    expect(
      await api.asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes: { id: 'zz' } }),
    ).toMatchObject({
      status: 400,
      body: { name: 'InvalidOperationError' },
    });
    expect(await api.asService('/insert', {})).toMatchObject({
      status: 400,
      body: { name: 'InvalidCollectionNameError' },
    });
    expect(await api.asService('/insert', { collectionName: 'nope', entity: { id: 'z' } })).toMatchObject({
      status: 400,
      body: { name: 'InvalidCollectionNameError' },
    });
    expect(
      await api.asAlice('/fetch', { query: { collectionName: 'todos', where: [['nope', '=', 1]] } }),
    ).toMatchObject({
      status: 400,
      body: { name: 'InvalidFilterError' },
    });
    expect(await api.asAlice('/fetch', {})).toMatchObject({
      status: 500,
      body: { contextMessage: 'An unknown error occurred processing your request.' },
    });
    expect(
      await api.asAlice('/update', { collectionName: 'todos', entityId: 'h1', patches: [['set', 'text', 'p']] }),
    ).toMatchObject({
      status: 500,
      body: { contextMessage: 'Could not update entity. An unknown error occurred.' },
    });
  });

  it('without a body, or with one that is not JSON, are as if nothing was asked for', async () => {
    for (const body of [undefined, '', '{nope', '[]', 'null', '5'])
      expect(await api.asService('/insert', body), String(body)).toMatchObject({
        status: 400,
        body: { name: 'InvalidCollectionNameError', contextMessage: 'Collection name must be defined' },
      });
  });

  it('cannot be smuggled into the stored schema', async () => {
    const schema = { id: '_schema', collections: {}, roles: {} };
    expect(await api.asAlice('/insert', { collectionName: '_metadata', entity: schema })).toMatchObject({
      status: 401,
    });
    expect(await api.asAlice('/bulk-insert', { _metadata: [schema] })).toMatchObject({ status: 401 });
    expect(
      await api.asAlice('/update', { collectionName: '_metadata', entityId: '_schema', changes: { roles: {} } }),
    ).toMatchObject({ status: 401 });
    expect(await api.asAlice('/delete', { collectionName: '_metadata', entityId: '_schema' })).toMatchObject({
      status: 401,
    });
    expect((await api.asService('/schema')).body.schema.collections).toHaveProperty('todos');
  });

  it('reach live clients however they were written', async () => {
    const client = connectInProcess(api.todos.server, { sub: 'bob' });
    await client.next('READY');
    await client.query('q', { collectionName: 'todos' });
    await api.asAlice('/insert', { collectionName: 'todos', entity });
    expect((await client.next('ENTITY_DATA')).changes.json.todos.sets[0][1]).toEqual({
      ...entity,
      done: false,
      tags: { a: true, b: true },
    });
  });
});

describe('bulk insertion', () => {
  it('stores entities of several collections at once', async () => {
    const users = [
      { id: 'u1', name: 'U1' },
      { id: 'u2', name: 'U2' },
    ];
    const todos = [{ id: 'b1', text: 'b', created: '2024-01-01T00:00:00.000Z' }];
    expect(await api.asService('/bulk-insert', { users, todos })).toMatchObject({
      status: 200,
      body: { users, todos: [{ ...todos[0], done: false, tags: [] }] },
    });
    expect(await api.asService('/bulk-insert?noReturn=true', { users: [{ id: 'u3', name: 'U3' }] })).toMatchObject({
      status: 200,
      body: {},
    });
  });

  it('stores all or nothing', async () => {
    const todos = [{ id: 'b2', text: 'b', authorId: 'bob' }];
    expect(await api.asAlice('/bulk-insert', { users: [{ id: 'u4', name: 'U4' }], todos })).toMatchObject({
      status: 401,
    });
    expect((await api.asService('/fetch', { query: { collectionName: 'users' } })).body).toEqual([]);
  });

  it('takes a file', async () => {
    const form = new FormData();
    form.set('data', JSON.stringify({ users: [{ id: 'f1', name: 'F1' }] }));
    expect(await api.asService('/bulk-insert-file', form)).toMatchObject({
      status: 200,
      body: { users: [{ id: 'f1', name: 'F1' }] },
    });
    const part = new FormData();
    part.set('data', new Blob([JSON.stringify({ users: [{ id: 'f2', name: 'F2' }] })], { type: 'application/json' }));
    expect(await api.asService('/bulk-insert-file?noReturn=true', part)).toMatchObject({ status: 200, body: {} });
    expect(await api.asService('/bulk-insert-file', new FormData())).toMatchObject({ status: 400 });
    expect(await api.asService('/bulk-insert-file', {})).toMatchObject({ status: 400 });
    expect((await api.asService('/stats')).body).toContainEqual({ collection: 'users', numEntities: 2 });
  });

  it('takes nothing but lists of entities by collection', async () => {
    for (const body of ['{nope', '[]', 'null', '5', '"text"', '[{"id":"u"}]', '{"users":{"id":"u"}}'])
      expect(await api.asService('/bulk-insert', body), body).toMatchObject({ status: 400, body: { status: 400 } });
  });

  it('refuses a body above the limit', async () => {
    api = await ApiClient.start({ bulkBodyMegabytes: 1 });
    const users = [{ id: 'big', name: 'x'.repeat(2 * 1024 * 1024) }];
    for (const path of ['/bulk-insert', '/bulk-insert-file'])
      expect(await api.asService(path, { users })).toMatchObject({
        status: 413,
        body: { status: 413, contextMessage: 'Body too large, max size is 1 MB' },
      });
  });
});
