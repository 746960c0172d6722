/** A client that comes back with much in its cache gets what it missed, for a few kilobytes. */
import type { DBChanges } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import type { ConnectQueryMessage } from '@triplit/db/sync';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LoopbackTransport } from '../testing/loopback.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TodoClient } from '../testing/todo-world.ts';
import { MIN_DIGEST_IDS } from './resume-claim.ts';

let world: TodoWorld;
beforeEach(async () => {
  world = await TodoWorld.start();
  await store(rows(ROWS));
});
afterEach(() => world.close());

const ROWS = 150;
const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 4_000, interval: 5 });
const nameOf = (n: number): string => `todo ${String(n).padStart(5, '0')}`;
type Row = Record<string, unknown>;

function rows(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const id = nameOf(from + i);
    return { id, text: id, done: false, rank: from + i, ownerId: 'ann', isPublic: false, tags: {} };
  });
}

async function store(sets: readonly Row[], deletes: readonly string[] = [], collection = 'todos'): Promise<void> {
  const changes: DBChanges = {
    [collection]: { sets: new Map(sets.map((row) => [row['id'] as string, row])), deletes: new Set(deletes) },
  };
  await world.server.db.commitChanges(changes, { skipRules: true }).durable;
}

interface Watched {
  readonly ids: () => string[];
  readonly errors: unknown[];
  readonly stop: () => void;
}

function watch(client: TodoClient, query: Parameters<TodoClient['subscribe']>[0]): Watched {
  let ids: string[] = [];
  const errors: unknown[] = [];
  const stop = client.subscribe(
    query,
    (todos) => void (ids = (todos as Row[]).map(({ text }) => String(text))),
    (error) => void errors.push(error),
  );
  return { ids: () => ids, errors, stop };
}

/** The states that queries are connected with. */
function claims(transport: LoopbackTransport): NonNullable<ConnectQueryMessage['payload']['state']>[] {
  return transport.sent.flatMap((message) =>
    message.type === 'CONNECT_QUERY' && message.payload.state ? [message.payload.state] : [],
  );
}

/** How a client that held everything told the server so: each message by what was in it. */
function manners(transport: LoopbackTransport): string[] {
  return claims(transport).map(({ entityIds, digest }) => {
    const listed = Object.values(entityIds).flat().length;
    return [...(digest ? ['digest'] : []), ...(listed > 0 ? [`${listed} ids`] : [])].join(' and ');
  });
}

describe('a client that was away', () => {
  const all = (client: TodoClient) => client.query('todos').Order('id', 'ASC');
  const texts = async (): Promise<string[]> => (await world.serverTodos()).map(({ text }) => text);

  /** What happens while it is away, and how it asks then. */
  const stories: readonly [name: string, missed: () => Promise<unknown>, manner: readonly string[]][] = [
    ['nothing', async () => undefined, ['digest']],
    ['new rows', () => store(rows(3, ROWS)), ['digest']],
    ['other values', () => store([{ id: nameOf(1), text: 'other' }]), ['digest']],
    ['deletes', () => store([], [nameOf(1), nameOf(2)]), ['digest', 'digest and 2 ids']],
    [
      'a bit of everything',
      () => store([...rows(1, ROWS), { id: nameOf(1), text: 'other' }], [nameOf(2)]),
      ['digest', 'digest and 1 ids'],
    ],
    ['more than a digest can tell', () => store(rows(100, ROWS)), ['digest', `${ROWS} ids`]],
    [
      'the end of everything',
      () =>
        store(
          [],
          rows(ROWS).map(({ id }) => String(id)),
        ),
      ['digest', `${ROWS} ids`],
    ],
  ];
  test.each(stories)('learns what it missed: %s', async (_what, missed, manner) => {
    const { client, transport } = world.open();
    const watched = watch(client, all(client));
    await eventually(() => expect(watched.ids()).toHaveLength(ROWS));
    world.server.cutNetwork();
    await missed();
    transport.sent.length = 0;
    world.server.restoreNetwork();
    await client.connect();
    const expected = await texts();
    await eventually(() => expect(client.syncEngine.hasServerRespondedForQuery(all(client) as never)).toBe(true));
    expect(watched.ids()).toEqual(expected);
    expect(manners(transport)).toEqual(manner);
    expect(watched.errors).toEqual([]);
  });

  test('lists ids to a server that does not know digests, and when there are few', async () => {
    world.server.features = new Set();
    const { client, transport } = world.open();
    const watched = watch(client, all(client));
    const few = watch(client, client.query('todos').Where('rank', '<', MIN_DIGEST_IDS - 1));
    await eventually(() => expect([watched.ids().length, few.ids().length]).toEqual([ROWS, MIN_DIGEST_IDS - 1]));
    for (const features of [[], ['digest']] as const) {
      world.server.features = new Set(features);
      world.server.cutNetwork();
      world.server.restoreNetwork();
      transport.sent.length = 0;
      await client.connect();
      await eventually(() => expect(claims(transport)).toHaveLength(2));
      expect(manners(transport)).toEqual([features.length > 0 ? 'digest' : `${ROWS} ids`, `${MIN_DIGEST_IDS - 1} ids`]);
    }
  });

  test('pays for what has changed, and not for what it holds', async () => {
    await store(rows(10_000 - ROWS, ROWS));
    const { client, transport } = world.open();
    const watched = watch(client, all(client));
    await eventually(() => expect(watched.ids()).toHaveLength(10_000));
    for (const missed of [
      () => store(Array.from({ length: 10 }, (_, n) => ({ id: nameOf(n * 100), text: 'other' }))),
      () =>
        store(
          rows(5, 10_000),
          rows(5).map(({ id }) => String(id)),
        ),
    ]) {
      world.server.cutNetwork();
      await missed();
      transport.sent.length = transport.received.length = 0;
      world.server.restoreNetwork();
      await client.connect();
      const expected = await texts();
      await eventually(() => expect(watched.ids()).toEqual(expected));
      expect(transport.sent.map((message) => JSON.stringify(message)).join('').length).toBeLessThan(4_000);
      expect(transport.received.join('').length).toBeLessThan(4_000);
    }
  }, 30_000);
});

