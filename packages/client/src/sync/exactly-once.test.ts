/** Writes whose answer is lost are sent again, and yet have their effect once. With a real server in process. */
import { decodeChanges } from '@triplit/db/sync';
import type { ChangesMessage } from '@triplit/db/sync';
import { Schema as S } from '@triplit/db';
import type { DBSchema, PendingTransaction } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from '../client.ts';
import { LoopbackServer } from '../testing/loopback.ts';
import type { LoopbackTransport } from '../testing/loopback.ts';
import { TodoWorld } from '../testing/todo-world.ts';
import type { TestClient, TodoClient } from '../testing/todo-world.ts';
import { signToken } from '../testing/tokens.ts';
import { Sender } from './sender.ts';
import type { SendableWrites } from './sender.ts';

let world: TodoWorld;
/** The ids that each commit on the server touched. */
let commits: string[];
async function begin(features?: ReadonlySet<'transactions'>): Promise<void> {
  world = await TodoWorld.start(features);
  commits = [];
  world.server.db.onCommit((changes) => {
    commits.push(
      Object.values(changes)
        .flatMap(({ sets, deletes }) => [...sets.keys(), ...deletes])
        .join(),
    );
  });
}
beforeEach(() => begin());
afterEach(() => world.close());

const eventually = (assertion: () => unknown): Promise<unknown> =>
  vi.waitFor(assertion, { timeout: 5_000, interval: 2 });
const ready = (client: TodoClient): Promise<unknown> =>
  eventually(() => expect(client.syncEngine.serverReady).toBe(true));
const isSent = (client: TodoClient): Promise<unknown> => eventually(() => expect(client.db.outbox!.size).toBe(0));
const byServer = { skipRules: true };

/** What each CHANGES listed: ids of entities by transaction, joined ones together. */
function sentLists(transport: LoopbackTransport): string[][] {
  return transport.sent.flatMap((message) => {
    if (message.type !== 'CHANGES') return [];
    const list = message.payload.transactions!.map((transaction) =>
      [...(transaction.joined ?? []), transaction]
        .flatMap(({ changes }) => {
          const { sets, deletes } = decodeChanges(changes)['todos']!;
          return [...sets.keys(), ...Array.from(deletes, (id) => `-${id}`)];
        })
        .join('+'),
    );
    return [list];
  });
}

const sentIds = (transport: LoopbackTransport): string[][] =>
  transport.sent.flatMap((message) =>
    message.type === 'CHANGES' ? [message.payload.transactions!.map(({ id }) => id)] : [],
  );
const settledIds = (transport: LoopbackTransport): (readonly string[] | undefined)[] =>
  transport.sent.flatMap((message) => (message.type === 'CHANGES' ? [message.payload.settled] : []));

/** Sends what is pending, and loses the network after the server has committed it and before it can say so. */
async function loseTheAnswer({ client, transport }: TestClient, expected: number): Promise<void> {
  world.server.latencyMs = 30;
  await eventually(() => expect(commits).toHaveLength(expected));
  world.server.cutNetwork();
  world.server.latencyMs = 0;
  expect(client.db.outbox!.size).toBeGreaterThan(0);
  expect(transport.isOpen).toBe(false);
}

async function written(client: TodoClient, id: string, more: object = {}): Promise<void> {
  await client.insert('todos', { id, text: 'mine', ownerId: 'ann', ...more });
}

/** Writes that leave in one message. */
async function together(client: TodoClient, write: () => Promise<void>): Promise<void> {
  client.syncEngine.syncInProgress = true;
  await write();
  client.syncEngine.syncInProgress = false;
}

function failuresOf(client: TodoClient): string[] {
  const failures: string[] = [];
  client.onFailureToSyncWrites((error, writes) => {
    failures.push(`${[...writes['todos']!.sets.keys(), ...writes['todos']!.deletes].join()}: ${error.name}`);
  });
  return failures;
}

