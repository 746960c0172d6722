import { createDB } from '@triplit/db';
import type { DB } from '@triplit/db';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { changesOf, connectInProcess } from '../../../../tests/support/sync-client.ts';
import { todoSchema } from '../../../../tests/support/todo-schema.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { Server } from '../server.ts';
import { createRequestHandler } from './request-handler.ts';
import type { RequestHandler } from './request-handler.ts';

const secret = 'a secret that is long enough for HS256';
const sign = (claims: Record<string, unknown>) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(new TextEncoder().encode(secret));
const [alice, bob, service] = await Promise.all([
  sign({ sub: 'alice' }),
  sign({ sub: 'bob' }),
  sign({ 'x-triplit-token-type': 'secret' }),
]);

let db: DB;
let server: Server;
let handle: RequestHandler;

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: any;
}

async function request(method: string, path: string, { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const init: RequestInit = { method, headers: { ...authorization, ...headers } };
  if (body !== undefined) init.body = body instanceof FormData || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await handle(new Request(`http://localhost${path}`, init));
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  const type = response.headers.get('Content-Type');
  const text = await response.text();
  return { status: response.status, type, body: type === 'application/json' ? JSON.parse(text) : text };
}

const post = (path: string, token: string, body?: unknown) => request('POST', path, { token, body });
const asAlice = (path: string, body?: unknown) => post(path, alice, body);
const asService = (path: string, body?: unknown) => post(path, service, body);

beforeEach(async () => {
  ({ db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true }));
  const tokenVerifier = createTokenVerifier({ jwtSecret: secret });
  await tokenVerifier.ready;
  server = new Server(db, { tokenVerifier });
  handle = createRequestHandler(server);
});

describe('access', () => {
  it('needs no token to ask whether the server is up', async () => {
    expect(await request('GET', '/healthcheck')).toEqual({ status: 200, type: 'text/plain; charset=UTF-8', body: 'OK' });
  });

  it('needs a token for everything else', async () => {
    for (const [method, path] of [['POST', '/healthcheck'], ['GET', '/'], ['GET', '/version'], ['POST', '/fetch'], ['POST', '/nope']] as const) {
      expect(await request(method, path)).toEqual({
        status: 401,
        type: 'application/json',
        body: {
          name: 'NoTokenProvidedError',
          message: 'No token provided. | Context: Missing authorization header',
          baseMessage: 'No token provided.',
          status: 401,
          contextMessage: 'Missing authorization header',
        },
      });
    }
  });

  it('says what is wrong with a token', async () => {
    const withHeader = (Authorization: string) => request('POST', '/fetch', { headers: { Authorization }, body: {} });
    expect(await withHeader('Basic abc')).toMatchObject({ status: 401, body: { name: 'InvalidAuthenticationSchemeError' } });
    expect(await withHeader('Bearer ')).toMatchObject({ status: 401, body: { name: 'NoTokenProvidedError' } });
    expect(await withHeader('Bearer not-a-jwt')).toMatchObject({ status: 400, body: { name: 'InvalidTokenPayloadError' } });
    expect(await withHeader(`Bearer ${await sign({ sub: 'a', exp: 1000 })}`)).toMatchObject({
      status: 401,
      body: { name: 'InvalidTokenSignatureError', contextMessage: expect.stringContaining('"exp" claim timestamp check failed') },
    });
  });

  it('keeps what changes the whole database for the service token', async () => {
    for (const path of ['clear', 'stats', 'schema', 'override-schema', 'apply-changes', 'delete-all', 'webhooks-get', 'webhooks-push', 'webhooks-clear']) {
      expect(await asAlice(`/${path}`, {})).toEqual({
        status: 401,
        type: 'application/json',
        body: { name: 'ServiceKeyRequiredError', message: 'Service token required.', baseMessage: 'Service token required.', status: 401 },
      });
    }
  });

  it('lets browsers of any origin ask', async () => {
    const response = await handle(
      new Request('http://localhost/fetch', { method: 'OPTIONS', headers: { 'Access-Control-Request-Headers': 'authorization,content-type' } }),
    );
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET,HEAD,PUT,POST,DELETE,PATCH',
      'access-control-allow-headers': 'authorization,content-type',
    });
  });
});

