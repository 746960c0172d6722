import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import type { SubscriptionOptions } from '../client-options.ts';
import { schema, TodoWorld } from '../testing/todo-world.ts';
import type { Place, TodoClient } from '../testing/todo-world.ts';

let world: TodoWorld;
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });
const pause = (ms = 40): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ids (or undefined), then fetching, fetchingLocal, fetchingRemote as T or F, then the name of the error. */
function observe(
  client: TodoClient,
  options: Partial<SubscriptionOptions> = {},
  query: unknown = client.query('todos').Order('id', 'ASC'),
) {
  const emissions: string[] = [];
  const stop = client.subscribeWithStatus(
    query as ReturnType<TodoClient['query']>,
    ({ results, fetching, fetchingLocal, fetchingRemote, error }) => {
      const rows = results === undefined ? 'undefined' : `[${results.map((row) => row['id']).join()}]`;
      const flags = [fetching, fetchingLocal, fetchingRemote].map((flag) => (flag ? 'T' : 'F')).join(' ');
      emissions.push(`${rows} ${flags}${error === undefined ? '' : ` ${error.name}`}`);
    },
    options,
  );
  return { emissions, stop };
}

async function connected(client: TodoClient): Promise<TodoClient> {
  await eventually(() => expect(client.syncEngine.serverReady).toBe(true));
  return client;
}

/** A client that knows J, and so does the server; the query for all todos was never made. */
async function clientWithJ(): Promise<TodoClient> {
  const client = await connected(world.open().client);
  await client.insert('todos', { id: 'J', text: 'J' });
  await eventually(async () => expect(await world.serverTodos()).toHaveLength(1));
  return client;
}

describe.each<Place>(['in the page', 'in a worker'])('with the client %s', (place) => {
  beforeEach(async () => void (world = await TodoWorld.start(undefined, place)));

  test('A: connected, never fulfilled before', async () => {
    const { emissions } = observe(await clientWithJ());
    expect(emissions).toEqual(['undefined T T F']);
    await eventually(() => expect(emissions).toHaveLength(4));
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[J] T F F', '[J] T F T', '[J] F F F']);
  });

  test("A: the server's news and the end of waiting are one emission", async () => {
    const client = await clientWithJ();
    await world.server.db.insert('todos', { id: 'K', text: 'K' }, { skipRules: true });
    const { emissions } = observe(client);
    await eventually(() => expect(emissions).toHaveLength(4));
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[J] T F F', '[J] T F T', '[J,K] F F F']);
  });

  test('B: connected, fulfilled earlier', async () => {
    const client = await clientWithJ();
    await client.fetch(client.query('todos').Order('id', 'ASC'));
    await pause();
    const { emissions } = observe(client);
    await eventually(() => expect(emissions).toHaveLength(4));
    expect(emissions).toEqual(['undefined T T F', '[J] F F F', '[J] F F T', '[J] F F F']);
  });

  test('C: without a server', async () => {
    const client = new TriplitClient({ schema });
    await client.insert('todos', { id: 'J', text: 'J' });
    const { emissions } = observe(client);
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[J] F F F']);
  });

  test('C: without a server, in the turn in which the client is made', async () => {
    const { emissions } = observe(new TriplitClient({ schema }));
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[] F F F']);
  });

  test('D: local only, on a connected client', async () => {
    const { emissions } = observe(await clientWithJ(), { localOnly: true });
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[J] F F F']);
  });

  test('E: connecting later', async () => {
    const { client } = world.open({ autoConnect: false });
    await client.insert('todos', { id: 'J', text: 'J' });
    const { emissions } = observe(client);
    await pause();
    expect(emissions).toEqual(['undefined T T F', '[J] F F F']);
    await client.connect();
    await eventually(() => expect(emissions).toHaveLength(4));
    await pause();
    expect(emissions.slice(2)).toEqual(['[J] F F T', '[J] F F F']);
  });

  test('F: clearing starts over', async () => {
    const client = await clientWithJ();
    const { emissions } = observe(client);
    await eventually(() => expect(emissions).toHaveLength(4));
    await client.clear();
    await eventually(() => expect(emissions).toHaveLength(8));
    await pause();
    expect(emissions.slice(4)).toEqual(['undefined T T F', '[] T F F', '[] T F T', '[J] F F F']);
  });

  describe('G', () => {
    test('the connection closes before the answer', async () => {
      const client = await clientWithJ();
      world.server.latencyMs = 2_000;
      const { emissions } = observe(client);
      await eventually(() => expect(emissions).toHaveLength(3));
      client.disconnect();
      await eventually(() => expect(emissions).toHaveLength(4));
      await pause(150);
      expect(emissions.slice(2)).toEqual(['[J] T F T', '[J] F F F']);
    });

    test('the first attempt to connect fails', async () => {
      world.server.cutNetwork();
      const { client } = world.open();
      const { emissions } = observe(client);
      await eventually(() => expect(emissions).toHaveLength(3));
      client.disconnect();
      await pause();
      expect(emissions).toEqual(['undefined T T F', '[] T F F', '[] F F F']);
    });

    test('reconnecting after the answer', async () => {
      const client = await clientWithJ();
      const { emissions } = observe(client);
      await eventually(() => expect(emissions).toHaveLength(4));
      client.disconnect();
      await pause();
      await client.connect();
      await eventually(() => expect(emissions).toHaveLength(6));
      await pause();
      expect(emissions.slice(3)).toEqual(['[J] F F F', '[J] F F T', '[J] F F F']);
    });

    test('joining a query that another has in flight, and one that is fulfilled', async () => {
      const client = await clientWithJ();
      world.server.latencyMs = 500;
      const first = observe(client);
      await eventually(() => expect(first.emissions).toHaveLength(3));
      const second = observe(client);
      await eventually(() => expect(second.emissions).toHaveLength(3));
      expect(second.emissions).toEqual(['undefined T T F', '[J] T F F', '[J] F F F']);
      const third = observe(client);
      await pause();
      expect(third.emissions).toEqual(['undefined T T F', '[J] F F F']);
    });

    test('the server refuses the query: one emission, and the error stays', async () => {
      const { client } = world.open({ schema: undefined, roles: undefined });
      await connected(client);
      const { emissions } = observe(client, {}, { collectionName: 'elsewhere' });
      await eventually(() => expect(emissions).toHaveLength(4));
      await client.insert('elsewhere' as never, { id: 'J' } as never);
      await eventually(() => expect(emissions.length).toBeGreaterThan(4));
      expect(emissions.slice(0, 5)).toEqual([
        'undefined T T F',
        '[] T F F',
        '[] T F T',
        '[] F F F QuerySyncError',
        '[J] F F F QuerySyncError',
      ]);
    });

    test('the query is invalid', async () => {
      const { emissions } = observe(await clientWithJ(), {}, { collectionName: 'nothing' });
      await pause();
      expect(emissions).toEqual(['undefined T T F', 'undefined F F F InvalidCollectionNameError']);
    });

    test('nothing is emitted after it was stopped', async () => {
      const { emissions, stop } = observe(await clientWithJ());
      stop();
      await pause();
      expect(emissions).toEqual(['undefined T T F']);
    });
  });
});
