/**
 * A server process that is sent nonsense over its port: frames over WebSockets, bodies over HTTP, and bytes that are
 * neither. Whatever comes, the process stays, logs no fault of its own, serves the next one, and keeps nothing.
 * `npm run fuzz -- --sockets --runs N --seed S` runs it for longer.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { jwtSecret, signToken, tokens } from '../support/api-client.ts';
import { connectSocket } from '../support/sync-client.ts';
import { todoSchema } from '../support/todo-schema.ts';
import { rawConversation, upgrade, webSocketFrame } from './hostile-bytes.ts';
import type { RawConversation } from './hostile-bytes.ts';
import { hostileFrame, hostileRequest } from './hostile-input.ts';

const inputs = Number(process.env['FUZZ_RUNS'] ?? 400);
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const INPUTS_PER_RUN = 20;
const parameters = { numRuns: Math.ceil(inputs / INPUTS_PER_RUN), seed };
const TIMEOUT_MS = Math.max(120_000, inputs * 20);
const UNLIMITED = 1e12;
const PATIENCE_MS = 60;
/** What a server that has seen everything before may hold on to: caches, and what the runtime has not given back. */
const MOST_GROWTH_BYTES = 24 * 1024 * 1024;
const anonymousToken = await signToken({ 'x-triplit-token-type': 'anon' });

let child: ChildProcess;
let port = 0;
let exited: number | null | undefined;
const faults: string[] = [];