describe('routes', () => {
  it('tell the version of the data format', async () => {
    expect(await request('GET', '/version', { token: alice })).toEqual({ status: 200, type: 'text/plain; charset=UTF-8', body: '1.0.0' });
  });

  it('that do not exist are told apart from those that do', async () => {
    for (const path of ['/nope', '/version', '/fetch/x', '/', '//fetch', '/insert-triples', '/message', '/constructor']) {
      expect(await asService(path, {})).toEqual({
        status: 404,
        type: 'application/json',
        body: {
          name: 'RouteNotFoundError',
          message: `The server does not have a handler for this request: ${path}`,
          baseMessage: `The server does not have a handler for this request: ${path}`,
          status: 404,
        },
      });
    }
    for (const method of ['GET', 'PUT'])
      expect(await request(method, '/fetch', { token: service })).toEqual({ status: 404, type: 'text/plain; charset=UTF-8', body: '404 Not Found' });
  });
});

describe('entities', () => {
  const entity = { id: 'h1', text: 'x', authorId: 'alice', created: '2024-01-02T03:04:05.678Z', tags: ['a', 'b'], meta: { a: 1 }, j: { q: 1 } };

  it('are stored with defaults and given back', async () => {
    expect(await asAlice('/insert', { collectionName: 'todos', entity })).toEqual({
      status: 200,
      type: 'application/json',
      body: { ...entity, done: false },
    });
    const { body } = await asService('/insert', { collectionName: 'users', entity: { name: 'NoId' } });
    expect(body).toEqual({ id: expect.stringMatching(/^.{21}$/), name: 'NoId' });
  });

  it('are fetched with what they include, and with what is selected', async () => {
    await asService('/insert', { collectionName: 'users', entity: { id: 'alice', name: 'Alice' } });
    await asAlice('/insert', { collectionName: 'todos', entity });
    const query = { collectionName: 'todos', where: [['done', '=', false]], include: { author: null } };
    expect((await asAlice('/fetch', { query })).body).toEqual([{ ...entity, done: false, author: { id: 'alice', name: 'Alice' } }]);
    const selected = { collectionName: 'todos', select: ['id', 'tags'], order: [['id', 'DESC']], limit: 1 };
    expect((await asAlice('/fetch', { query: selected })).body).toEqual([{ id: 'h1', tags: ['a', 'b'] }]);
    expect(await asAlice('/fetch', { query: { collectionName: 'secrets' } })).toMatchObject({ status: 200, body: [] });
  });

  it('are changed key by key', async () => {
    await asAlice('/insert', { collectionName: 'todos', entity });
    const changes = { text: 'y', tags: { a: false, c: true }, meta: { b: 'k' }, created: '2025-01-01T00:00:00.000Z' };
    expect(await asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes })).toMatchObject({ status: 200, body: {} });
    expect((await asAlice('/fetch', { query: { collectionName: 'todos' } })).body).toEqual([
      { ...entity, text: 'y', done: false, created: '2025-01-01T00:00:00.000Z', tags: ['b', 'c'], meta: { a: 1, b: 'k' } },
    ]);
    expect(await asAlice('/update', { collectionName: 'todos', entityId: 'missing', changes })).toMatchObject({ status: 200, body: {} });
  });

  it('are deleted, also when they are gone already', async () => {
    await asAlice('/insert', { collectionName: 'todos', entity });
    expect(await asAlice('/delete', { collectionName: 'todos', entityId: 'h1' })).toMatchObject({ status: 200, body: {} });
    expect(await asAlice('/delete', { collectionName: 'todos', entityId: 'h1' })).toMatchObject({ status: 200, body: {} });
    expect((await asAlice('/fetch', { query: { collectionName: 'todos' } })).body).toEqual([]);
  });

  it('are protected by permissions', async () => {
    await asAlice('/insert', { collectionName: 'todos', entity });
    const refused = { status: 401, body: { name: 'WritePermissionError' } };
    expect(await asAlice('/insert', { collectionName: 'todos', entity: { id: 'h2', text: 'x', authorId: 'bob' } })).toMatchObject(refused);
    expect(await post('/update', bob, { collectionName: 'todos', entityId: 'h1', changes: { text: 'z' } })).toMatchObject(refused);
    expect(await post('/delete', bob, { collectionName: 'todos', entityId: 'h1' })).toMatchObject(refused);
  });

  it('that do not fit are refused with a reason', async () => {
    await asAlice('/insert', { collectionName: 'todos', entity });
    const wrongType = { status: 400, body: { name: 'DBSerializationError', contextMessage: expect.stringContaining("'text'") } };
    expect(await asAlice('/insert', { collectionName: 'todos', entity: { id: 'h3', text: 5, authorId: 'alice' } })).toMatchObject(wrongType);
    expect(await asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes: { text: 9 } })).toMatchObject(wrongType);
    expect(await asAlice('/update', { collectionName: 'todos', entityId: 'h1', changes: { id: 'zz' } })).toMatchObject({ status: 400, body: { name: 'InvalidOperationError' } });
    expect(await asService('/insert', {})).toMatchObject({ status: 400, body: { name: 'InvalidCollectionNameError' } });
    expect(await asService('/insert', { collectionName: 'nope', entity: { id: 'z' } })).toMatchObject({ status: 400, body: { name: 'InvalidCollectionNameError' } });
    expect(await asAlice('/fetch', { query: { collectionName: 'todos', where: [['nope', '=', 1]] } })).toMatchObject({ status: 400, body: { name: 'InvalidFilterError' } });
    expect(await asAlice('/fetch', {})).toMatchObject({ status: 500, body: { contextMessage: 'An unknown error occurred processing your request.' } });
    expect(await asAlice('/update', { collectionName: 'todos', entityId: 'h1', patches: [['set', 'text', 'p']] })).toMatchObject({
      status: 500,
      body: { contextMessage: 'Could not update entity. An unknown error occurred.' },
    });
  });

  it('cannot be smuggled into the stored schema', async () => {
    const schema = { id: '_schema', collections: {}, roles: {} };
    expect(await asAlice('/insert', { collectionName: '_metadata', entity: schema })).toMatchObject({ status: 401 });
    expect(await asAlice('/bulk-insert', { _metadata: [schema] })).toMatchObject({ status: 401 });
    expect(await asAlice('/update', { collectionName: '_metadata', entityId: '_schema', changes: { roles: {} } })).toMatchObject({ status: 401 });
    expect(await asAlice('/delete', { collectionName: '_metadata', entityId: '_schema' })).toMatchObject({ status: 401 });
    expect((await asService('/schema')).body.schema.collections).toHaveProperty('todos');
  });

  it('reach live clients however they were written', async () => {
    const client = connectInProcess(server, { sub: 'bob' });
    await client.next('READY');
    await client.query('q', { collectionName: 'todos' });
    await asAlice('/insert', { collectionName: 'todos', entity });
    expect((await client.next('ENTITY_DATA')).changes.json.todos.sets[0][1]).toEqual({ ...entity, done: false, tags: { a: true, b: true } });
  });
});