describe('when the answer is lost', () => {
  test('the same transactions are sent again, and what others wrote meanwhile survives', async () => {
    const opened = world.open();
    const { client, transport } = opened;
    await ready(client);
    world.server.latencyMs = 30;
    await together(client, async () => {
      await written(client, 'a');
      await client.update('todos', 'a', { rank: 1 });
    });
    await loseTheAnswer(opened, 2);
    await world.server.db.update('todos', 'a', { text: 'theirs' }, byServer);
    world.server.restoreNetwork();
    await isSent(client);
    const [first, second] = sentIds(transport);
    expect(second).toEqual(first);
    expect(commits).toEqual(['a', 'a', 'a']);
    expect(await world.serverTodos()).toMatchObject([{ text: 'theirs', rank: 1 }]);
    expect(await client.fetch(client.query('todos'))).toMatchObject([{ text: 'theirs', rank: 1 }]);
  });

  test('a server of version 1 gets it twice, and the last one wins', async () => {
    await world.close();
    await begin(new Set());
    const opened = world.open();
    await ready(opened.client);
    world.server.latencyMs = 30;
    await written(opened.client, 'a');
    await loseTheAnswer(opened, 1);
    await world.server.db.update('todos', 'a', { text: 'theirs' }, byServer);
    world.server.restoreNetwork();
    await isSent(opened.client);
    expect(await world.serverTodos()).toMatchObject([{ text: 'mine' }]);
  });

  test('what is written afterwards goes along, and only that has an effect', async () => {
    const opened = world.open();
    const { client, transport } = opened;
    await ready(client);
    world.server.latencyMs = 30;
    await written(client, 'a');
    await loseTheAnswer(opened, 1);
    await client.update('todos', 'a', { rank: 2 });
    await written(client, 'b');
    await world.server.db.update('todos', 'a', { text: 'theirs', done: true }, byServer);
    world.server.restoreNetwork();
    await isSent(client);
    expect(sentLists(transport)).toEqual([['a'], ['a', 'a', 'b']]);
    expect(commits).toEqual(['a', 'a', 'a', 'b']);
    expect(await world.serverTodos()).toMatchObject([{ text: 'theirs', rank: 2, done: true }, { id: 'b' }]);
  });

  test('and the news come before the second answer, the client shows what the server has', async () => {
    const opened = world.open();
    const { client } = opened;
    const seen: string[] = [];
    client.subscribe(client.query('todos'), (rows) => seen.push(rows.map((row) => `${row.text}/${row.rank}`).join()));
    await ready(client);
    world.server.latencyMs = 30;
    await written(client, 'a');
    await loseTheAnswer(opened, 1);
    await world.server.db.update('todos', 'a', { text: 'theirs' }, byServer);
    client.syncEngine.syncInProgress = true;
    await client.update('todos', 'a', { rank: 3 });
    world.server.restoreNetwork();
    // The query is answered while the outbox is held back.
    await eventually(() => expect(client.db.outbox!.confirmedRow('todos', 'a')).toMatchObject({ text: 'theirs' }));
    client.syncEngine.syncInProgress = false;
    await isSent(client);
    await eventually(() => expect(seen.at(-1)).toBe('theirs/3'));
    expect(await world.serverTodos()).toMatchObject([{ text: 'theirs', rank: 3 }]);
  });

  test('and others have deleted it or moved it out of sight, the client lets go of it', async () => {
    const opened = world.openAs('ann');
    const { client } = opened;
    const seen: string[] = [];
    client.subscribe(client.query('todos').Where('rank', '=', 1), (rows) => seen.push(rows.map(({ id }) => id).join()));
    await ready(client);
    await client.fetch(client.query('todos'));
    world.server.latencyMs = 30;
    await together(client, async () => {
      for (const id of ['deleted', 'hidden', 'kept', 'moved']) await written(client, id, { rank: 1 });
    });
    await loseTheAnswer(opened, 4);
    await world.server.db.delete('todos', 'deleted', byServer);
    await world.server.db.update('todos', 'hidden', { ownerId: 'bob' }, byServer);
    await world.server.db.update('todos', 'moved', { rank: 2 }, byServer);
    world.server.restoreNetwork();
    await isSent(client);
    await eventually(() => expect(seen.at(-1)).toBe('kept'));
    expect(await client.fetch(client.query('todos').Order('id', 'ASC'), { policy: 'local-only' })).toMatchObject([
      { id: 'kept' },
      { id: 'moved', rank: 2 },
    ]);
  });

  test('and the page is closed, the next one sends them under the same ids', async () => {
    const kv = new BTreeKVStore();
    const first = world.open({ storage: kv });
    await ready(first.client);
    world.server.latencyMs = 30;
    await together(first.client, async () => {
      await written(first.client, 'a');
      await written(first.client, 'b');
    });
    await loseTheAnswer(first, 2);
    first.client.disconnect();
    await world.server.db.update('todos', 'a', { text: 'theirs' }, byServer);
    await world.server.db.delete('todos', 'b', byServer);
    world.server.restoreNetwork();
    const second = world.open({ storage: kv });
    await isSent(second.client);
    expect(sentIds(second.transport)[0]).toEqual(sentIds(first.transport)[0]);
    expect(commits).toEqual(['a', 'b', 'a', 'b']);
    expect(await world.serverTodos()).toMatchObject([{ id: 'a', text: 'theirs' }]);
    expect(await second.client.fetch(second.client.query('todos'))).toMatchObject([{ id: 'a', text: 'theirs' }]);
  });

  test('of a refusal, it is refused again and reported once', async () => {
    const opened = world.openAs('ann');
    const { client } = opened;
    const failures = failuresOf(client);
    await ready(client);
    world.server.latencyMs = 30;
    await together(client, async () => {
      await written(client, 'forged', { ownerId: 'bob' });
      await written(client, 'good');
    });
    await loseTheAnswer(opened, 1);
    expect(failures).toEqual([]);
    world.server.restoreNetwork();
    await isSent(client);
    await eventually(() => expect(failures).toEqual(['forged: WritePermissionError']));
    expect(commits).toEqual(['good']);
  });
});

