import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '@triplit/logger';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { jwtSecret, signToken } from '../../../tests/support/api-client.ts';
import { startListeningServer } from '../../../tests/support/listening-server.ts';
import { connectSocket } from '../../../tests/support/sync-client.ts';
import type { SyncClient } from '../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../tests/support/todo-schema.ts';
import { createServer } from './create-server.ts';
import type { RunningServer } from './create-server.ts';
import type { ServerOptions } from './options.ts';
import { createTriplitStorageProvider } from './storage.ts';

const running = new Set<RunningServer>();
let log: LogRecord[] = [];

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  log = [];
  const server = await startListeningServer(log, options);
  running.add(server);
  return server;
}

async function connect(server: RunningServer, claims: Record<string, unknown> = { sub: 'alice' }): Promise<SyncClient> {
  const client = await connectSocket(
    `ws://127.0.0.1:${server.port}/?sync-schema=false&token=${await signToken(claims)}`,
  );
  await client.next('READY');
  return client;
}

const logged = () => log.map(({ message }) => message).join('\n');

afterEach(async () => {
  await Promise.all([...running].map((server) => server.close()));
  running.clear();
});

describe('a server on a port', () => {
  it('syncs a write of one socket to another', async () => {
    const server = await start();
    const [a, b] = [await connect(server), await connect(server, { sub: 'bob' })];
    await a.query('a', { collectionName: 'todos' });
    await b.query('b', { collectionName: 'todos' });
    a.write('todos', { t1: encodedTodo('t1') });
    await a.next('CHANGES_ACK');
    expect((await b.next('ENTITY_DATA')).changes.json.todos.sets).toEqual([['t1', encodedTodo('t1')]]);
  });

  it('answers HTTP on the same port', async () => {
    const server = await start();
    const address = `http://127.0.0.1:${server.port}`;
    expect(await (await fetch(`${address}/healthcheck`)).text()).toBe('OK');
    const headers = {
      Authorization: `Bearer ${await signToken({ sub: 'alice' })}`,
      'Content-Type': 'application/json',
    };
    const inserted = await fetch(`${address}/insert`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ collectionName: 'users', entity: { id: 'u', name: 'U' } }),
    });
    expect(await inserted.json()).toEqual({ id: 'u', name: 'U' });
    expect((await fetch(`${address}/`)).status).toBe(401);
  });

  it('upgrades no other path', async () => {
    const server = await start();
    await expect(
      connectSocket(`ws://127.0.0.1:${server.port}/other?token=${await signToken({ sub: 'alice' })}`),
    ).rejects.toThrow('401');
    const headers = { Authorization: `Bearer ${await signToken({ sub: 'alice' })}` };
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/other`, { headers });
    socket.on('error', () => undefined);
    const status = await new Promise((resolve) =>
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)),
    );
    expect(status).toBe(404);
  });

  it('answers requests of programs that would rather speak HTTP/2 as if they had not asked', async () => {
    const server = await start();
    const ask = async (head: string, body = '') => {
      const socket = connectTcp(server.port!, '127.0.0.1');
      socket.on('error', () => undefined);
      let answer = '';
      socket.on('data', (data: Buffer) => (answer += data.toString()));
      const ended = new Promise((resolve) => socket.once('close', resolve));
      const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA';
      socket.write(`${head}\r\nHost: localhost\r\n${upgrade}\r\n\r\n${body.slice(0, 10)}`);
      setTimeout(() => socket.write(body.slice(10)), 20);
      setTimeout(() => socket.end(), 100);
      await ended;
      return answer;
    };
    expect(await ask('GET /healthcheck HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 OK[^]*OK$/);
    expect(await ask('GET / HTTP/1.1')).toMatch(/^HTTP\/1\.1 401 /);
    const body = JSON.stringify({ collectionName: 'users', entity: { id: 'u', name: 'U' } });
    const token = await signToken({ sub: 'alice' });
    const head = `POST /insert HTTP/1.1\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}`;
    expect(await ask(head, body)).toMatch(/^HTTP\/1\.1 200 OK[^]*"name":"U"/);
    expect(await server.db.fetchById('users', 'u', { skipRules: true })).toEqual({ id: 'u', name: 'U' });
  });

  it('closes with the code and the reason that the client closes with', async () => {
    const server = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?token=${await signToken({ sub: 'alice' })}`);
    await new Promise((resolve) => socket.once('message', resolve));
    const reason = '{"type":"MANUAL_DISCONNECT","retry":false}';
    const closed = new Promise((resolve) => socket.once('close', (code, text) => resolve([code, text.toString()])));
    socket.close(1000, reason);
    expect(await closed).toEqual([1000, reason]);
  });

  it('gives queries its own variables', async () => {
    const server = await start({ dbOptions: { schema: todoSchema, variables: { wanted: 'b' } } });
    await server.db.insert('users', { id: 'a', name: 'A' }, { skipRules: true });
    await server.db.insert('users', { id: 'b', name: 'B' }, { skipRules: true });
    const client = await connect(server);
    const data = await client.query('q', { collectionName: 'users', where: [['id', '=', '$global.wanted']] });
    expect(data.changes.json.users.sets).toEqual([['b', { id: 'b', name: 'B' }]]);
  });

  it('says which port is taken', async () => {
    const other = createTcpServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const startServer = await createServer({
      jwtSecret,
      host: '127.0.0.1',
      logHandler: {
        log: () => undefined,
        startSpan: () => ({}) as never,
        endSpan: () => undefined,
        recordMetric: () => undefined,
      },
    });
    const server = startServer(port);
    await expect(server.listening).rejects.toThrow(`Port ${port} is already in use`);
    await server.close();
    other.close();
  });

  it('refuses to start with a schema that its data contradicts', async () => {
    const storage = await createTriplitStorageProvider('memory');
    const first = await start({ storage });
    await first.db.insert('users', { id: 'u', name: 'U' });
    await first.close();
    const schema = structuredClone(todoSchema) as any;
    schema.collections.users.schema.properties.name.type = 'number';
    await expect(start({ storage, dbOptions: { schema } })).rejects.toThrow(/SCHEMA_UPDATE_FAILED[\s\S]*users\.name/);
  });
});

