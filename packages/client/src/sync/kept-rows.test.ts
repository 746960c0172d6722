import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
/**
 * What a connected query shows is what the server would show, whatever lies in the cache from queries that are connected no
 * more. Nobody tells the client what becomes of such rows, so it has to ask when one of them comes into sight.
 */
import type { DBChanges } from '@triplit/db';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TodoWorld } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';
import type { TestClient, TodoClient } from '../testing/todo-world.ts';

type Row = Record<string, unknown>;
type Query = Parameters<TodoClient['subscribe']>[0];

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 4_000, interval: 5 });
const todo = (id: string, rank: number, values: Row = {}): Row => ({
  id,
  text: id,
  done: false,
  rank,
  ownerId: 'ann',
  isPublic: false,
  tags: {},
  ...values,
});

function storeIn(world: TodoWorld) {
  return async (sets: readonly Row[], deletes: readonly string[] = [], collection = 'todos'): Promise<void> => {
    const changes: DBChanges = {
      [collection]: { sets: new Map(sets.map((row) => [row['id'] as string, row])), deletes: new Set(deletes) },
    };
    await world.server.db.commitChanges(changes, { skipRules: true }).durable;
  };
}

function watch({ client }: TestClient, query: Query) {
  let rows: Row[] = [];
  const stop = client.subscribe(query, (results) => void (rows = results as unknown as Row[]));
  return { rows: () => rows, ids: () => rows.map(({ id }) => id), stop };
}