describe('refusals', () => {
  test('come by transaction, in one answer', async () => {
    const { client, transport } = world.openAs('ann', { autoConnect: false });
    const failures = failuresOf(client);
    const accepted = vi.fn();
    client.onEntitySyncSuccess('todos', '14', accepted);
    for (let n = 10; n < 30; n++) {
      await written(client, `${n}`, { ownerId: n === 13 || n === 27 ? 'bob' : 'ann' });
    }
    await client.connect();
    await isSent(client);
    await eventually(() => expect(failures).toEqual(['13: WritePermissionError', '27: WritePermissionError']));
    expect(accepted).toHaveBeenCalledOnce();
    expect(sentIds(transport)).toHaveLength(1);
    expect(await world.serverTodos()).toHaveLength(18);
  });

  test('by a fault of the server are tried again, with all that came later, and then reported', async () => {
    const { client } = world.open({ autoConnect: false });
    const failures = failuresOf(client);
    // A listener that throws fails the commit that it is told of.
    world.server.db.onCommit((changes) => {
      if (changes['todos']!.sets.get('bad')?.['rank'] === 1) throw new Error('a fault of the server');
    });
    await written(client, 'a');
    await written(client, 'bad', { rank: 1 });
    await client.update('todos', 'bad', { rank: 2 });
    await client.connect();
    await isSent(client);
    // The fault came after the commit, so that the second attempt found it applied.
    expect(failures).toEqual([]);
    expect(commits).toEqual(['a', 'bad', 'bad']);
    expect(await world.serverTodos()).toMatchObject([{ id: 'a' }, { id: 'bad', rank: 2 }]);
  });

  test('of a row do not concern a later one that does not need it', async () => {
    const { client } = world.openAs('ann', { autoConnect: false });
    const failures = failuresOf(client);
    await written(client, 'a', { ownerId: 'bob' });
    await client.update('todos', 'a', { rank: 1 });
    await written(client, 'b');
    await client.connect();
    await isSent(client);
    await eventually(() => expect(failures).toEqual(['a: WritePermissionError']));
    expect((await world.serverTodos()).map(({ id }) => id)).toEqual(['b']);
    expect((await client.fetch(client.query('todos'))).map(({ id }) => id)).toEqual(['b']);
  });
});

