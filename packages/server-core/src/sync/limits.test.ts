import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodedTodo } from '../../../../tests/support/todo-schema.ts';
import { alice, anonymous, service, TodoServer } from '../../../../tests/support/todo-server.ts';
import { createTokenVerifier } from '../auth/token-verifier.ts';
import { defaultLimits } from '../limits/limits.ts';
import type { Transport } from './outlet.ts';
import { SocketSession, socketParameters } from './socket-session.ts';

/** A socket whose peer reads only when it is told to. */
class SlowSocket implements Transport {
  readonly frames: string[] = [];
  readonly closes: [code: number, reason: string][] = [];
  unread = 0;

  send(frame: string): void {
    this.frames.push(frame);
    this.unread += frame.length;
  }

  close(code: number, reason: string): void {
    this.closes.push([code, reason]);
  }

  bufferedBytes(): number {
    return this.unread;
  }

  /** Data messages that have been sent. */
  get data(): any[] {
    return this.frames.map((frame) => JSON.parse(frame)).filter(({ type }) => type === 'ENTITY_DATA');
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let socket: SlowSocket;
beforeEach(() => {
  socket = new SlowSocket();
});

async function open(limits: Partial<typeof defaultLimits>) {
  const todos = await TodoServer.start({ limits });
  const connection = todos.server.openConnection(alice);
  connection.attach(socket);
  await connection.start();
  return { todos, connection };
}

const connectTodos = { type: 'CONNECT_QUERY', payload: { id: 'q', params: { collectionName: 'todos' } } } as const;

describe('a client that does not read', () => {
  it('gets what it missed as one message once it reads again', async () => {
    const { todos, connection } = await open({ bufferedBytesBeforePause: 1_000 });
    await connection.dispatchCommand(connectTodos);
    await pause(5);
    socket.unread = 5_000;
    for (let round = 0; round < 5; round++) {
      await todos.store(encodedTodo('t1', { n: round }), encodedTodo(`only-${round}`));
      await pause(2);
    }
    expect(socket.data).toHaveLength(1);
    socket.unread = 0;
    await pause(80);
    expect(socket.data).toHaveLength(2);
    const rows = new Map<string, any>(socket.data[1].payload.changes.json.todos.sets);
    expect(rows.size).toBe(6);
    expect(rows.get('t1').n).toBe(4);
    connection.close();
  });

  it('is closed, and may reconnect, when too much waits for it', async () => {
    const { todos, connection } = await open({ bufferedBytesBeforePause: 100_000, bufferedBytes: 10_000 });
    await connection.dispatchCommand(connectTodos);
    await todos.store(encodedTodo('big', { text: 'x'.repeat(20_000) }));
    await pause(10);
    expect(socket.closes).toEqual([[1013, '']]);
    expect(todos.server.connections.count).toBe(0);
  });
});

it('a client that floods a busy connection is told so and closed', async () => {
  const todos = await TodoServer.start({ limits: { waitingMessages: 10 } });
  const connection = todos.server.openConnection(alice, { clientSchemaHash: 1 });
  connection.attach(socket);
  void connection.start();
  for (let i = 0; i < 20; i++) void connection.receive('{"type":"PING","payload":{}}');
  expect(JSON.parse(socket.frames.at(-1)!)).toMatchObject({
    type: 'CLOSE',
    payload: { type: 'LIMIT_EXCEEDED', retry: true },
  });
  expect(socket.closes).toEqual([[1013, '{"type":"LIMIT_EXCEEDED","retry":true}']]);
});

it('unfinished chunked messages are limited', async () => {
  const { connection } = await open({ chunks: { ...defaultLimits.chunks, maxMessages: 1 } });
  const chunk = (id: string) => ({ type: 'CHUNK', payload: { id, data: 'x', index: 0, total: 2 } }) as const;
  await connection.dispatchCommand(chunk('a'));
  await connection.dispatchCommand(chunk('b'));
  expect(JSON.parse(socket.frames.at(-1)!)).toMatchObject({ type: 'ERROR', payload: { messageType: 'CHUNK' } });
});

it('every limit is positive', () => {
  for (const [name, limit] of Object.entries(defaultLimits))
    if (typeof limit === 'number') expect(limit, name).toBeGreaterThan(0);
});

describe('limits of a connection', () => {
  it('closes one that sends more messages than messagesPerSecond allows, and tells it to come back', async () => {
    const { connection } = await open({ messagesPerSecond: 5, burstSeconds: 2 });
    for (let i = 0; i < 11; i++) await connection.receive('{"type":"PING","payload":{}}');
    expect(JSON.parse(socket.frames.at(-1)!)).toEqual({
      type: 'CLOSE',
      payload: { type: 'LIMIT_EXCEEDED', retry: true, message: 'A connection may send 5 messages a second.' },
    });
    expect(socket.closes).toEqual([[1013, '{"type":"LIMIT_EXCEEDED","retry":true}']]);
  });

  it('closes one that sends more text than charactersPerSecond allows', async () => {
    const { connection } = await open({ charactersPerSecond: 100, burstSeconds: 1 });
    await connection.receive(JSON.stringify({ type: 'PING', payload: {}, padding: 'x'.repeat(200) }));
    expect(JSON.parse(socket.frames.at(-1)!).payload.message).toBe('A connection may send 100 characters a second.');
  });

  it('counts the messages of one user over all connections', async () => {
    const { todos, connection } = await open({ messagesPerSecondPerPrincipal: 5, burstSeconds: 1 });
    const [other, stranger] = [await todos.connect(alice), await todos.connect({ sub: 'bob' })];
    for (let i = 0; i < 5; i++) await connection.receive('{"type":"PING","payload":{}}');
    other.send('PING', {});
    expect((await other.next('CLOSE')).message).toContain('One user may send 5 messages and requests a second');
    stranger.send('PING', {});
    await stranger.next('PONG');
  });

  it('refuses a user more connections than connectionsPerPrincipal, until one is closed', async () => {
    const { todos, connection } = await open({ connectionsPerPrincipal: 1 });
    expect(() => todos.server.openConnection(alice)).toThrow(/One user may have 1 connections at a time/);
    await todos.connect({ sub: 'bob' });
    for (const token of [anonymous, anonymous, service, service]) await todos.connect(token);
    connection.close();
    await todos.connect(alice);
  });

  it('counts anonymous connections by address, and knows no address of its own accord', async () => {
    const todos = await TodoServer.start({ limits: { connectionsPerAddress: 2 } });
    const connect = (token: Record<string, unknown>, address?: string) =>
      todos.server.openConnection(token, address === undefined ? {} : { address });
    const [first] = [connect(anonymous, '203.0.113.7'), connect(anonymous, '203.0.113.7')];
    expect(() => connect(anonymous, '203.0.113.7')).toThrow(
      /anonymous users of one address together may have 2 connections.*'trustedProxies'/,
    );
    connect(anonymous, '203.0.113.8');
    for (const token of [alice, service]) for (let i = 0; i < 3; i++) connect(token, '203.0.113.7');
    for (let i = 0; i < 3; i++) connect(anonymous);
    first!.close();
    connect(anonymous, '203.0.113.7');
  });

  it('counts the messages of anonymous users by address', async () => {
    const todos = await TodoServer.start({
      limits: { messagesPerSecondPerAddress: 5, charactersPerSecondPerAddress: 1_000, burstSeconds: 1 },
    });
    const connect = (address: string) => todos.connect(anonymous, { address });
    const [one, other, stranger] = [await connect('a'), await connect('a'), await connect('b')];
    for (let i = 0; i < 5; i++) one.send('PING', {});
    other.send('PING', {});
    expect(await other.next('CLOSE')).toMatchObject({
      type: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('one address together may send 5 messages and requests a second'),
    });
    stranger.send('PING', { padding: 'x'.repeat(1_000) });
    expect((await stranger.next('CLOSE')).message).toContain('one address together may send 1000 characters a second');
  });

  it.each([
    ['framesBeforeAuthentication', { framesBeforeAuthentication: 2 }, ['{}', '{}', '{}']],
    ['charactersBeforeAuthentication', { charactersBeforeAuthentication: 10 }, ['{}', JSON.stringify('x'.repeat(10))]],
  ])('closes a socket that sends more than %s before its token is verified', async (_name, limits, frames) => {
    const secret = 'a secret of this test that is long enough';
    const token = await new SignJWT(alice).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
    const todos = await TodoServer.start({ limits, tokenVerifier: createTokenVerifier({ jwtSecret: secret }) });
    const session = new SocketSession(todos.server, socket);
    const opened = session.open(socketParameters(new URLSearchParams({ token })));
    for (const frame of frames) session.receive(frame);
    await opened;
    expect(socket.frames.map((frame) => JSON.parse(frame))).toEqual([
      { type: 'CLOSE', payload: expect.objectContaining({ type: 'LIMIT_EXCEEDED', retry: true }) },
    ]);
    expect(JSON.parse(socket.frames[0]!).payload.message).toContain(String(Object.values(limits)[0]));
    expect(socket.closes[0]![0]).toBe(1013);
  });

  it('closes a socket that shows no token within authenticationDeadlineMs', async () => {
    const todos = await TodoServer.start({ limits: { authenticationDeadlineMs: 10 } });
    const session = new SocketSession(todos.server, socket);
    await session.open(socketParameters(new URLSearchParams('features=token-message')));
    await pause(40);
    expect(JSON.parse(socket.frames[0]!).payload).toMatchObject({ type: 'UNAUTHORIZED', retry: true });
    expect(socket.closes[0]![0]).toBe(1008);
  });
});

describe('limits of a query', () => {
  const deep = (levels: number): object =>
    levels === 0 ? { collectionName: 'users' } : { collectionName: 'users', where: [{ exists: deep(levels - 1) }] };

  it.each([
    ['includeDepth', { includeDepth: 3 }, { collectionName: 'todos', where: [{ exists: deep(3) }] }],
    ['includeDepth', { includeDepth: 3 }, { collectionName: 'todos', where: [['a.b.c.d.e', '=', 1]] }],
    [
      'filterSize',
      { filterSize: 3 },
      { collectionName: 'todos', where: [{ mod: 'or', filters: Array.from({ length: 4 }, () => ['n', '=', 1]) }] },
    ],
    ['listLength', { listLength: 3 }, { collectionName: 'todos', where: [['id', 'in', ['a', 'b', 'c', 'd']]] }],
  ])('refuses one beyond %s and goes on', async (name, limits, params) => {
    const { todos } = await open(limits);
    const client = await todos.connect();
    client.send('CONNECT_QUERY', { id: 'large', params });
    const { error, metadata } = await client.next('ERROR');
    expect(error.name).toBe('QuerySyncError');
    expect(metadata).toMatchObject({ queryKey: 'large', innerError: { name: 'LimitExceededError' } });
    expect(metadata.innerError.contextMessage).toContain(name);
    await client.query('small', { collectionName: 'todos' });
    const answer = await todos.server.handleRequest(['fetch'], { query: params }, alice);
    expect(answer).toMatchObject({ statusCode: 400, payload: { name: 'LimitExceededError' } });
  });

  it('refuses lists of lists of filters without end', async () => {
    const { todos } = await open({});
    const levels = 100_000;
    const query = JSON.parse(
      `{"collectionName":"todos","where":${'['.repeat(levels)}${']'.repeat(levels)}}`,
    ) as unknown;
    const answer = await todos.server.handleRequest(['fetch'], { query }, alice);
    expect(answer).toMatchObject({ statusCode: 400, payload: { name: 'LimitExceededError' } });
  });
});
