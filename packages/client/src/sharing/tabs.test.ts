import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TabWorld } from '../testing/tab-world.ts';
import { signToken } from '../testing/tokens.ts';

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

let world: TabWorld;
beforeEach(async () => void (world = await TabWorld.start()));
afterEach(() => world.close());

describe('tabs that share a database', () => {
  test('have one connection and see the same, whoever writes', async () => {
    await world.insertAtServer('a');
    const first = world.openTab();
    const second = world.openTab();
    const third = world.openTab();
    await eventually(() => {
      for (const tab of [first, second, third]) expect(tab.texts()).toEqual(['server a']);
    });
    expect([first, second, third].map(({ transport }) => transport.connects)).toEqual([1, 0, 0]);
    await second.client.insert('todos', { id: 'b', text: 'second' });
    expect(second.texts()).toEqual(['server a', 'second']);
    await first.client.insert('todos', { id: 'c', text: 'first' });
    await world.insertAtServer('d');
    await eventually(() => {
      for (const tab of [first, second, third])
        expect(tab.texts()).toEqual(['server a', 'second', 'first', 'server d']);
    });
    await eventually(async () =>
      expect(await world.serverTexts()).toEqual(['server a', 'second', 'first', 'server d']),
    );
    await eventually(async () => {
      for (const tab of [first, second, third]) expect(await tab.client.pendingChanges()).toEqual([]);
    });
    for (const tab of [first, second, third]) expect(tab.client.connectionStatus).toBe('OPEN');
  });

  test('a tab that opens later shows at once what is known, without asking the server', async () => {
    await world.insertAtServer('a');
    const first = world.openTab();
    await eventually(() => expect(first.texts()).toEqual(['server a']));
    world.server.cutNetwork();
    await first.client.insert('todos', { id: 'b', text: 'offline' });
    const second = world.openTab();
    await eventually(() => expect(second.texts()).toEqual(['server a', 'offline']));
    expect(await second.client.fetch(second.client.query('todos'), { syncStatus: 'pending' })).toHaveLength(1);
    expect(await second.client.isFirstTimeFetchingQuery(second.client.query('todos').Order('id', 'ASC'))).toBe(false);
  });

  test('when the leader is killed another takes over: nothing is lost, live queries go on, writes are sent', async () => {
    await world.insertAtServer('a');
    const first = world.openTab();
    const second = world.openTab();
    const third = world.openTab();
    await eventually(() => expect(third.texts()).toEqual(['server a']));
    world.server.cutNetwork();
    await first.client.insert('todos', { id: 'b', text: 'of the leader' });
    await second.client.insert('todos', { id: 'c', text: 'of a follower' });
    first.kill();
    const late = third.client.insert('todos', { id: 'd', text: 'while nobody leads' });
    world.server.restoreNetwork();
    await late;
    const all = ['server a', 'of the leader', 'of a follower', 'while nobody leads'];
    await eventually(async () => expect(await world.serverTexts()).toEqual(all));
    await world.insertAtServer('e');
    await eventually(() => {
      for (const tab of [second, third]) expect(tab.texts()).toEqual([...all, 'server e']);
    });
    expect(second.transport.connects + third.transport.connects).toBeGreaterThan(0);
    expect(Math.min(second.transport.connects, third.transport.connects)).toBe(0);
    // What the tabs had is in the database as well.
    await Promise.all([second.client.close(), third.client.close()]);
    world.server.cutNetwork();
    const fourth = world.openTab();
    await eventually(() => expect(fourth.texts()).toEqual([...all, 'server e']));
  });

  test('when the leader closes, the next one leads', async () => {
    const first = world.openTab();
    const second = world.openTab();
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    await first.client.close();
    await second.client.insert('todos', { id: 'a', text: 'alone' });
    await eventually(async () => expect(await world.serverTexts()).toEqual(['alone']));
    expect(second.transport.connects).toBe(1);
  });

  test('what a tab asks of the leader is over when the tab closes, and so is what it asks afterwards', async () => {
    const first = world.openTab();
    const { client, texts } = world.openTab();
    await world.insertAtServer('a');
    await eventually(() => expect(texts()).toEqual(['server a']));
    const asked = [client.syncWrites(), client.clearPendingChangesAll(), client.clear()];
    const settled = Promise.allSettled(asked);
    await client.close();
    await settled;
    expect(await client.syncWrites()).toMatchObject({ didSync: false });
    await expect(client.clearPendingChangesAll()).rejects.toThrow('The client is closed.');
    await expect(client.clearPendingChangesForEntity('todos', 'a')).rejects.toThrow('The client is closed.');
    await expect(client.clear()).rejects.toThrow('The client is closed.');
    await eventually(() => expect(first.client.connectionStatus).toBe('OPEN'));
  });

  test('a tab that closes while it takes over has stored what it wrote', async () => {
    const first = world.openTab();
    const second = world.openTab();
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    world.server.cutNetwork();
    first.kill();
    const written = second.client.insert('todos', { id: 'a', text: 'to be stored' });
    await new Promise<void>((resolve) => {
      second.client.onConnectionStatusChange((status) => status === 'CLOSED' && resolve(second.client.close()));
    });
    await written;
    const third = world.openTab();
    await eventually(() => expect(third.texts()).toEqual(['to be stored']));
  });

  test('the queries of a tab that was killed are withdrawn', async () => {
    const first = world.openTab();
    const second = world.openTab();
    second.client.subscribe(second.client.query('people'), () => undefined);
    await eventually(() => expect(first.client.syncEngine.queries.size).toBe(2));
    second.kill();
    await eventually(() => expect(first.client.syncEngine.queries.size).toBe(1));
  });

  test('a refused write is rolled back in every tab, and reported once in each', async () => {
    const first = world.openTab('ann');
    const second = world.openTab('ann');
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    const failures: string[] = [];
    for (const [who, tab] of [
      ['first', first],
      ['second', second],
    ] as const) {
      tab.client.onFailureToSyncWrites((error) => void failures.push(`${who} ${error.name}`));
    }
    let entityError = '';
    const seen: number[] = [];
    second.client.subscribe(second.client.query('todos'), (todos) => void seen.push(todos.length));
    const written = second.client.insert('todos', { id: 'x', text: 'not mine', ownerId: 'bob' });
    await written;
    // Late, and yet in time.
    second.client.onEntitySyncError('todos', 'x', (error) => void (entityError = error.name));
    await eventually(() =>
      expect(failures.toSorted()).toEqual(['first WritePermissionError', 'second WritePermissionError']),
    );
    expect(entityError).toBe('WritePermissionError');
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([[], []]));
    expect(seen).toEqual([0, 1, 0]);
  });

  test('signing out anywhere signs out everywhere; nobody works in the session of another person', async () => {
    const first = world.openTab('ann');
    const second = world.openTab('ann');
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    await second.client.endSession();
    await eventually(() => expect(first.client.token).toBeUndefined());
    await first.client.startSession(signToken({ sub: 'ann' }));
    await second.client.startSession(signToken({ sub: 'bob' }));
    await eventually(() => expect(first.client.decodedToken?.['sub']).toBe('bob'));
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    expect(first.client.vars.$session['sub']).toBe('bob');
  });

  test('clearing in one tab clears for all, and live queries start over', async () => {
    await world.insertAtServer('a');
    const first = world.openTab();
    const second = world.openTab();
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([['server a'], ['server a']]));
    world.server.cutNetwork();
    await second.client.clear();
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([[], []]));
    world.server.restoreNetwork();
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([['server a'], ['server a']]));
  });

  test('what only the leader does can be asked for in any tab', async () => {
    const first = world.openTab();
    const second = world.openTab();
    await eventually(() => expect(second.client.connectionStatus).toBe('OPEN'));
    world.server.cutNetwork();
    await second.client.insert('todos', { id: 'a', text: 'a' });
    await first.client.insert('todos', { id: 'b', text: 'b' });
    expect(await second.client.syncWrites()).toMatchObject({ didSync: false });
    await second.client.clearPendingChangesForEntity('todos', 'b');
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([['a'], ['a']]));
    await second.client.clearPendingChangesAll();
    await eventually(() => expect([first.texts(), second.texts()]).toEqual([[], []]));
  });
});