test('a write that an earlier one permits is accepted with it', async () => {
  const collections = S.Collections({
    groups: {
      schema: S.Schema({ id: S.Id(), ownerId: S.String() }),
      permissions: { user: { read: { filter: [true] }, insert: { filter: [['ownerId', '=', '$role.userId']] } } },
    },
    notes: {
      schema: S.Schema({ id: S.Id(), groupId: S.String() }),
      relationships: { group: S.RelationById('groups', '$groupId') },
      permissions: {
        user: { read: { filter: [true] }, insert: { filter: [['group.ownerId', '=', '$role.userId']] } },
      },
    },
  });
  const roles = { user: { match: { sub: '$userId' } } };
  const server = await LoopbackServer.start({ collections, roles } as unknown as DBSchema);
  const transport = server.transport();
  const client = new TriplitClient({
    schema: collections,
    roles,
    serverUrl: 'http://loopback.test',
    token: signToken({ sub: 'ann' }),
    transport,
    pingInterval: 0,
    autoConnect: false,
  });
  const failed = vi.fn();
  client.onFailureToSyncWrites(failed);
  await client.insert('groups', { id: 'g', ownerId: 'ann' });
  await client.insert('notes', { id: 'n', groupId: 'g' });
  await client.connect();
  await eventually(() => expect(client.db.outbox!.size).toBe(0));
  expect(failed).not.toHaveBeenCalled();
  expect(server.db.rowOf('notes', 'n')).toEqual({ id: 'n', groupId: 'g' });
  expect(transport.sent.filter(({ type }) => type === 'CHANGES')).toHaveLength(1);
  await client.close();
});

describe("with rejectedWrites: 'keep'", () => {
  test('writes of one entity are one transaction, of which the server leaves out what it had', async () => {
    const opened = world.openAs('ann', { rejectedWrites: 'keep' });
    const { client, transport } = opened;
    await ready(client);
    world.server.latencyMs = 30;
    await together(client, async () => {
      await written(client, 'a');
      await written(client, 'b');
    });
    await loseTheAnswer(opened, 2);
    await client.update('todos', 'a', { rank: 4 });
    await world.server.db.update('todos', 'a', { text: 'theirs' }, byServer);
    world.server.restoreNetwork();
    await isSent(client);
    expect(sentLists(transport)).toEqual([
      ['a', 'b'],
      ['a+a', 'b'],
    ]);
    expect(await world.serverTodos()).toMatchObject([{ text: 'theirs', rank: 4 }, { id: 'b' }]);
    expect(commits).toEqual(['a', 'b', 'a', 'a']);
  });

  test('a refused write and what mends it are applied once, over a lost answer and a new page', async () => {
    const kv = new BTreeKVStore();
    const first = world.openAs('ann', { rejectedWrites: 'keep', storage: kv });
    const failures = failuresOf(first.client);
    await ready(first.client);
    await written(first.client, 'bad', { ownerId: 'bob' });
    await eventually(() => expect(failures).toHaveLength(1));
    world.server.latencyMs = 30;
    await first.client.update('todos', 'bad', { ownerId: 'ann' });
    await loseTheAnswer(first, 1);
    first.client.disconnect();
    await world.server.db.update('todos', 'bad', { text: 'theirs' }, byServer);
    world.server.restoreNetwork();
    const second = world.openAs('ann', { rejectedWrites: 'keep', storage: kv });
    const later = failuresOf(second.client);
    await isSent(second.client);
    expect(later).toEqual([]);
    expect(commits).toEqual(['bad', 'bad']);
    expect(await world.serverTodos()).toMatchObject([{ text: 'theirs', ownerId: 'ann' }]);
  });

  test('what comes after a part that was applied may be refused alone', async () => {
    const opened = world.openAs('ann', { rejectedWrites: 'keep' });
    const { client } = opened;
    const failures = failuresOf(client);
    await ready(client);
    world.server.latencyMs = 30;
    await written(client, 'a');
    await loseTheAnswer(opened, 1);
    await client.update('todos', 'a', { ownerId: 'bob' });
    world.server.restoreNetwork();
    await eventually(() => expect(failures).toEqual(['a: WritePermissionError']));
    expect(client.db.outbox!.transactions()).toHaveLength(1);
    expect(client.db.outbox!.confirmedRow('todos', 'a')).toMatchObject({ ownerId: 'ann' });
    await client.update('todos', 'a', { ownerId: 'ann', rank: 1 });
    await isSent(client);
    expect(await world.serverTodos()).toMatchObject([{ ownerId: 'ann', rank: 1 }]);
  });
});