describe('bulk insertion', () => {
  it('stores entities of several collections at once', async () => {
    const users = [{ id: 'u1', name: 'U1' }, { id: 'u2', name: 'U2' }];
    const todos = [{ id: 'b1', text: 'b', created: '2024-01-01T00:00:00.000Z' }];
    expect(await asService('/bulk-insert', { users, todos })).toMatchObject({
      status: 200,
      body: { users, todos: [{ ...todos[0], done: false, tags: [] }] },
    });
    expect(await asService('/bulk-insert?noReturn=true', { users: [{ id: 'u3', name: 'U3' }] })).toMatchObject({ status: 200, body: {} });
  });

  it('stores all or nothing', async () => {
    const todos = [{ id: 'b2', text: 'b', authorId: 'bob' }];
    expect(await asAlice('/bulk-insert', { users: [{ id: 'u4', name: 'U4' }], todos })).toMatchObject({ status: 401 });
    expect((await asService('/fetch', { query: { collectionName: 'users' } })).body).toEqual([]);
  });

  it('takes a file', async () => {
    const form = new FormData();
    form.set('data', JSON.stringify({ users: [{ id: 'f1', name: 'F1' }] }));
    expect(await asService('/bulk-insert-file', form)).toMatchObject({ status: 200, body: { users: [{ id: 'f1', name: 'F1' }] } });
    const part = new FormData();
    part.set('data', new Blob([JSON.stringify({ users: [{ id: 'f2', name: 'F2' }] })], { type: 'application/json' }));
    expect(await asService('/bulk-insert-file?noReturn=true', part)).toMatchObject({ status: 200, body: {} });
    expect(await asService('/bulk-insert-file', new FormData())).toMatchObject({ status: 400 });
    expect(await asService('/bulk-insert-file', {})).toMatchObject({ status: 400 });
    expect((await asService('/stats')).body).toContainEqual({ collection: 'users', numEntities: 2 });
  });

  it('refuses a body above the limit', async () => {
    server = new Server(db, { tokenVerifier: server.context.tokenVerifier, limits: { bulkBodyMegabytes: 1 } });
    handle = createRequestHandler(server);
    const users = [{ id: 'big', name: 'x'.repeat(2 * 1024 * 1024) }];
    for (const path of ['/bulk-insert', '/bulk-insert-file'])
      expect(await asService(path, { users })).toMatchObject({ status: 413, body: { status: 413, contextMessage: 'Body too large, max size is 1 MB' } });
  });
});