beforeAll(async () => {
  const options = {
    jwtSecret,
    dbOptions: { schema: todoSchema },
    limits: {
      frameBytes: 60_000,
      requestBodyBytes: 1_000_000,
      messagesPerSecond: UNLIMITED,
      charactersPerSecond: UNLIMITED,
      messagesPerSecondPerPrincipal: UNLIMITED,
      charactersPerSecondPerPrincipal: UNLIMITED,
    },
  };
  child = fork(fileURLToPath(new URL('serve.mjs', import.meta.url)), {
    execArgv: ['--expose-gc'],
    env: { PATH: process.env['PATH'], FUZZ_OPTIONS: JSON.stringify(options) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr!.on('data', (data: Buffer) => faults.push(data.toString()));
  child.on('exit', (code) => (exited = code));
  port = await new Promise((resolve, reject) => {
    child.on('message', (message: { port?: number; fault?: string }) => {
      if (message.port !== undefined) resolve(message.port);
      if (message.fault !== undefined) faults.push(message.fault);
    });
    child.once('exit', () => reject(new Error(`The server could not start: ${faults.join('\n')}`)));
  });
});
afterAll(() => child.kill('SIGKILL'));

describe(`a server process sent ${inputs} hostile inputs over its port, seed ${seed}`, () => {
  it.each([
    ['user', tokens.alice],
    ['service token', tokens.service],
    ['visitor', anonymousToken],
    ['nobody', 'x.y.z'],
  ])(
    'goes on after the frames of a %s',
    async (_who, token) => {
      const frames = fc.array(fc.tuple(hostileFrame, fc.boolean()), { maxLength: INPUTS_PER_RUN * 2 });
      await expectToSurvive(fc.tuple(frames, fc.boolean()), async ([sent, hangsUp]) => {
        const socket = await openSocket(token);
        for (const [text, isBinary] of sent) await sendInFragments(socket, text, isBinary);
        if (hangsUp) socket.terminate();
        else await closed(socket);
      });
    },
    TIMEOUT_MS,
  );

  it.each([
    ['user', tokens.alice],
    ['service token', tokens.service],
  ])(
    'answers the requests of a %s, with and without a length',
    async (_who, token) => {
      const requests = fc.array(fc.tuple(hostileRequest, fc.boolean()), { maxLength: INPUTS_PER_RUN * 2 });
      await expectToSurvive(requests, async (sent) => {
        for (const [{ path, body }, isStreamed] of sent) {
          const response = await fetch(`http://127.0.0.1:${port}/${path}`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${token}` },
            body: isStreamed ? new Blob([body]).stream() : body,
            duplex: 'half',
          } as RequestInit);
          await response.arrayBuffer();
        }
      });
    },
    TIMEOUT_MS,
  );

  it(
    'goes on after messages that come beside a stream of events',
    async () => {
      const frames = fc.array(fc.tuple(hostileFrame, fc.boolean()), { maxLength: INPUTS_PER_RUN });
      await expectToSurvive(frames, async (sent) => {
        const stream = await fetch(`http://127.0.0.1:${port}/message-events?token=${tokens.alice}`);
        const reader = stream.body!.getReader();
        let heard = '';
        while (!heard.includes('READY')) heard += Buffer.from((await reader.read()).value!).toString();
        const [, clientId] = /"clientId":"([^"]+)"/.exec(heard)!;
        for (const [text, isWhole] of sent) {
          const response = await fetch(`http://127.0.0.1:${port}/message`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${tokens.alice}` },
            body: isWhole ? `{"message":${text},"options":{"clientId":"${clientId}"}}` : text,
          });
          await response.arrayBuffer();
        }
        await reader.cancel();
      });
    },
    TIMEOUT_MS,
  );

  it(
    'goes on after bytes that are no WebSocket and no HTTP, or stop in the middle',
    async () => {
      const conversations = fc.array(rawConversation(tokens.alice), { maxLength: INPUTS_PER_RUN * 2 });
      await expectToSurvive(conversations, (all) => Promise.all(all.map(converse)));
    },
    TIMEOUT_MS,
  );

  it('answers bytes that are right', async () => {
    const socket = await openRaw();
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    socket.write(upgrade(tokens.alice));
    await expect.poll(() => heard).toContain('READY');
    const payload = Buffer.from('{"type":"PING","payload":{}}');
    socket.write(webSocketFrame({ first: 0x81, masked: true, claims: 'right', payload }));
    await expect.poll(() => heard).toContain('PONG');
    socket.destroy();
  });

  it('serves others while many connections send their headers, or a frame, byte by byte', async () => {
    const beginning = Buffer.from('POST /fetch HTTP/1.1\r\nHost: localhost\r\n');
    const slow = await Promise.all(Array.from({ length: 200 }, () => openRaw()));
    for (const socket of slow) socket.write(beginning);
    const frame = webSocketFrame({ first: 0x81, masked: true, claims: 'huge', payload: new Uint8Array() });
    const upgraded = await Promise.all(Array.from({ length: 50 }, () => openSocket(tokens.alice)));
    const streams = upgraded.map((socket) => (socket as unknown as { _socket: Socket })._socket);
    for (const byte of frame.subarray(0, 8)) for (const stream of streams) stream.write(Uint8Array.of(byte));
    for (const socket of slow) socket.write('X');
    await expectHealth();
    for (const socket of slow) socket.destroy();
    for (const socket of upgraded) socket.terminate();
    await expectHealth();
  });

  it('keeps nothing of all that', async () => {
    const before = await settled();
    await fc.assert(
      fc.asyncProperty(fc.array(hostileFrame, { maxLength: 40 }), async (sent) => {
        const socket = await openSocket(tokens.alice);
        for (const text of sent) socket.send(text);
        socket.terminate();
        await converse({ pieces: [Buffer.from('GET / HTTP/1.1\r\nA')], ending: 'destroy' });
      }),
      { ...parameters, numRuns: Math.max(200, parameters.numRuns) },
    );
    const after = await settled();
    expect(after.connections).toBe(0);
    expect(after.heap - before.heap).toBeLessThan(MOST_GROWTH_BYTES);
    expect(faults).toEqual([]);
  });
});

/** Plays each drawn case; after each, the server has to be as well as before. */
async function expectToSurvive<T>(cases: fc.Arbitrary<T>, play: (drawn: T) => Promise<unknown>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      await play(drawn);
      await expectHealth();
    }),
    parameters,
  );
}

async function expectHealth(): Promise<void> {
  expect(exited, faults.join('\n')).toBeUndefined();
  const response = await fetch(`http://127.0.0.1:${port}/healthcheck`);
  expect(await response.text()).toBe('OK');
  const client = await connectSocket(`ws://127.0.0.1:${port}/?token=${tokens.service}`);
  await client.next('READY');
  client.send('CONNECT_QUERY', { id: 'q', params: { collectionName: 'users' } });
  await client.next('ENTITY_DATA');
  client.close();
  expect(faults).toEqual([]);
}

/** The state of the server without data and clients. */
async function settled(): Promise<{ connections: number; heap: number }> {
  const headers = { Authorization: `Bearer ${tokens.service}` };
  await fetch(`http://127.0.0.1:${port}/clear`, { method: 'POST', headers, body: '{}' });
  const ask = (): Promise<{ connections: number; heap: number }> =>
    new Promise((resolve) => {
      const hear = (message: any): void => {
        if (message.state === undefined) return;
        child.off('message', hear);
        resolve(message.state);
      };
      child.on('message', hear);
      child.send('state');
    });
  await expect.poll(async () => (await ask()).connections, { timeout: 10_000 }).toBe(0);
  return ask();
}

function openSocket(token: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}&features=digest,transactions,reauthorize`);
  socket.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('close', () => reject(new Error('The server takes no sockets any more.')));
  });
}

async function sendInFragments(socket: WebSocket, text: string, isFragmented: boolean): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return;
  if (!isFragmented) return socket.send(text);
  const middle = text.length >> 1;
  socket.send(text.slice(0, middle), { fin: false });
  socket.send(text.slice(middle), { fin: true });
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState === WebSocket.CLOSED) return resolve();
    socket.once('close', () => resolve());
    socket.close();
  });
}

function openRaw(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

async function converse({ pieces, ending }: RawConversation): Promise<void> {
  const socket = await openRaw();
  const ended = new Promise((resolve) => socket.once('close', resolve));
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    // So that the pieces come in more than one segment.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (ending === 'destroy') socket.destroy();
  else if (ending === 'end') socket.end();
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  socket.destroy();
}