test('the server is told with the next message which answers have come', async () => {
  const { client, transport } = world.openAs('ann');
  await ready(client);
  await written(client, 'a');
  await written(client, 'forged', { ownerId: 'bob' });
  await isSent(client);
  await written(client, 'b');
  await isSent(client);
  await written(client, 'c');
  await isSent(client);
  const sent = sentIds(transport).flat();
  expect(
    settledIds(transport)
      .flat()
      .filter((id) => id !== undefined),
  ).toEqual([sent[0], sent[2]]);
});

test('the server is told of an answer only when the outbox is durably rid of what it is about', async () => {
  const pending: PendingTransaction[] = [
    { id: '1', changes: { todos: { sets: new Map([['a', { id: 'a' }]]), deletes: new Set() } } },
    { id: '2', changes: { todos: { sets: new Map([['b', { id: 'b' }]]), deletes: new Set() } } },
    { id: '3', changes: { todos: { sets: new Map([['c', { id: 'c' }]]), deletes: new Set() } } },
  ];
  const waiting: (() => void)[] = [];
  let next = 0;
  const writes: SendableWrites = {
    isOpen: true,
    sendableTransactions: () => pending.slice(next, next + 1),
    isConfirmed: () => false,
    isFromEarlierRun: () => false,
    confirm: () => {
      next++;
      return new Promise((resolve, reject) => waiting.push(next === 1 ? reject : resolve));
    },
    discard: () => undefined,
  };
  const settled: (readonly string[] | undefined)[] = [];
  const sender = new Sender(
    writes,
    {
      whyNotNow: () => undefined,
      sendsTransactions: () => true,
      send: (message) => settled.push((message as ChangesMessage).payload.settled) > 0,
      onAccepted: () => undefined,
      onRepeated: () => undefined,
      onRejected: () => undefined,
    },
    'rollback',
  );
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
  sender.send();
  sender.acknowledged({ timestamp: [1, 0, 'server'] });
  waiting[0]!();
  await turn();
  sender.acknowledged({ timestamp: [2, 0, 'server'] });
  expect(settled).toEqual([undefined, undefined, undefined]);
  waiting[1]!();
  await turn();
  next = 2;
  sender.acknowledged({ timestamp: [3, 0, 'server'] });
  waiting[2]!();
  await turn();
  next = 0;
  sender.send();
  expect(settled.at(-1)).toEqual(['2', '3']);
});

test('a row of its own that was never in an answer is let go of when others have deleted it', async () => {
  const { client } = world.open();
  await ready(client);
  await written(client, 'a');
  await isSent(client);
  await world.server.db.delete('todos', 'a', byServer);
  expect(await client.fetch(client.query('todos'))).toEqual([]);
});

test('much is sent in several messages', async () => {
  const { client, transport } = world.open({ autoConnect: false });
  const text = 'x'.repeat(300_000);
  for (let n = 0; n < 7; n++) await client.insert('todos', { id: `${n}`, text });
  await client.connect();
  await isSent(client);
  expect(sentIds(transport).map((ids) => ids.length)).toEqual([3, 3, 1]);
  expect(commits).toHaveLength(7);
});