describe('rows in the cache that nobody keeps current', () => {
  let world: TodoWorld;
  let store: ReturnType<typeof storeIn>;
  beforeEach(async () => {
    world = await TodoWorld.start();
    store = storeIn(world);
  });
  afterEach(() => world.close());

  const connects = ({ transport }: TestClient): number =>
    transport.sent.filter(({ type }) => type === 'CONNECT_QUERY').length;
  const top = (client: TodoClient, limit = 2) => client.query('todos').Order('rank', 'DESC').Limit(limit);

  /** The rows come into the cache by a query that is closed then. */
  async function leaveBehind(one: TestClient, rows: readonly Row[]): Promise<void> {
    await store(rows);
    const all = watch(one, one.client.query('todos'));
    await eventually(() => expect(all.ids().length).toBeGreaterThanOrEqual(rows.length));
    all.stop();
    await eventually(() => expect(one.client.syncEngine.queries.size).toBe(0));
  }

  /** Five rows in the cache rank before the two that the server has. */
  async function leaveFiveBehind(one: TestClient): Promise<void> {
    const old = [9, 8, 7, 6, 5].map((rank) => todo(`old ${rank}`, rank));
    await leaveBehind(one, old);
    await store(
      [todo('a', 1), todo('b', 2)],
      old.map(({ id }) => String(id)),
    );
  }

  test('do not fill a window from which others were taken', async () => {
    const one = world.open();
    await leaveFiveBehind(one);
    const window = watch(one, top(one.client));
    await eventually(() => expect(window.ids()).toEqual(['b', 'a']));
  });

  test('are not what a fetch from the server resolves to', async () => {
    const one = world.open();
    await leaveFiveBehind(one);
    const rows = await one.client.fetch(top(one.client), { policy: 'remote-first' });
    expect(rows.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test('do not come back into a window when others leave it', async () => {
    const one = world.open();
    await leaveBehind(one, [todo('old', 5)]);
    await store([todo('a', 9), todo('b', 8)]);
    const window = watch(one, top(one.client));
    await eventually(() => expect(window.ids()).toEqual(['a', 'b']));
    await store([], ['old']);
    await store([todo('c', 1)], ['a']);
    await eventually(() => expect(window.ids()).toEqual(['b', 'c']));
  });

  test('do not come back when a query is resumed that had shown them', async () => {
    const one = world.open();
    await store([todo('old', 1)]);
    const window = watch(one, top(one.client));
    await eventually(() => expect(window.ids()).toEqual(['old']));
    one.client.disconnect();
    await store([todo('a', 9), todo('b', 8)]);
    await one.client.connect();
    await eventually(() => expect(window.ids()).toEqual(['a', 'b']));
    await store([], ['old']);
    await store([], ['a']);
    await eventually(() => expect(window.ids()).toEqual(['b']));
  });

  test('do not come back when a relation makes them match again', async () => {
    const one = world.open();
    await store([{ id: 'bob', name: 'Bob' }], [], 'people');
    await leaveBehind(one, [todo('old', 1, { ownerId: 'bob' }), todo('kept', 2, { ownerId: 'bob' })]);
    const ofAnn = watch(one, one.client.query('todos').Where('owner.name', '=', 'Ann'));
    await eventually(() => expect(one.client.syncEngine.queries.size).toBe(1));
    await store([], ['old']);
    await store([{ id: 'bob', name: 'Ann' }], [], 'people');
    await eventually(() => expect(ofAnn.ids()).toEqual(['kept']));
  });

  test.each([
    ['a query for all', (client: TodoClient) => client.query('todos')],
    ['a window', (client: TodoClient) => top(client)],
  ])('%s does not show an insert that others removed before it was read', async (_name, query) => {
    const one = world.open();
    await eventually(() => expect(one.client.syncEngine.serverReady).toBe(true));
    // Between the commit of the insert and the reading of the query, which are on their way together.
    world.server.latencyMs = 150;
    let removed = Promise.resolve();
    const stop = world.server.db.onCommit(() => {
      stop();
      removed = Promise.resolve().then(() => store([], ['mine']));
    });
    await one.client.insert('todos', { id: 'mine', text: 'mine', ownerId: 'ann' });
    await eventually(() => expect(one.transport.sent.some(({ type }) => type === 'CHANGES')).toBe(true));
    const shown = watch(one, query(one.client));
    await eventually(() => expect(connects(one)).toBe(1));
    expect(one.client.db.outbox!.size).toBe(1);
    await eventually(() => expect(one.client.db.outbox!.size).toBe(0));
    await removed;
    await eventually(() => expect(connects(one)).toBe(2));
    await eventually(() => expect(shown.ids()).toEqual([]));
  });

  test('cost no further question where every row is kept current', async () => {
    const one = world.open();
    await store([4, 3, 2, 1].map((rank) => todo(`t${rank}`, rank)));
    const all = watch(one, one.client.query('todos'));
    const window = watch(one, top(one.client));
    await eventually(() => expect(window.ids()).toEqual(['t4', 't3']));
    await eventually(() => expect(all.ids().length).toBe(4));
    const asked = connects(one);
    for (const id of ['t4', 't3']) {
      await store([], [id]);
      await eventually(() => expect(all.ids()).not.toContain(id));
    }
    expect(window.ids()).toEqual(['t2', 't1']);
    await one.client.insert('todos', { id: 'mine', text: 'mine', rank: 50, ownerId: 'ann' });
    await eventually(() => expect(window.ids()).toEqual(['mine', 't2']));
    await eventually(() => expect(one.client.db.outbox!.size).toBe(0));
    expect(connects(one)).toBe(asked);
    one.client.disconnect();
    await one.client.connect();
    await eventually(() => expect(connects(one)).toBe(asked + 2));
    await eventually(() =>
      expect(one.client.syncEngine.hasServerRespondedForQuery(top(one.client) as never)).toBe(true),
    );
    await one.client.update('todos', 't2', { rank: 70 });
    await eventually(() => expect(window.ids()).toEqual(['t2', 'mine']));
    await eventually(() => expect(one.client.db.outbox!.size).toBe(0));
    expect(connects(one)).toBe(asked + 2);
  });
});

const queries: readonly ((client: TodoClient) => Query)[] = [
  (client) => client.query('todos').Where('rank', '>', 4),
  (client) => client.query('todos').Order('rank', 'DESC').Limit(2),
  (client) => client.query('todos').Where('done', '=', false).Order('rank', 'ASC').Limit(3),
  (client) => client.query('todos').Where('owner.name', '=', 'A'),
  (client) => client.query('todos').Where('done', '=', false).Include('owner'),
  (client) => client.query('todos').Where('owner.name', '=', 'A').Order('rank', 'DESC').Limit(2),
  (client) =>
    client
      .query('people')
      .SubqueryMany('todos', { collectionName: 'todos', where: [['ownerId', '=', '$1.id']] } as never),
] as const;

type Step =
  | {
      readonly do: 'store' | 'insert' | 'update';
      readonly id: string;
      readonly rank: number;
      readonly done: boolean;
      readonly ownerId: string;
    }
  | { readonly do: 'remove' | 'delete'; readonly id: string }
  | { readonly do: 'rename'; readonly person: string; readonly name: string }
  | { readonly do: 'open' | 'close'; readonly query: number }
  | { readonly do: 'disconnect' | 'connect' | 'wait' | 'reload' };

const id = fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6');
const person = fc.constantFrom('ann', 'bob');
const query = fc.nat(queries.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('store' as const, 'store' as const, 'store' as const, 'insert' as const, 'update' as const),
      id,
      rank: fc.nat(9),
      done: fc.boolean(),
      ownerId: person,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'remove' as const, 'delete' as const), id }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), person, name: fc.constantFrom('A', 'B') }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'close' as const), query }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('disconnect' as const, 'connect' as const, 'reload' as const) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
);

