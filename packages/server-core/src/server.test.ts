/** The server as a library: sessions, connections and requests in one process, without sockets and without HTTP. */
import { createDB } from '@triplit/db';
import { expect, it } from 'vitest';
import { todoSchema } from '../../../tests/support/todo-schema.ts';
import { contents } from '../../../tests/support/todo-server.ts';
import { hasAdminAccess, Server, Session, SyncConnection } from './index.ts';

it('syncs in one process: a session opens a connection, messages go in and come out as objects', async () => {
  const { db } = await createDB({ schema: todoSchema, clientId: 'server', persistClock: true });
  const server = new Server(db);
  const session = server.createSession({ 'x-triplit-token-type': 'secret' });
  expect(session).toBeInstanceOf(Session);
  expect(session.hasAdminAccess).toBe(true);
  expect(hasAdminAccess({ sub: 'alice' })).toBe(false);

  const connection = session.createConnection({ clientId: 'mine' });
  expect(connection).toBeInstanceOf(SyncConnection);
  const messages: [type: string, payload: any][] = [];
  const remove = connection.addListener((type, payload) => messages.push([type, payload]));
  await connection.start();
  expect(messages).toEqual([['READY', { clientId: 'mine' }]]);

  await connection.dispatchCommand({
    type: 'CONNECT_QUERY',
    payload: { id: 'q', params: { collectionName: 'users' } },
  });
  await expect.poll(() => messages.at(-1)?.[0]).toBe('ENTITY_DATA');
  await session.handleRequest(['insert'], { collectionName: 'users', entity: { id: 'u', name: 'U' } });
  await expect
    .poll(() => contents(messages.at(-1)![1]))
    .toEqual({
      users: { sets: { u: { id: 'u', name: 'U' } }, deletes: [] },
    });

  remove();
  const heard = messages.length;
  await connection.dispatchCommand({ type: 'PING', payload: {} });
  expect(messages).toHaveLength(heard);
  server.closeConnection('mine');
  expect(server.connections.count).toBe(0);
  server.closeConnection('mine');
});