describe('what is no longer in a query', () => {
  const cases: readonly [name: string, query: (client: TodoClient) => any, missed: () => Promise<unknown>][] = [
    [
      'since it may not be read any more',
      (client) => client.query('todos').Order('id', 'ASC'),
      () => store([{ id: nameOf(3), ownerId: 'bob' }]),
    ],
    [
      'since it does not match any more',
      (client) => client.query('todos').Where('done', '=', false).Order('id', 'ASC'),
      () => store([{ id: nameOf(3), done: true }]),
    ],
    [
      'since others come before it',
      (client) => client.query('todos').Order('rank', 'DESC').Limit(120),
      () => store(rows(4, ROWS)),
    ],
    [
      'since what it is related to has changed',
      (client) => client.query('todos').Where('owner.name', '=', 'Ann').Include('owner').Order('id', 'ASC'),
      () => store([{ id: nameOf(3), ownerId: 'bob', isPublic: true }]),
    ],
    [
      'with all that is related',
      (client) => client.query('todos').Where('owner.name', '=', 'Ann').Order('id', 'ASC'),
      () => store([{ id: 'ann', name: 'Anne' }], [], 'people'),
    ],
  ];
  test.each(cases)('is gone after a reconnect: %s', async (_why, query, missed) => {
    await store(
      [
        { id: 'ann', name: 'Ann' },
        { id: 'bob', name: 'Bob' },
      ],
      [],
      'people',
    );
    const { client, transport } = world.openAs('ann');
    const watched = watch(client, query(client));
    await eventually(() => expect(watched.ids().length).toBeGreaterThanOrEqual(120));
    world.server.cutNetwork();
    await missed();
    transport.sent.length = 0;
    world.server.restoreNetwork();
    await client.connect();
    const expected = (await world.server.db.withSessionVars({ sub: 'ann' }).fetch(query(client))) as Row[];
    await eventually(() => expect(client.syncEngine.hasServerRespondedForQuery(query(client))).toBe(true));
    expect(watched.ids()).toEqual(expected.map(({ text }) => text));
    expect(manners(transport)[0]).toBe('digest');
    expect(watched.errors).toEqual([]);
  });

  test('stays if another query holds it, whichever is answered first', async () => {
    const { client } = world.open();
    const queries = [client.query('todos').Where('done', '=', false), client.query('todos').Where('rank', '<', 140)];
    const watched = queries.map((query) => watch(client, query));
    await eventually(() => expect(watched.map(({ ids }) => ids().length)).toEqual([ROWS, 140]));
    world.server.cutNetwork();
    await store([{ id: nameOf(3), done: true }]);
    world.server.restoreNetwork();
    await client.connect();
    await eventually(() => expect(watched.map(({ ids }) => ids().length)).toEqual([ROWS - 1, 140]));
    for (const query of queries)
      await eventually(() => expect(client.syncEngine.hasServerRespondedForQuery(query as never)).toBe(true));
    expect(watched.map(({ ids }) => ids().length)).toEqual([ROWS - 1, 140]);
  });
});