describe('a socket', () => {
  it('without a good token is told why and closed', async () => {
    const server = await start();
    const cases: [string, RegExp][] = [
      ['', /No token provided/],
      ['x.y.z', /could not be decoded/],
      [await signToken({ sub: 'alice', exp: 1000 }), /"exp" claim timestamp check failed/],
      [`${(await signToken({ sub: 'alice' })).slice(0, -6)}AAAAAA`, /signature verification failed/],
    ];
    for (const [token, reason] of cases) {
      const client = await connectSocket(`ws://127.0.0.1:${server.port}/?token=${token}`);
      expect(await client.next('CLOSE')).toEqual({
        type: 'UNAUTHORIZED',
        retry: false,
        message: expect.stringMatching(reason),
      });
      expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"UNAUTHORIZED","retry":false}' });
      expect(logged()).toMatch(reason);
    }
  });

  it('is told which setting is missing when no key for its token is configured', async () => {
    const server = await start({ jwtSecret: undefined });
    const client = await connectSocket(`ws://127.0.0.1:${server.port}/?token=${await signToken({ sub: 'alice' })}`);
    expect((await client.next('CLOSE')).message).toContain('EXTERNAL_JWT_SECRET');
    expect(logged()).toContain('EXTERNAL_JWT_SECRET');
  });

  it('may send at once: what comes before the token is verified waits', async () => {
    const server = await start();
    const client = await connectSocket(`ws://127.0.0.1:${server.port}/?token=${await signToken({ sub: 'alice' })}`);
    client.send('PING', { clientTimestamp: 5 });
    await client.next('READY');
    expect((await client.next('PONG')).clientTimestamp).toBe(5);
  });

  it('that sends while its token is being refused does no harm', async () => {
    const server = await start();
    const client = await connectSocket(`ws://127.0.0.1:${server.port}/?token=nonsense`);
    for (let i = 0; i < 100; i++) client.send('PING', {});
    await client.closed;
    await connect(server);
  });

  it('that sends hostile frames is answered, and the server goes on', async () => {
    const server = await start();
    const client = await connect(server);
    for (const frame of ['null', '{}', '{"type":"CHANGES","payload":{}}', '{"type":"CONNECT_QUERY"}', '{nope']) {
      client.sendText(frame);
      await client.next('ERROR');
    }
    const state = { timestamp: [1, 0, 'server'], entityIds: { nope: ['a'] } };
    await client.query('q', { collectionName: 'todos' }, state);
    await connect(server);
  });

  it('with a frame above the limit is closed', async () => {
    const server = await start({ limits: { frameBytes: 1000 } });
    const client = await connect(server);
    client.sendText('x'.repeat(2000));
    expect((await client.closed).code).toBe(1009);
    await connect(server);
  });

  it('takes a new token in a message, and only of the same principal', async () => {
    const server = await start({ leewaySeconds: 0 });
    const exp = () => Math.floor(Date.now() / 1000);
    const client = await connect(server, { sub: 'alice', exp: exp() + 2 });
    client.send('UPDATE_TOKEN', { token: await signToken({ sub: 'alice', exp: exp() + 60 }) });
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    client.send('PING', {});
    await client.next('PONG');
    client.send('UPDATE_TOKEN', { token: 'x.y.z' });
    expect(await client.next('CLOSE')).toMatchObject({ type: 'UNAUTHORIZED' });
    const other = await connect(server);
    other.send('UPDATE_TOKEN', { token: await signToken({ sub: 'bob' }) });
    expect(await other.next('CLOSE')).toMatchObject({ type: 'ROLES_MISMATCH' });
    expect((await other.closed).reason).toBe('{"type":"ROLES_MISMATCH","retry":false}');
  });
});

