import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { logInto } from '../../../tests/support/log-into.ts';
import { todoSchema } from '../../../tests/support/todo-schema.ts';
import { createMountableServer } from './mountable-server.ts';
import type { MountableServer, MountableServerOptions } from './mountable-server.ts';

const jwtSecret = 'a secret that is long enough for HS256';
const token = await new SignJWT({ 'x-triplit-token-type': 'secret' })
  .setProtectedHeader({ alg: 'HS256' })
  .sign(new TextEncoder().encode(jwtSecret));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function mount(options: Partial<MountableServerOptions> = {}): Promise<MountableServer> {
  const sync = await createMountableServer({
    jwtSecret,
    dbOptions: { schema: todoSchema },
    logHandler: logInto([]),
    ...options,
  });
  closers.push(() => sync.close());
  return sync;
}

/** A program with a route and an upgrade of its own, and the sync server below `/sync`. */
async function startProgram(sync: MountableServer): Promise<string> {
  const http = createHttpServer(
    getRequestListener(
      (request) => (new URL(request.url).pathname.startsWith('/sync') ? sync.fetch(request) : new Response('mine')),
      { overrideGlobalObjects: false },
    ),
  );
  http.on('upgrade', (request, socket, head) => {
    if (!sync.upgrade(request, socket, head)) socket.end('HTTP/1.1 418 Mine\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closers.push(() => http.closeAllConnections() ?? http.close());
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** The first message, or the status with which the upgrade was refused. */
const outcomeOf = (url: string) =>
  new Promise<unknown>((resolve) => {
    const socket = new WebSocket(url);
    closers.push(() => socket.terminate());
    socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())));
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
    socket.once('error', () => undefined);
  });

describe('a server that is mounted in another program', () => {
  it('answers requests and takes sockets below its path, and leaves all others to the program', async () => {
    const host = await startProgram(await mount({ basePath: '/sync' }));
    const post = (path: string, body: object) =>
      fetch(`http://${host}${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await fetch(`http://${host}/sync/healthcheck`)).status).toBe(200);
    expect((await post('/sync/insert', { collectionName: 'users', entity: { id: 'a', name: 'A' } })).status).toBe(200);
    expect(await (await post('/sync/fetch', { query: { collectionName: 'users' } })).text()).toContain('"A"');
    expect(await (await fetch(`http://${host}/healthcheck`)).text()).toBe('mine');
    expect(await outcomeOf(`ws://${host}/sync?token=${token}`)).toMatchObject({ type: 'READY' });
    expect(await outcomeOf(`ws://${host}/?token=${token}`)).toBe(418);
    expect(await outcomeOf(`ws://${host}/synchronous?token=${token}`)).toBe(418);
    expect(await outcomeOf(`ws://${host}/sync/fetch?token=${token}`)).toBe(401);
  });

  it('answers requests that ask for another protocol than WebSocket as if they had not', async () => {
    const address = await startProgram(await mount({ basePath: '/sync' }));
    const ask = async (path: string): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
      let answer = '';
      socket.on('data', (data: Buffer) => (answer += data.toString()));
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`);
      setTimeout(() => socket.end(), 100);
      await once(socket, 'close');
      return answer;
    };
    expect(await ask('/sync/healthcheck')).toMatch(/^HTTP\/1\.1 200 OK[^]*OK/);
    expect(await ask('/elsewhere')).toMatch(/^HTTP\/1\.1 418 /);
  });

  it('answers nothing above its path', async () => {
    const sync = await mount({ basePath: '/sync/' });
    const status = async (path: string) => (await sync.fetch(new Request(`http://any.host${path}`))).status;
    expect(await Promise.all(['/sync/healthcheck', '/healthcheck', '/syncing'].map(status))).toEqual([200, 404, 404]);
  });

  it('tells its sockets to come back when it closes', async () => {
    const sync = await mount({ basePath: '/sync' });
    const host = await startProgram(sync);
    const socket = new WebSocket(`ws://${host}/sync?token=${token}`);
    await new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await sync.close();
    expect(await closed).not.toBe(1006);
  });

  it('refuses a base path that is none', async () => {
    await expect(mount({ basePath: 'sync' })).rejects.toThrow(/'sync' is no path.*begin with a slash/);
  });
});