test('what is pending stays on top, and is stored', async () => {
  const { client } = world.openAs('ann');
  const watched = watch(client, client.query('todos').Order('id', 'ASC'));
  await eventually(() => expect(watched.ids()).toHaveLength(ROWS));
  world.server.cutNetwork();
  await client.update('todos', nameOf(1), { text: 'mine' });
  await client.delete('todos', nameOf(2));
  await client.insert('todos', { id: 'a new one', text: 'a new one', ownerId: 'ann' });
  await store(
    [
      { id: nameOf(2), text: 'theirs' },
      { id: nameOf(1), rank: 7 },
    ],
    [nameOf(3)],
  );
  world.server.restoreNetwork();
  await client.connect();
  const expected = ['a new one', nameOf(0), 'mine', ...rows(ROWS - 4, 4).map(({ id }) => id)];
  await eventually(() => expect(watched.ids()).toEqual(expected));
  await eventually(async () => expect((await world.serverTodos()).map(({ text }) => text)).toEqual(expected));
  expect(watched.ids()).toEqual(expected);
});

test.each(['the same person', 'another person'])(
  'a store that is opened again is resumed by digest: %s',
  async (who) => {
    const storage = new BTreeKVStore();
    const first = world.openAs('ann', { storage }).client;
    const before = watch(first, first.query('todos'));
    await eventually(() => expect(before.ids()).toHaveLength(ROWS));
    await first.close();
    await store([{ id: nameOf(4), ownerId: 'bob' }], [nameOf(5)]);
    const person = who === 'the same person' ? 'ann' : 'bob';
    const { client, transport } = world.openAs(person, { storage });
    const after = watch(client, client.query('todos').Order('id', 'ASC'));
    const kept = rows(ROWS)
      .map(({ id }) => id)
      .filter((id) => id !== nameOf(5));
    const expected = kept.filter((id) => (id === nameOf(4)) === (person === 'bob'));
    await eventually(() =>
      expect(client.syncEngine.hasServerRespondedForQuery(client.query('todos').Order('id', 'ASC') as never)).toBe(
        true,
      ),
    );
    expect(after.ids()).toEqual(expected);
    expect(manners(transport)[0]).toBe('digest');
  },
);

test('a query that is asked for while the server takes away what it shows gets that back', async () => {
  world.server.latencyMs = 20;
  const { client } = world.open();
  const last = watch(client, client.query('todos').Order('rank', 'DESC').Limit(1));
  const all = client.query('todos').Order('id', 'ASC');
  const before = watch(client, all);
  await eventually(() => expect([...last.ids(), before.ids().length]).toEqual([nameOf(ROWS - 1), ROWS]));
  before.stop();
  await eventually(() => expect(client.syncEngine.queries.size).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  // The first query loses its todo while the other says that the client holds it.
  await store(rows(1, ROWS));
  const after = watch(client, all);
  await eventually(() => expect(last.ids()).toEqual([nameOf(ROWS)]));
  await eventually(() => expect(client.syncEngine.hasServerRespondedForQuery(all as never)).toBe(true));
  expect(after.ids()).toHaveLength(ROWS + 1);
});

test('agrees with the server after any history', async () => {
  const id = fc.nat(ROWS + 20);
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), id, done: fc.boolean(), isPublic: fc.boolean() }),
    fc.record({ do: fc.constant('delete' as const), id }),
    fc.record({ do: fc.constant('many' as const), id, count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ do: fc.constant('write' as const), id }),
    fc.record({ do: fc.constantFrom('cut' as const, 'restore' as const, 'wait' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await world.close();
      world = await TodoWorld.start();
      await store(rows(ROWS));
      const { client } = world.openAs('ann');
      const queries = [
        client.query('todos').Order('id', 'ASC'),
        client.query('todos').Where('done', '=', false).Order('id', 'ASC'),
        client.query('todos').Order('rank', 'DESC').Limit(110),
      ];
      const watched = queries.map((query) => watch(client, query));
      await eventually(() => expect(watched[0]!.ids()).toHaveLength(ROWS));
      for (const each of steps) {
        if (each.do === 'set')
          await store([{ ...rows(1, each.id)[0], done: each.done, ownerId: 'bob', isPublic: each.isPublic }]);
        else if (each.do === 'delete') await store([], [nameOf(each.id)]);
        else if (each.do === 'many')
          await store(
            [],
            rows(each.count, each.id).map((row) => String(row['id'])),
          );
        else if (each.do === 'write') await client.update('todos', nameOf(each.id), { text: 'mine' }).catch(() => {});
        else if (each.do === 'cut') world.server.cutNetwork();
        else if (each.do === 'wait') await new Promise((resolve) => setTimeout(resolve, 3));
        else {
          world.server.restoreNetwork();
          await client.connect();
        }
      }
      world.server.restoreNetwork();
      await client.connect();
      const session = world.server.db.withSessionVars({ sub: 'ann' });
      await eventually(async () => {
        expect(client.db.outbox!.size).toBe(0);
        for (const [index, query] of queries.entries()) {
          const expected = (await session.fetch(query as never)) as Row[];
          expect(watched[index]!.ids()).toEqual(expected.map(({ text }) => text));
          expect(watched[index]!.errors).toEqual([]);
        }
      });
    }),
    { numRuns: 25 },
  );
}, 60_000);
