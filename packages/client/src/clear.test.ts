/** Emptying the local database while it is looked at: whoever looks sees it empty, and then what the server has. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TodoWorld } from './testing/todo-world.ts';
import type { Place, TodoClient } from './testing/todo-world.ts';

let world: TodoWorld;
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 3_000, interval: 5 });

/** Every kind of live query, with what each showed. */
function watch(client: TodoClient) {
  const query = client.query('todos').Order('id', 'ASC').Limit(2);
  const seen: Record<string, string[]> = { plain: [], status: [], pages: [], list: [], background: [] };
  const push = (kind: string) => (rows: readonly { readonly id: string }[] | undefined) => {
    const shown = rows === undefined ? 'nothing' : rows.map(({ id }) => id).join();
    if (seen[kind]!.at(-1) !== shown) seen[kind]!.push(shown);
  };
  client.subscribe(query, push('plain'));
  client.subscribeWithStatus(query, ({ results }) => push('status')(results));
  client.subscribeWithPagination(query, push('pages'));
  client.subscribeWithExpand(query, push('list'));
  client.subscribeBackground(query.Limit(3), { onFulfilled: () => seen['background']!.push('answered') });
  return seen;
}
const live = ['plain', 'pages', 'list'] as const;

describe.each<Place>(['in the page', 'in a worker'])('with the client %s', (place) => {
  beforeEach(async () => {
    world = await TodoWorld.start(undefined, place);
    await world.server.db.insert('todos', { id: 'a', text: 'a' }, { skipRules: true });
  });

  test.each(['clear', 'reset'] as const)('%s', async (verb) => {
    const { client } = world.open();
    const seen = watch(client);
    await eventually(() => expect(live.map((kind) => seen[kind]!.at(-1))).toEqual(['a', 'a', 'a']));
    await eventually(() => expect(seen['background']).toEqual(['answered']));
    const before = Object.fromEntries(Object.entries(seen).map(([kind, { length }]) => [kind, length]));
    await client[verb]();
    const since = (kind: string): string[] => seen[kind]!.slice(before[kind]);
    for (const kind of live) await eventually(() => expect(since(kind)).toEqual(['', 'a']));
    await eventually(() => expect(since('status')).toEqual(['nothing', '', 'a']));
    await eventually(() => expect(since('background')).toEqual(['answered']));
    await world.server.db.insert('todos', { id: 'b', text: 'b' }, { skipRules: true });
    for (const kind of [...live, 'status']) await eventually(() => expect(since(kind).at(-1)).toBe('a,b'));
  });

  test('while there is no connection: what was not sent is gone, and the server is asked anew afterwards', async () => {
    const { client } = world.open();
    const seen = watch(client);
    await eventually(() => expect(seen['plain']!.at(-1)).toBe('a'));
    client.disconnect();
    await client.insert('todos', { id: 'unsent', text: 'unsent' });
    await eventually(() => expect(seen['plain']!.at(-1)).toBe('a,unsent'));
    await client.clear();
    await eventually(() => expect([...live, 'status'].map((kind) => seen[kind]!.at(-1))).toEqual(['', '', '', '']));
    expect(await client.pendingChanges()).toEqual([]);
    expect(await client.isFirstTimeFetchingQuery(client.query('todos').Order('id', 'ASC').Limit(2))).toBe(true);
    await client.connect();
    for (const kind of [...live, 'status']) await eventually(() => expect(seen[kind]!.at(-1)).toBe('a'));
    expect(await world.serverTodos()).toMatchObject([{ id: 'a' }]);
  });

  test('keeps the schema; with `full` that goes as well, and live queries still go on', async () => {
    const { client } = world.open();
    const seen = watch(client);
    await eventually(() => expect(seen['plain']!.at(-1)).toBe('a'));
    await client.clear();
    expect(Object.keys((await client.getSchema())!.collections)).toEqual(['todos', 'people']);
    await client.clear({ full: true });
    expect(await client.getSchema()).toBeUndefined();
    await world.server.db.insert('todos', { id: 'b', text: 'b' }, { skipRules: true });
    await eventually(() => expect(seen['plain']!.at(-1)).toBe('a,b'));
  });

  test('right after the client was made, and twice', async () => {
    const { client } = world.open();
    await Promise.all([client.clear(), client.clear()]);
    expect(await client.fetch(client.query('todos'))).toMatchObject([{ id: 'a' }]);
  });
});
