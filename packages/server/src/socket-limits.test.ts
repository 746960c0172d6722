/** The limits of connections as they show on real sockets, to clients that are slow, silent, many or too loud. */
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { splitMessage } from '@triplit/db/sync';
import { defaultLimits } from '@triplit/server-core';
import type { LogRecord } from '@triplit/logger';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { signToken, tokens } from '../../../tests/support/api-client.ts';
import { startListeningServer } from '../../../tests/support/listening-server.ts';
import { changesOf, connectSocket, SyncClient } from '../../../tests/support/sync-client.ts';
import { encodedTodo } from '../../../tests/support/todo-schema.ts';
import type { RunningServer } from './create-server.ts';
import type { ServerOptions } from './options.ts';

const anonymousToken = await signToken({ 'x-triplit-token-type': 'anon' });

let server: RunningServer;
const sockets: WebSocket[] = [];
const log: LogRecord[] = [];

async function start(options: Partial<ServerOptions> = {}): Promise<void> {
  server = await startListeningServer(log, options);
}

function open(parameters: string, headers: Record<string, string> = {}): { socket: WebSocket; client: SyncClient } {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?${parameters}`, { headers });
  sockets.push(socket);
  const client = new SyncClient();
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => client.take(JSON.parse(data.toString())));
  socket.on('close', (code, reason) => client.wasClosed(code, reason.toString()));
  client.sendText = (text) => socket.send(text);
  return { socket, client };
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server.close();
  log.length = 0;
});

/** Each time another state of one todo, so that nothing but what was sent grows. */
async function writeMoreThanSystemBuffersHold(): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const todo = encodedTodo('t', { text: `${round}${'x'.repeat(500_000)}` });
    const changes = { todos: { sets: new Map([['t', todo]]), deletes: new Set<string>() } };
    await server.db.commitChanges(changes, { skipRules: true }).durable;
    await pause(1);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a socket', () => {
  it('whose peer does not read is closed once more than bufferedBytes wait for it; others go on', async () => {
    await start({ limits: { bufferedBytesBeforePause: 64_000_000, bufferedBytes: 1_000_000 } });
    const { socket, client } = open(`token=${tokens.alice}`);
    await client.next('READY');
    await client.query('q', { collectionName: 'todos' });
    const { _socket: stream } = socket as unknown as { _socket: Socket };
    stream.pause();
    await writeMoreThanSystemBuffersHold();
    await expect.poll(() => server.server.connections.count).toBe(0);
    expect(log.map(({ message }) => message).join('\n')).toContain('does not read what it is sent');
    stream.resume();
    expect(await client.closed).toEqual({ code: 1006, reason: '' });
    const other = await connectSocket(`ws://127.0.0.1:${server.port}/?token=${tokens.alice}`);
    await other.next('READY');
    other.close();
  });

  it('may as well be a stream of events that nobody reads', async () => {
    await start({ limits: { bufferedBytesBeforePause: 64_000_000, bufferedBytes: 1_000_000 } });
    const socket = connectTcp(server.port!, '127.0.0.1');
    socket.on('error', () => undefined);
    const heard = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data: Buffer) => {
        text += data.toString();
        const [, clientId] = /"clientId":"([^"]+)"/.exec(text) ?? [];
        if (clientId !== undefined) resolve(clientId);
      });
    });
    socket.write(`GET /message-events?token=${tokens.alice} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const clientId = await heard;
    const message = { type: 'CONNECT_QUERY', payload: { id: 'q', params: { collectionName: 'todos' } } };
    await fetch(`http://127.0.0.1:${server.port}/message`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tokens.alice}` },
      body: JSON.stringify({ message, options: { clientId } }),
    });
    socket.pause();
    await writeMoreThanSystemBuffersHold();
    await expect.poll(() => server.server.connections.count).toBe(0);
    socket.destroy();
  });

  it('that shows no token within authenticationDeadlineMs is told so and closed', async () => {
    await start({ limits: { authenticationDeadlineMs: 40 } });
    const { client } = open('features=token-message');
    expect(await client.next('CLOSE')).toMatchObject({ type: 'UNAUTHORIZED', retry: true });
    expect(await client.closed).toEqual({ code: 1008, reason: '{"type":"UNAUTHORIZED","retry":true}' });
  });

  it('holds no more unfinished chunked messages than allowed, and none longer than their age', async () => {
    await start({ limits: { chunks: { ...defaultLimits.chunks, maxMessages: 2, maxAgeMs: 60 } } });
    const { client } = open(`token=${tokens.alice}`);
    await client.next('READY');
    const text = '{"type":"PING","payload":{}}';
    const half = (id: string, index: number) =>
      client.send('CHUNK', { id, index, total: 2, data: index === 0 ? text.slice(0, 9) : text.slice(9) });
    for (const id of ['a', 'b', 'c']) half(id, 0);
    expect(await client.next('ERROR')).toMatchObject({ messageType: 'CHUNK' });
    half('b', 1);
    await client.next('PONG');
    await pause(80);
    half('a', 1);
    await client.expectSilence();
    half('d', 0);
    half('d', 1);
    await client.next('PONG');
  });

  it('that floods is told how much it may send, and closed', async () => {
    await start({ limits: { messagesPerSecond: 5, burstSeconds: 1 } });
    const { client } = open(`token=${tokens.alice}`);
    await client.next('READY');
    for (let i = 0; i < 20; i++) client.send('DISCONNECT_QUERY', { id: 'q' });
    expect(await client.next('CLOSE')).toMatchObject({ type: 'LIMIT_EXCEEDED', retry: true });
    expect(await client.closed).toEqual({ code: 1013, reason: '{"type":"LIMIT_EXCEEDED","retry":true}' });
  });
});

