import { createDB } from '@triplit/db';
import { Logger } from '@triplit/logger';
import { MemoryHandler } from '@triplit/logger/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { connectInProcess } from '../../../../tests/support/sync-client.ts';
import { todoSchema } from '../../../../tests/support/todo-schema.ts';
import { alice, anonymous, bob, service, TodoServer } from '../../../../tests/support/todo-server.ts';
import type { TokenVerifier } from '../auth/token-verifier.ts';
import { Server } from '../server.ts';
import { SocketSession, socketParameters } from './socket-session.ts';

let todos: TodoServer;
beforeEach(async () => {
  todos = await TodoServer.start();
});

describe('the handshake', () => {
  const hash = 2088926778;

  it('asks for an unknown schema, then knows it', async () => {
    const client = connectInProcess(todos.server, alice, { schemaHash: hash });
    expect(await client.next('SCHEMA_REQUEST')).toEqual({});
    client.send('CONNECT_QUERY', { id: '1', params: { collectionName: 'todos' } });
    expect(await client.next('ERROR')).toMatchObject({
      messageType: 'CONNECT_QUERY',
      error: { contextMessage: 'Server not ready for messages' },
    });
    client.send('SCHEMA_RESPONSE', { schema: todoSchema });
    expect(await client.next('READY')).toEqual({ clientId: expect.any(String) });
    await connectInProcess(todos.server, alice, { schemaHash: hash }).next('READY');
  });

  it('knows no more schemas than compatibleSchemas says, the latest ones', async () => {
    todos = await TodoServer.start({ limits: { compatibleSchemas: 2 } });
    for (const schemaHash of [1, 2, 3]) {
      const client = connectInProcess(todos.server, alice, { schemaHash });
      await client.next('SCHEMA_REQUEST');
      client.send('SCHEMA_RESPONSE', { schema: todoSchema });
      await client.next('READY');
    }
    for (const schemaHash of [2, 3]) await connectInProcess(todos.server, alice, { schemaHash }).next('READY');
    expect(await connectInProcess(todos.server, alice, { schemaHash: 1 }).next('SCHEMA_REQUEST')).toEqual({});
  });

  it('accepts an older schema that lacks an optional attribute', async () => {
    const older = structuredClone(todoSchema) as any;
    delete older.collections.todos.schema.properties.j;
    const client = connectInProcess(todos.server, alice, { schemaHash: 12345 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', { schema: older });
    await client.next('READY');
  });

  it('refuses an incompatible schema', async () => {
    const other = structuredClone(todoSchema) as any;
    other.collections.todos.schema.properties.text.type = 'number';
    const client = connectInProcess(todos.server, alice, { schemaHash: 54321 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', { schema: other });
    expect(await client.next('CLOSE')).toEqual({
      type: 'SCHEMA_MISMATCH',
      retry: false,
      message: 'The client schema is not backwards compatible with the server schema.',
    });
    client.send('PING', { clientTimestamp: 1 });
    expect(await client.next('ERROR')).toMatchObject({
      messageType: 'PING',
      error: { contextMessage: 'Server not ready for messages' },
    });
  });

  it('closes the socket of a client that stays in spite of the mismatch', async () => {
    todos = new TodoServer(todos.db, { limits: { schemaMismatchGraceMs: 10 } });
    const client = connectInProcess(todos.server, alice, { schemaHash: 1 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', {
      schema: { collections: { todos: { schema: { type: 'record', properties: { id: { type: 'number' } } } } } },
    });
    await client.next('CLOSE');
    expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"SCHEMA_MISMATCH","retry":false}' });
  });

  it('accepts a client that has no schema after all', async () => {
    const client = connectInProcess(todos.server, alice, { schemaHash: 777 });
    await client.next('SCHEMA_REQUEST');
    client.send('SCHEMA_RESPONSE', {});
    await client.next('READY');
  });

  it('looks at a schema that comes when the connection is ready, too', async () => {
    const client = await todos.connect();
    client.send('SCHEMA_RESPONSE', { schema: todoSchema });
    expect(await client.next('READY')).toEqual({ clientId: client.received[0]!.payload.clientId });
  });

  it('ends with a fault of the server when the token cannot be looked at, and lets the client come back', async () => {
    const tokenVerifier = {
      ready: Promise.resolve(),
      verify: () => Promise.reject(new TypeError('out of order')),
      describe: () => [],
      problems: () => [],
    } as unknown as TokenVerifier;
    const sent: unknown[] = [];
    const session = new SocketSession(new TodoServer(todos.db, { tokenVerifier }).server, {
      send: (frame) => sent.push(JSON.parse(frame)),
      close: (code, reason) => sent.push([code, reason]),
      bufferedBytes: () => 0,
    });
    await session.open(socketParameters(new URLSearchParams('token=x')));
    expect(sent).toEqual([
      {
        type: 'CLOSE',
        payload: { type: 'INTERNAL_ERROR', retry: true, message: 'The server could not open the connection.' },
      },
      [1011, '{"type":"INTERNAL_ERROR","retry":true}'],
    ]);
  });

  it('refuses a client with a schema when the server has none', async () => {
    const { db: schemaless } = await createDB({ clientId: 'server' });
    const client = connectInProcess(new Server(schemaless), alice, { schemaHash: 5 });
    expect(await client.next('CLOSE')).toMatchObject({ type: 'SCHEMA_MISMATCH', retry: false });
  });

  it('keeps messages that come before it is over for afterwards', async () => {
    const client = connectInProcess(todos.server, alice);
    client.send('PING', { clientTimestamp: 1 });
    await client.next('READY');
    expect(await client.next('PONG')).toEqual({ clientTimestamp: 1, serverTimestamp: expect.any(Number) });
  });
});

describe('tokens', () => {
  const soon = (seconds: number) => Date.now() / 1000 + seconds;

  it('that expire end an idle connection', async () => {
    const client = connectInProcess(todos.server, { ...alice, exp: soon(0.03) });
    await client.next('READY');
    expect(await client.next('CLOSE')).toEqual({ type: 'TOKEN_EXPIRED', retry: false });
    expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"TOKEN_EXPIRED","retry":false}' });
    expect(todos.server.connections.count).toBe(0);
  });

  it('are renewed without interruption', async () => {
    const connection = todos.server.openConnection({ ...alice, exp: soon(0.03) });
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
    await todos.db.overrideSchema({ ...todoSchema, roles: { user: { match: {} } } } as any);
    for (const other of [bob, service, { ...alice, iss: 'https://elsewhere' }]) {
      const client = await todos.connect();
      todos.server.connections.get([...clientIds()].at(-1)!)!.updateToken(other);
      expect(await client.next('CLOSE')).toEqual({
        type: 'ROLES_MISMATCH',
        retry: false,
        message: "Roles for new token don't match the old token.",
      });
      expect((await client.closed).code).toBe(1008);
    }
  });

  it('with other roles end the connection', async () => {
    const client = await todos.connect(anonymous);
    todos.server.connections.get([...clientIds()].at(-1)!)!.updateToken(alice);
    expect(await client.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH' });
  });

  function* clientIds(): Iterable<string> {
    for (const id of todos.server.connections.clientIds()) yield id;
  }
});

it('warns of a database that clients cannot come back to', async () => {
  const warnings = async (options: { persistClock?: boolean }) => {
    const log = new MemoryHandler();
    new Server((await createDB({ schema: todoSchema, ...options })).db, { logger: new Logger([log]) });
    return log.logs.map(({ message }) => message as string);
  };
  expect(await warnings({})).toEqual([expect.stringContaining('createDB({ persistClock: true })')]);
  expect(await warnings({ persistClock: true })).toEqual([]);
});