describe('the service', () => {
  it('counts entities by collection', async () => {
    await asService('/insert', { collectionName: 'users', entity: { id: 'u', name: 'U' } });
    expect((await asService('/stats')).body).toEqual([
      { collection: 'todos', numEntities: 0 },
      { collection: 'users', numEntities: 1 },
      { collection: 'secrets', numEntities: 0 },
    ]);
  });

  it('reads and replaces the schema', async () => {
    expect((await asService('/schema', { format: 'json' })).body).toEqual({ type: 'schema', schema: JSON.parse(JSON.stringify(todoSchema)) });
    expect(await asService('/schema', { format: 'file' })).toMatchObject({ status: 400, body: { contextMessage: 'Invalid format' } });
    expect((await asService('/override-schema', { schema: todoSchema })).body).toMatchObject({ successful: true, code: 'SUCCESS', diff: [] });
    const { roles: _roles, ...withoutRoles } = todoSchema;
    expect((await asService('/override-schema', { schema: withoutRoles })).body).toMatchObject({ successful: true });
    expect(Object.keys((await asService('/schema')).body.schema.roles)).toEqual(['anonymous', 'authenticated']);
    expect(await asService('/override-schema', { schema: { collections: { c: { schema: { type: 'record', properties: {} } } } } })).toMatchObject({
      status: 200,
      body: { successful: false, code: 'SCHEMA_INVALID' },
    });
    expect(await asService('/override-schema', {})).toMatchObject({ status: 500 });
  });

  it('applies changes as they are', async () => {
    expect(await asService('/apply-changes', { changes: changesOf({ users: { sets: { ac: { id: 'ac', name: 'AC' } } } }) })).toMatchObject({ status: 200, body: {} });
    expect((await asService('/fetch', { query: { collectionName: 'users' } })).body).toEqual([{ id: 'ac', name: 'AC' }]);
    expect(await asService('/apply-changes', {})).toMatchObject({ status: 500, body: { contextMessage: 'Could not apply changes. An unknown error occurred.' } });
  });

  it('deletes what a collection holds, clears the data, and drops the schema', async () => {
    await asService('/bulk-insert', { users: [{ id: 'a', name: 'A' }, { id: 'b', name: 'B' }], todos: [{ id: 't', text: 't' }] });
    expect(await asService('/delete-all', { collectionName: 'users' })).toMatchObject({ status: 200, body: {} });
    expect((await asService('/stats')).body).toContainEqual({ collection: 'users', numEntities: 0 });
    expect(await asService('/clear', {})).toMatchObject({ status: 200, body: {} });
    expect((await asService('/schema')).body.type).toBe('schema');
    expect(await asService('/clear', { full: true })).toMatchObject({ status: 200 });
    expect((await asService('/schema')).body).toEqual({ type: 'schemaless' });
    expect((await asService('/stats')).body).toEqual([]);
    expect(await asAlice('/fetch', { query: { collectionName: 'anything' } })).toMatchObject({ status: 200, body: [] });
  });
});

describe('token updates', () => {
  it('prolong the connection they name', async () => {
    const exp = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
    const client = connectInProcess(server, { sub: 'alice' }, { expiresAt: exp(-4) });
    const { clientId } = await client.next('READY');
    expect(await post('/update-token', await sign({ sub: 'alice', exp: exp(60) }), { clientId })).toEqual({
      status: 200,
      type: 'text/plain; charset=UTF-8',
      body: 'OK',
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    client.send('PING', {});
    await client.next('PONG');
  });

  it('of somebody else close it', async () => {
    const client = connectInProcess(server, { sub: 'alice' });
    const { clientId } = await client.next('READY');
    expect((await post('/update-token', bob, { clientId })).status).toBe(200);
    expect(await client.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH', retry: false });
  });

  it('of nobody connected are refused', async () => {
    expect(await asAlice('/update-token', { clientId: 'nobody' })).toMatchObject({ status: 400, body: { contextMessage: 'No connection found for clientId' } });
    expect(await asAlice('/update-token')).toMatchObject({ status: 400 });
  });
});

describe('in the same process', () => {
  it('requests are answered without HTTP', async () => {
    const session = server.createSession({ sub: 'alice' });
    expect(await session.handleRequest(['insert'], { collectionName: 'users', entity: { id: 'u', name: 'U' } })).toEqual({ statusCode: 200, payload: { id: 'u', name: 'U' } });
    expect(await server.handleRequest(['fetch'], { query: { collectionName: 'users' } }, { sub: 'alice' })).toEqual({ statusCode: 200, payload: [{ id: 'u', name: 'U' }] });
    expect(await server.handleRequest(['nope'], {}, { sub: 'alice' })).toMatchObject({ statusCode: 404 });
  });
});
