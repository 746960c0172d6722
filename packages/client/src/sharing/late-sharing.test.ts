/** Clients that are constructed as in a browser: what tabs share is loaded after the constructor has returned. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeOrigin } from '../testing/fake-tabs.ts';
import { TodoWorld } from '../testing/todo-world.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('IDBKeyRange', IDBKeyRange);
  const origin = new FakeOrigin();
  // Each client finds itself in a tab of its own.
  vi.stubGlobal('navigator', {
    get locks() {
      return origin.openTab().locks;
    },
  });
});
afterEach(async () => {
  await world.close();
  vi.doUnmock('./share-storage.ts');
  vi.unstubAllGlobals();
});

test('a client connects, and the next one follows it', async () => {
  const first = world.open({ storage: 'indexeddb' });
  expect(first.client.connectionStatus).toBe('CONNECTING');
  await first.client.insert('todos', { id: 'a', text: 'a' });
  await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
  const second = world.open({ storage: { type: 'indexeddb' } });
  expect(second.client.connectionStatus).toBe('CONNECTING');
  expect(await second.client.fetch(second.client.query('todos'), { policy: 'local-only' })).toHaveLength(1);
  await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
  expect([first, second].map(({ transport }) => transport.connects)).toEqual([1, 0]);
  await first.client.close();
  await eventually(() => expect(second.transport.connects).toBe(1));
});

test('a client may be closed before anything is loaded; another one leads then', async () => {
  await world.open({ storage: 'indexeddb' }).client.close();
  const { client, transport } = world.open({ storage: 'indexeddb' });
  await client.insert('todos', { id: 'a', text: 'a' });
  await eventually(() => expect(transport.connects).toBe(1));
});

test('disconnecting before anything is loaded is heeded', async () => {
  const { client, transport } = world.open({ storage: 'indexeddb' });
  client.disconnect();
  await client.ready;
  await eventually(() => expect(client.connectionStatus).not.toBe('CLOSING'));
  expect(transport.connects).toBe(0);
});

test('when it cannot be loaded, data is kept in memory, with a warning, and the client connects', async () => {
  vi.doMock('./share-storage.ts', () => {
    throw new Error('404');
  });
  const { client, transport, log } = world.open({ storage: 'indexeddb' });
  await client.insert('todos', { id: 'a', text: 'a' });
  expect(await client.fetch(client.query('todos'), { policy: 'local-only' })).toHaveLength(1);
  await eventually(() => expect(transport.connects).toBe(1));
  await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
  expect(log.logs.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
    expect.stringMatching(/data is kept in memory/),
  ]);
});