test.each([
  ['of the service', {}],
  ['of somebody who may read some rows', { sub: 'ann' }],
])(
  'whatever was connected, lost and changed before, open queries %s show what the server shows',
  async (_who, person) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (history) => {
        const world = await TodoWorld.start();
        const store = storeIn(world);
        const kv = new BTreeKVStore();
        const isService = !('sub' in person);
        const token = isService ? {} : { token: signToken(person) };
        let one = world.open({ storage: kv as never, ...token });
        let { client } = one;
        const open = new Map<number, ReturnType<typeof watch>>();
        const carryOut = async (each: Step): Promise<unknown> => {
          switch (each.do) {
            case 'store':
              return store([
                todo(each.id, each.rank, { done: each.done, ownerId: each.ownerId, isPublic: each.rank % 3 === 0 }),
              ]);
            case 'remove':
              return store([], [each.id]);
            case 'rename':
              return store([{ id: each.person, name: each.name }], [], 'people');
            case 'insert': {
              const { rank, done, ownerId } = each;
              return client.insert('todos', { id: each.id, text: each.id, rank, done, ownerId });
            }
            case 'update':
              return client.update('todos', each.id, { rank: each.rank }).catch(() => undefined);
            case 'delete':
              return client.delete('todos', each.id);
            case 'open':
              if (!open.has(each.query)) open.set(each.query, watch(one, queries[each.query]!(client)));
              return;
            case 'close':
              open.get(each.query)?.stop();
              return open.delete(each.query);
            case 'reload':
              for (const each of open.values()) each.stop();
              await client.close();
              one = world.open({ storage: kv as never, ...token });
              client = one.client;
              for (const index of open.keys()) open.set(index, watch(one, queries[index]!(client)));
              return;
            case 'disconnect':
              return client.disconnect();
            case 'connect':
              return client.connect();
            case 'wait':
              return new Promise((resolve) => setTimeout(resolve, 3));
          }
        };
        try {
          for (const each of history) await carryOut(each);
          await client.connect();
          await eventually(async () => {
            expect(client.db.outbox!.size).toBe(0);
            for (const [index, { rows }] of open) {
              const expected = await world.server.db
                .withSessionVars(person)
                .fetch(queries[index]!(client) as never, { skipRules: isService });
              expect(rows(), `query ${index}`).toEqual(expected);
            }
          });
        } finally {
          await world.close();
        }
      }),
      { numRuns: 40 },
    );
  },
  60_000,
);