describe('frames', () => {
  it('of published clients are small enough, however long the message and whatever is in it', async () => {
    await start();
    const { client } = open(`token=${tokens.alice}`);
    await client.next('READY');
    // What takes most on the wire: a part of nothing but three bytes each, and texts that are escaped twice.
    const text = `${'漢'.repeat(1_000_000)}${'x'.repeat(6_000_000)}${'"\\'.repeat(1_000_000)}`;
    const changes = changesOf({ todos: { sets: { t1: encodedTodo('t1', { text }) } } });
    const frames = splitMessage(JSON.stringify({ type: 'CHANGES', payload: { changes } }));
    const largest = Math.max(...frames.map((frame) => Buffer.byteLength(frame)));
    expect(frames.length).toBeGreaterThan(10);
    expect(largest).toBeLessThan(2 * 1024 * 1024);
    expect(largest * 8).toBeLessThan(defaultLimits.frameBytes);
    for (const frame of frames) client.sendText(frame);
    await client.next('CHANGES_ACK');
    const [todo] = await server.db.fetch({ collectionName: 'todos' }, { skipRules: true });
    expect((todo as { text: string }).text === text).toBe(true);
  });

  it('above 16 MB close the socket, unless the server is told otherwise', async () => {
    const frame = JSON.stringify({ type: 'PING', payload: { padding: 'x'.repeat(17 * 1024 * 1024) } });
    await start();
    const { client } = open(`token=${tokens.alice}`);
    await client.next('READY');
    client.sendText(frame);
    expect(await client.closed).toEqual({ code: 1009, reason: '' });
    await server.close();
    await start({ limits: { frameBytes: 20 * 1024 * 1024 } });
    const { client: other } = open(`token=${tokens.alice}`);
    await other.next('READY');
    other.sendText(frame);
    await other.next('PONG');
  });
});

describe('anonymous users', () => {
  const forwardedFor = (address: string) => ({ 'X-Forwarded-For': `198.51.100.1, ${address}` });

  it('are counted by the address that a trusted proxy says, over sockets and requests', async () => {
    await start({
      trustedProxies: 1,
      limits: { connectionsPerAddress: 1, messagesPerSecondPerAddress: 3, burstSeconds: 1 },
    });
    await open(`token=${anonymousToken}`, forwardedFor('203.0.113.7')).client.next('READY');
    const second = open(`token=${anonymousToken}`, forwardedFor('203.0.113.7')).client;
    expect(await second.next('CLOSE')).toMatchObject({ type: 'LIMIT_EXCEEDED', retry: true });
    expect((await second.closed).code).toBe(1013);
    await open(`token=${anonymousToken}`, forwardedFor('203.0.113.8')).client.next('READY');
    const ask = async (address: string) => {
      const headers = { Authorization: `Bearer ${anonymousToken}`, ...forwardedFor(address) };
      return (await fetch(`http://127.0.0.1:${server.port}/version`, { headers })).status;
    };
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(await ask('203.0.113.7'));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await ask('203.0.113.8')).toBe(200);
    expect(
      await fetch(`http://127.0.0.1:${server.port}/message-events?token=${anonymousToken}`, {
        headers: forwardedFor('203.0.113.7'),
      }).then(firstEvent),
    ).toContain('LIMIT_EXCEEDED');
  });

  it('are counted by the address of the socket where there is no proxy, and a header changes nothing', async () => {
    await start({
      trustedProxies: 0,
      limits: { connectionsPerAddress: 1 },
    });
    await open(`token=${anonymousToken}`, forwardedFor('203.0.113.7')).client.next('READY');
    expect(await open(`token=${anonymousToken}`, forwardedFor('203.0.113.8')).client.next('CLOSE')).toMatchObject({
      type: 'LIMIT_EXCEEDED',
    });
  });

  it('are counted over requests as well, by the same address', async () => {
    await start({ trustedProxies: 0, limits: { messagesPerSecondPerAddress: 2, burstSeconds: 1 } });
    const statuses = [];
    for (const address of ['203.0.113.7', '203.0.113.8', '203.0.113.9']) {
      const headers = { Authorization: `Bearer ${anonymousToken}`, ...forwardedFor(address) };
      statuses.push((await fetch(`http://127.0.0.1:${server.port}/version`, { headers })).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('of one machine or network, who may come by a proxy that nobody told of, are not counted', async () => {
    await start({ limits: { connectionsPerAddress: 1 } });
    for (let i = 0; i < 3; i++) await open(`token=${anonymousToken}`).client.next('READY');
  });
});

async function firstEvent(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  let text = '';
  while (!text.includes('data:')) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  return text;
}