describe('the log', () => {
  it('says at the start which keys were recognised, and never holds a token or a secret', async () => {
    const server = await start();
    expect(logged()).toContain('JWT_SECRET');
    const client = await connect(server);
    client.write('todos', { t1: encodedTodo('t1', { text: 'private text' }) });
    await client.next('CHANGES_ACK');
    client.sendText(`{"type":"UPDATE_TOKEN","payload":{"token":"${await signToken({ sub: 'alice' })}"`);
    await client.next('ERROR');
    const everything = JSON.stringify(log);
    expect(everything).toContain('CHANGES_ACK');
    expect(everything).not.toContain('eyJ');
    expect(everything).not.toContain('private text');
    expect(everything).not.toContain(jwtSecret);
  });
});

describe('stopping a server', () => {
  it('lets clients reconnect, and loses nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'triplit-server-'));
    const options = { storage: () => createTriplitStorageProvider('lmdb', join(folder, 'db')) };
    const server = await start(options);
    const client = await connect(server);
    const acknowledged: string[] = [];
    for (let i = 0; i < 20; i++) {
      client.write('todos', { [`t${i}`]: encodedTodo(`t${i}`) });
      await client.next('CHANGES_ACK');
      acknowledged.push(`t${i}`);
    }
    const closing = server.close();
    expect(await client.closed).toEqual({ code: 1001, reason: '' });
    await closing;
    await server.close();
    const again = await start({ ...options, dbOptions: {} });
    const back = await connect(again);
    const data = await back.query('q', { collectionName: 'todos' });
    expect(data.changes.json.todos.sets.map(([id]: [string]) => id).sort()).toEqual(acknowledged.sort());
    await again.close();
    await rm(folder, { recursive: true });
  });
});
