import { serve, upgradeWebSocket } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { afterEach, expect, it } from 'vitest';
import { jwtSecret, tokens } from '../../../tests/support/api-client.ts';
import { connectSocket } from '../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../tests/support/todo-schema.ts';
import { createTriplitHonoServer } from './hono.ts';

let listener: ServerType | undefined;
afterEach(() => listener?.close());

const logHandler = {
  log: () => undefined,
  startSpan: () => ({}),
  endSpan: () => undefined,
  recordMetric: () => undefined,
};

it('mounts beside the routes of another app', async () => {
  const own = new Hono().get('/hello', (context) => context.text('hello'));
  const options = { jwtSecret, dbOptions: { schema: todoSchema }, logHandler };
  const app = await createTriplitHonoServer(options, upgradeWebSocket, undefined, own);
  const port = await new Promise<number>((resolve) => {
    const websocket = { server: new WebSocketServer({ noServer: true }) };
    listener = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', websocket }, (info: AddressInfo) =>
      resolve(info.port),
    );
  });
  const address = `127.0.0.1:${port}`;
  expect(await (await fetch(`http://${address}/hello`)).text()).toBe('hello');
  expect(await (await fetch(`http://${address}/healthcheck`)).text()).toBe('OK');
  expect((await fetch(`http://${address}/`)).status).toBe(401);

  const client = await connectSocket(`ws://${address}/?token=${tokens.alice}`);
  await client.next('READY');
  await client.query('q', { collectionName: 'todos' });
  client.write('todos', { t1: encodedTodo('t1') });
  await client.next('CHANGES_ACK');
  expect((await client.next('ENTITY_DATA')).changes.json.todos.sets).toEqual([['t1', encodedTodo('t1')]]);
  client.close();
  expect((await client.closed).code).toBe(1000);
});
