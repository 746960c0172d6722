/**
 * What every framework binding has to show: the same suite for each, run with a real client and a real server in the same
 * process. A binding says how its primitives are mounted; what is shown is recorded once per change. Bindings may skip
 * states that are overtaken in the same turn, and may show none that is not in the tables.
 */
import { describe, expect, test, vi } from 'vitest';
import { describePages } from './binding-contract-pages.ts';
import { bindingWorld, eventually, letter, pause } from './binding-harness.ts';
import type { BindingHarness, QueryShown } from './binding-harness.ts';

const DISABLED = { error: undefined, fetching: false, fetchingLocal: false, fetchingRemote: false };
const LOADING = { error: undefined, fetching: true, fetchingLocal: true, fetchingRemote: false };

export function describeBindingContract(name: string, harness: BindingHarness): void {
  describe(`${name}: queries`, () => {
    describeQueries(harness);
  });
  describe(`${name}: pages and lists`, () => {
    describePages(harness);
  });
}

function describeQueries(harness: BindingHarness): void {
  const { world, using, todos, connected, clientWith, clientWithJ, expectNothingLeft } = bindingWorld();

  describe('a query', () => {
    const last = (shown: { readonly current: QueryShown }, expected: string) =>
      eventually(() => expect(lineOf(shown.current)).toBe(expected));

    test('A: connected, never answered before', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client));
      expect(lineOf(shown.states[0]!)).toBe('undefined T T F');
      await last(shown, '[J] F F F');
      await pause();
      expectPath(shown.states, ['undefined T T F', '[J] T F F', '[J] T F T', '[J] F F F']);
    });

    test("A: the server's news and the end of fetching are shown together", async () => {
      const client = await clientWithJ();
      await world().server.db.insert('todos', { id: 'K', text: 'K' }, { skipRules: true });
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J,K] F F F');
      expectPath(shown.states, ['undefined T T F', '[J] T F F', '[J] T F T', '[J,K] F F F']);
    });

    test('B: connected, answered earlier', async () => {
      const client = await clientWithJ();
      await client.fetch(todos(client));
      await pause();
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J] F F F');
      await pause();
      expectPath(shown.states, ['undefined T T F', '[J] F F F', '[J] F F T', '[J] F F F']);
    });

    test('C: without a server', async () => {
      const client = await clientWith(1);
      const shown = using(harness.query, client, todos(client));
      await pause();
      expectPath(shown.states, ['undefined T T F', '[1] F F F']);
    });

    test('D: local only', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client), { localOnly: true });
      await pause();
      expectPath(shown.states, ['undefined T T F', '[J] F F F']);
      await expectNothingLeft(client);
    });

    test('E: connecting later', async () => {
      const client = await clientWith(1);
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[1] F F F');
      world().server.latencyMs = 10;
      await client.connect();
      await last(shown, '[1] F F T');
      await last(shown, '[1] F F F');
    });

    test('F: clearing starts over', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J] F F F');
      const before = shown.states.length;
      world().server.latencyMs = 10;
      await client.clear();
      await last(shown, '[J] F F F');
      await pause();
      expectPath(shown.states.slice(before), ['undefined T T F', '[] T F F', '[] T F T', '[J] F F F']);
    });

    test('follows local changes, and those of others', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J] F F F');
      await client.insert('todos', { id: 'L', text: 'L' });
      await last(shown, '[J,L] F F F');
      await world().server.db.delete('todos', 'J', { skipRules: true });
      await last(shown, '[L] F F F');
    });

    test('shows the error of a query that is invalid, and of one that the server refuses', async () => {
      const client = await clientWithJ();
      const invalid = using(harness.query, client, { collectionName: 'nothing' } as never);
      await last(invalid, 'undefined F F F InvalidCollectionNameError');
      const { client: schemaless } = world().open({ schema: undefined, roles: undefined });
      const refused = using(harness.query, schemaless, { collectionName: 'nothing' } as never);
      await last(refused, '[] F F F QuerySyncError');
    });

    test('disabled: shows that nothing is fetched, and subscribes to nothing', async () => {
      const client = await clientWithJ();
      const subscribe = vi.spyOn(client, 'subscribeWithStatus');
      const shown = using(harness.query, client, todos(client), { enabled: false });
      await pause();
      expect(shown.states).toMatchObject([{ ...DISABLED, results: undefined }]);
      expect(subscribe).not.toHaveBeenCalled();
    });

    test('enabling starts at the initial state, disabling ends the subscription', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client), { enabled: false });
      shown.update(client, todos(client), { enabled: true });
      await last(shown, '[J] F F F');
      expect(lineOf(shown.states[1]!)).toBe('undefined T T F');
      shown.update(client, todos(client), { enabled: false });
      await eventually(() => expect(shown.current).toMatchObject({ ...DISABLED, results: undefined }));
      await expectNothingLeft(client);
    });

    test('an equal query that was built again changes nothing', async () => {
      const client = await clientWithJ();
      const subscribe = vi.spyOn(client, 'subscribeWithStatus');
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J] F F F');
      const [calls, states] = [subscribe.mock.calls.length, shown.states.length];
      shown.update(client, todos(client));
      await pause();
      expect([subscribe.mock.calls.length, shown.states.length]).toEqual([calls, states]);
    });

    test('another query takes its place, and the one before ends', async () => {
      const client = await clientWithJ();
      await client.insert('todos', { id: 'K', text: 'K', done: true });
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J,K] F F F');
      const before = shown.states.length;
      shown.update(client, todos(client).Where('done', '=', true));
      await last(shown, '[K] F F F');
      expect(lineOf(shown.states[before]!)).toBe('undefined T T F');
      await eventually(() => expect(client.syncEngine.queries.size).toBe(1));
    });

    test('another client takes its place', async () => {
      const [first, second] = [await clientWith(1), await clientWith(2)];
      const shown = using(harness.query, first, todos(first));
      await last(shown, '[1] F F F');
      shown.update(second, todos(second));
      await last(shown, '[1,2] F F F');
      await first.insert('todos', { id: '9', text: '9' });
      await pause();
      expect(lineOf(shown.current)).toBe('[1,2] F F F');
    });

    test('other options are noticed', async () => {
      const client = await clientWith(1);
      const shown = using(harness.query, client, todos(client), { syncStatus: 'confirmed' });
      await last(shown, '[] F F F');
      shown.update(client, todos(client), { syncStatus: 'pending' });
      await last(shown, '[1] F F F');
    });

    test('calls the callbacks that it was given last', async () => {
      const client = await clientWith(1);
      const [before, after] = [vi.fn(), vi.fn()];
      const shown = using(harness.query, client, todos(client), { onRemoteFulfilled: before });
      await last(shown, '[1] F F F');
      shown.update(client, todos(client), { onRemoteFulfilled: after });
      await client.connect();
      await eventually(() => expect(after).toHaveBeenCalled());
      expect(before).not.toHaveBeenCalled();
    });

    test('unmounting ends the subscription; nothing is shown after it', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client));
      await last(shown, '[J] F F F');
      const states = shown.states.length;
      shown.unmount();
      await client.insert('todos', { id: 'K', text: 'K' });
      await expectNothingLeft(client);
      expect(shown.states).toHaveLength(states);
    });

    test('unmounting before the first result leaves nothing', async () => {
      const client = await clientWithJ();
      const shown = using(harness.query, client, todos(client));
      shown.unmount();
      await pause();
      await expectNothingLeft(client);
      expect(shown.states).toHaveLength(1);
    });

    test('two of the same query share one at the server', async () => {
      const { client, transport } = world().open();
      await connected(client);
      const both = [using(harness.query, client, todos(client)), using(harness.query, client, todos(client))];
      for (const shown of both) await last(shown, '[] F F F');
      await pause();
      expect(transport.sent.map(({ type }) => type)).toEqual(['CONNECT_QUERY']);
    });
  });

  describe('the first entity of a query, or one by its id', () => {
    test('is null while loading, then the entity, then null when it is gone', async () => {
      const client = await clientWith(2);
      const shown = using(harness.queryOne, client, client.query('todos').Order('rank', 'DESC'));
      expect(shown.current).toMatchObject({ ...LOADING, result: null });
      await eventually(() => expect(shown.current).toMatchObject({ ...DISABLED, result: { id: '2' } }));
      expect(shown.current).not.toHaveProperty('results');
      await client.delete('todos', '2');
      await eventually(() => expect(shown.current.result?.id).toBe('1'));
      await client.delete('todos', '1');
      await eventually(() => expect(shown.current.result).toBe(null));
    });

    test('asks for one row only', async () => {
      const client = await clientWithJ();
      using(harness.queryOne, client, todos(client));
      await eventually(() => expect([...client.syncEngine.queries.values()][0]?.params.limit).toBe(1));
    });

    test('follows the id', async () => {
      const client = await clientWith(2);
      const shown = using(harness.entity, client, 'todos', '1');
      await eventually(() => expect(shown.current.result?.text).toBe('1'));
      await client.update('todos', '1', { text: 'one' });
      await eventually(() => expect(shown.current.result?.text).toBe('one'));
      shown.update(client, 'todos', '2');
      await eventually(() => expect(shown.current.result?.text).toBe('2'));
      shown.update(client, 'todos', 'nobody');
      await eventually(() => expect(shown.current).toMatchObject({ result: null, fetching: false }));
    });

    test('can be disabled', async () => {
      const client = await clientWith(1);
      const one = using(harness.queryOne, client, todos(client), { enabled: false });
      const entity = using(harness.entity, client, 'todos', '1', { enabled: false });
      await pause();
      for (const { states } of [one, entity]) expect(states).toMatchObject([{ ...DISABLED, result: null }]);
    });
  });

  test('the status of the connection is followed, until it is unmounted, and for another client', async () => {
    const { client } = world().open({ autoConnect: false });
    const { client: other } = world().open({ autoConnect: false });
    const shown = using(harness.connectionStatus, client);
    expect(shown.current).toBe('UNINITIALIZED');
    await client.connect();
    await eventually(() => expect(shown.current).toBe('OPEN'));
    client.disconnect();
    await eventually(() => expect(shown.current).toBe('CLOSED'));
    expectSubsequence(shown.states, ['UNINITIALIZED', 'CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']);
    shown.update(other);
    await eventually(() => expect(shown.current).toBe('UNINITIALIZED'));
    shown.unmount();
    const states = shown.states.length;
    await other.connect();
    await pause();
    expect(shown.states).toHaveLength(states);
  });
}

/** Ids or undefined, then fetching, fetchingLocal, fetchingRemote as T or F, then the name of the error. */
function lineOf({ results, fetching, fetchingLocal, fetchingRemote, error }: QueryShown): string {
  const rows = results === undefined ? 'undefined' : `[${results.map(({ id }) => id).join()}]`;
  const flags = [fetching, fetchingLocal, fetchingRemote].map(letter).join(' ');
  return `${rows} ${flags}${error === undefined ? '' : ` ${(error as Error).name}`}`;
}

function expectPath(states: readonly QueryShown[], table: readonly string[]): void {
  expectSubsequence(states.map(lineOf), table);
}

/** Begins and ends as the table does, and shows nothing else in between; overtaken states may be missing. */
function expectSubsequence(shown: readonly string[], table: readonly string[]): void {
  let at = 0;
  const isInOrder = shown.every((line) => {
    at = table.indexOf(line, at) + 1;
    return at > 0;
  });
  expect(
    isInOrder && shown[0] === table[0] && shown.at(-1) === table.at(-1) ? [] : shown,
    `of ${table.join(' | ')}`,
  ).toEqual([]);
}
