import type { LogRecord } from '@triplit/logger';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { signToken } from '../../../tests/support/api-client.ts';
import { startListeningServer } from '../../../tests/support/listening-server.ts';
import type { RunningServer } from './create-server.ts';
import type { ServerOptions } from './options.ts';

const token = await signToken({ sub: 'alice' });

let server: RunningServer;
const sockets: WebSocket[] = [];
const log: LogRecord[] = [];

async function start(options: Partial<ServerOptions> = {}): Promise<string> {
  server = await startListeningServer(log, options);
  return `ws://127.0.0.1:${server.port}/`;
}

function open(url: string, protocols: string[] = [], options: WebSocket.ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, protocols, options);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}
const firstMessage = (socket: WebSocket) =>
  new Promise<unknown>((resolve) => socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString()))));

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server.close();
  log.length = 0;
});

describe('a socket', () => {
  it('brings its token in a sub-protocol, and neither the answer nor a log repeats it', async () => {
    const url = await start({ verboseLogs: true });
    const socket = open(url, ['triplit', `triplit.token.${token}`]);
    expect(await firstMessage(socket)).toMatchObject({ type: 'READY' });
    expect(socket.protocol).toBe('triplit');
    expect(log.length).toBeGreaterThan(0);
    expect(JSON.stringify(log)).not.toContain(token.split('.')[2]);
  });

  it('is refused to pages of origins that are not listed', async () => {
    const url = await start({ corsOrigins: 'https://app.example.com' });
    const status = (origin: string | undefined) =>
      new Promise((resolve) => {
        const socket = open(`${url}?token=${token}`, [], origin === undefined ? {} : { origin });
        socket.once('open', () => resolve(101));
        socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      });
    expect(await status('https://evil.example.com')).toBe(403);
    expect(await status('https://app.example.com')).toBe(101);
    expect(await status(undefined)).toBe(101);
  });

  it('whose peer gives no sign of life is dropped after pingIntervalMs, one that does stays', async () => {
    const url = await start({ limits: { pingIntervalMs: 60 } });
    const [silent, alive] = [open(`${url}?token=${token}`, [], { autoPong: false }), open(`${url}?token=${token}`)];
    await Promise.all([firstMessage(silent), firstMessage(alive)]);
    await new Promise((resolve) => silent.once('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(alive.readyState).toBe(WebSocket.OPEN);
    expect(server.server.connections.count).toBe(1);
  });

  it('that has closed leaves nothing behind', async () => {
    const url = await start();
    const many = Array.from({ length: 20 }, () => open(`${url}?token=${token}`));
    await Promise.all(many.map(firstMessage));
    expect(server.server.connections.count).toBe(20);
    for (const socket of many) socket.terminate();
    await expect.poll(() => server.server.connections.count).toBe(0);
  });

  it('negotiates no compression', async () => {
    const url = await start();
    const socket = open(`${url}?token=${token}`, [], { perMessageDeflate: true });
    await firstMessage(socket);
    expect(socket.extensions).toBe('');
  });
});
