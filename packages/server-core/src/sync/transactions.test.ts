/** Lists of transactions: each applied on its own, in order, and once, however often it arrives. */
import { createDB, listMetadata, usePlatform } from '@triplit/db';
import type { DB } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportedErrors } from '../../../../tests/support/reported-errors.ts';
import { changesOf } from '../../../../tests/support/sync-client.ts';
import type { SyncClient } from '../../../../tests/support/sync-client.ts';
import { encodedTodo, todoSchema } from '../../../../tests/support/todo-schema.ts';
import {
  alice,
  anonymous,
  bob,
  contents,
  isLater,
  service,
  TodoServer,
} from '../../../../tests/support/todo-server.ts';

let todos: TodoServer;
let commits: string[];
const restores: (() => void)[] = [];
beforeEach(async () => {
  todos = await TodoServer.start();
  commits = watch(todos.db);
});
afterEach(() => {
  for (const restore of restores.splice(0).toReversed()) restore();
});

const features = new Set(['transactions'] as const);
const connect = (token: Record<string, unknown> = alice, server = todos): Promise<SyncClient> =>
  server.connect(token, { features });

/** The ids that each commit on the server touched. */
function watch(db: DB): string[] {
  const seen: string[] = [];
  db.onCommit((changes) => {
    seen.push(
      Object.values(changes)
        .flatMap(({ sets, deletes }) => [...sets.keys(), ...deletes])
        .join(),
    );
  });
  return seen;
}

type Sets = Record<string, unknown>;
const step = (id: string, sets: Sets) => ({ id, changes: changesOf({ todos: { sets } }) });
const todo = (id: string, more: object = {}): Sets => ({ [id]: encodedTodo(id, { authorId: 'alice', ...more }) });

async function send(client: SyncClient, transactions: readonly object[], settled?: readonly string[]): Promise<any> {
  client.send('CHANGES', { transactions, settled });
  return client.next('CHANGES_ACK');
}

/** The private metadata about transactions. */
const idsBelow = (key: string): string[] =>
  listMetadata(todos.db.kv, [key], 1_000).map((record) => (record as { id: string }).id);
const records = (): string[] => idsBelow('applied');
const expiries = (): string[] => idsBelow('applied-until');
const at = (ms: number): void => void restores.push(usePlatform({ now: () => ms }));
const DAY_MS = 24 * 60 * 60_000;

describe('a list of transactions', () => {
  it('is agreed on in the handshake, and refused without that', async () => {
    const client = await todos.connect(alice);
    client.send('CHANGES', { transactions: [step('1', todo('a'))] });
    expect(await client.next('ERROR')).toMatchObject({
      messageType: 'CHANGES',
      error: { name: 'InvalidOperationError', status: 400 },
    });
    expect(commits).toEqual([]);
    const other = await connect();
    expect(other.received[0]!.payload.features).toEqual(['transactions']);
    other.write('todos', todo('a'));
    await other.next('CHANGES_ACK');
    expect(commits).toEqual(['a']);
  });

  it('is applied one by one, in order, with one answer that names none of those that were accepted', async () => {
    const client = await connect();
    const answer = await send(client, [
      step('1', todo('a')),
      step('2', { a: { text: 'changed' } }),
      step('3', todo('b')),
    ]);
    expect(commits).toEqual(['a', 'a', 'b']);
    expect(answer).toEqual({ timestamp: todos.db.timestampOf('todos', 'b') });
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ text: 'changed' });
  });

  it('may be empty', async () => {
    const client = await connect();
    expect(await send(client, [])).toEqual({ timestamp: expect.any(Array) });
    expect(await send(client, [{ id: '1', changes: { json: {} } }])).toEqual({ timestamp: expect.any(Array) });
    expect(records()).toEqual([]);
  });

  it('loses those that are refused, and only them', async () => {
    const client = await connect(bob);
    const own = (id: string): Sets => todo(id, { authorId: 'bob' });
    const answer = await send(client, [
      step('1', own('a')),
      step('2', { ...own('b'), ...todo('forged') }),
      { id: '3', changes: { json: { todos: null } } },
      { id: '4', changes: changesOf({ nowhere: { sets: { x: { id: 'x' } } } }) },
      { id: '5', changes: changesOf({ _metadata: { deletes: ['_schema'] } }) },
      step('6', own('c')),
    ]);
    expect(answer.rejected).toEqual([
      { id: '2', error: expect.objectContaining({ name: 'WritePermissionError', status: 401 }) },
      { id: '3', error: expect.objectContaining({ name: 'TriplitError' }) },
      { id: '4', error: expect.objectContaining({ name: 'InvalidCollectionNameError' }) },
      { id: '5', error: expect.objectContaining({ name: 'WritePermissionError' }) },
    ]);
    expect(answer.timestamp).toEqual(todos.db.timestampOf('todos', 'c'));
    expect(commits).toEqual(['a', 'c']);
    expect(records()).toEqual(['1', '6']);
  });

  it('that is refused as a whole is answered with a later timestamp, too', async () => {
    await todos.store(encodedTodo('a', { authorId: 'alice' }));
    const client = await connect(bob);
    const answer = await send(client, [step('1', { a: { text: 'taken' } })]);
    expect(answer.rejected).toHaveLength(1);
    expect(isLater(answer.timestamp, todos.db.timestampOf('todos', 'a')!)).toBe(true);
  });

  it('waits as a whole when the server itself fails, and can be sent again', async () => {
    const client = await connect();
    let fails = true;
    const isThere = (id: string): boolean => todos.db.rowOf('todos', id) !== undefined;
    todos.db.observeCommits(() => {
      if (fails && isThere('b')) throw new Error('a fault of the server');
    });
    const list = [step('1', todo('a')), step('2', todo('b')), step('3', todo('c'))];
    const answer = await send(client, list);
    expect(answer.rejected).toMatchObject([
      { id: '2', error: { status: 500 } },
      { id: '3', error: { status: 500 } },
    ]);
    // The fault came when the second one had been applied.
    expect(['a', 'b', 'c'].map(isThere)).toEqual([true, true, false]);
    fails = false;
    expect((await send(client, list)).repeated).toMatchObject([{ id: '1' }, { id: '2' }]);
    expect(['a', 'b', 'c'].map(isThere)).toEqual([true, true, true]);
  });

  it('is not refused because a listener of its commits fails', async () => {
    const reported = reportedErrors();
    const client = await connect();
    todos.db.onCommit(() => {
      throw new Error('a fault of the listener');
    });
    const answer = await send(client, [step('1', todo('a')), step('2', todo('b'))]);
    expect(answer.rejected).toBeUndefined();
    expect(commits).toEqual(['a', 'b']);
    expect(reported).toEqual([new Error('a fault of the listener'), new Error('a fault of the listener')]);
  });

  it('is seen by others at the end of the turn, as one piece of news', async () => {
    const client = await connect();
    const reader = await todos.connect(bob);
    await reader.query('q', { collectionName: 'todos' });
    await send(client, [step('1', todo('a')), step('2', { a: { text: 'changed' } })]);
    expect(contents(await reader.next('ENTITY_DATA')).todos?.sets).toMatchObject({ a: { text: 'changed' } });
    await reader.expectSilence();
  });

  it('arrives in chunks', async () => {
    const client = await connect();
    const text = JSON.stringify({ type: 'CHANGES', payload: { transactions: [step('1', todo('a'))] } });
    for (const index of [1, 0])
      client.send('CHUNK', { data: text.slice(index * 50, index === 0 ? 50 : undefined), total: 2, index, id: 'c' });
    await client.next('CHANGES_ACK');
    expect(commits).toEqual(['a']);
  });
});

describe('a transaction that arrives again', () => {
  it('is not applied again, and what others did since stays', async () => {
    const client = await connect();
    const first = await send(client, [step('1', todo('a', { text: 'mine' }))]);
    await todos.db.update('todos', 'a', { text: 'theirs' }, { skipRules: true });
    const second = await send(await connect(), [step('1', todo('a', { text: 'mine' }))]);
    expect(second).toEqual({ timestamp: first.timestamp, repeated: [{ id: '1', timestamp: first.timestamp }] });
    expect(commits).toEqual(['a', 'a']);
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ text: 'theirs' });
  });

  it('does not hold back what comes with it', async () => {
    const client = await connect();
    await send(client, [step('1', todo('a'))]);
    const answer = await send(client, [step('1', todo('a')), step('2', todo('b'))]);
    expect(answer.repeated).toMatchObject([{ id: '1' }]);
    expect(answer.timestamp).toEqual(todos.db.timestampOf('todos', 'b'));
    expect(commits).toEqual(['a', 'b']);
  });

  it('in two frames at once, or twice in one, is applied once', async () => {
    const [one, two] = [await connect(), await connect()];
    const list = [step('1', todo('a')), step('1', todo('a'))];
    await Promise.all([send(one, list), send(two, list)]);
    expect(commits).toEqual(['a']);
  });

  it('from somebody else is another one', async () => {
    await send(await connect(alice), [step('1', todo('a'))]);
    await send(await connect(bob), [step('1', todo('b', { authorId: 'bob' }))]);
    await send(await connect({ ...alice, iss: 'elsewhere' }), [step('1', todo('c'))]);
    await send(await connect(service), [step('1', todo('d'))]);
    expect(commits).toEqual(['a', 'b', 'c', 'd']);
    // Tokens that name nobody cannot be told apart.
    expect((await send(await connect(anonymous), [step('1', todo('e'))])).repeated).toMatchObject([{ id: '1' }]);
  });

  it('after it was refused is looked at anew', async () => {
    const client = await connect(bob);
    expect((await send(client, [step('1', { a: { text: 'changed' } }), step('2', todo('a'))])).rejected).toHaveLength(
      1,
    );
    await todos.store(encodedTodo('a', { authorId: 'bob' }));
    const again = await send(client, [step('2', { a: { text: 'changed' } })]);
    expect(again).toEqual({ timestamp: todos.db.timestampOf('todos', 'a') });
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ text: 'changed' });
  });

  it('after a restart is known', async () => {
    const kv = new BTreeKVStore();
    const open = async () =>
      new TodoServer((await createDB({ kv, schema: todoSchema, clientId: 'server', persistClock: true })).db as DB);
    await send(await connect(alice, await open()), [step('1', todo('a'))]);
    const restarted = await open();
    const again = watch(restarted.db);
    await send(await connect(alice, restarted), [step('1', todo('a'))]);
    expect(again).toEqual([]);
  });

  it('is no business of clients: records are not in any query', async () => {
    const client = await connect(service);
    await send(client, [step('1', todo('a'))]);
    expect(contents(await client.query('q', { collectionName: '_metadata' }))['_metadata']?.sets).toEqual({
      _schema: expect.anything(),
    });
  });

  it('after the database was emptied is new, as everything is then', async () => {
    const client = await connect();
    await send(client, [step('1', todo('a'))]);
    await todos.db.clear();
    expect(records()).toEqual([]);
    expect(await send(client, [step('1', todo('a'))])).toEqual({ timestamp: expect.any(Array) });
    expect(todos.db.rowOf('todos', 'a')).toBeDefined();
  });
});

describe('joined transactions', () => {
  it('are applied in one step, those that were applied before left out', async () => {
    const client = await connect();
    const insert = step('1', todo('a', { text: 'first' }));
    const update = step('2', { a: { text: 'second' } });
    const other = step('3', { a: { n: 3 } });
    await send(client, [{ ...update, joined: [insert] }]);
    expect(commits).toEqual(['a']);
    expect(records()).toEqual(['1', '2']);
    await todos.db.update('todos', 'a', { text: 'theirs' }, { skipRules: true });
    const answer = await send(client, [{ ...other, joined: [insert, update] }]);
    expect(answer.repeated).toMatchObject([{ id: '1' }, { id: '2' }]);
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ text: 'theirs', n: 3 });
    expect((await send(client, [insert, update, other])).repeated).toHaveLength(3);
    expect(commits).toHaveLength(3);
  });

  it('are refused in one, under the name of the last', async () => {
    const client = await connect(bob);
    const answer = await send(client, [
      { ...step('2', { a: { text: 'changed' } }), joined: [step('1', todo('a'))] },
      step('3', todo('b', { authorId: 'bob' })),
    ]);
    expect(answer.rejected).toMatchObject([{ id: '2' }]);
    expect(records()).toEqual(['3']);
    // What mends it makes it acceptable.
    await send(client, [{ ...step('2', { a: { authorId: 'bob' } }), joined: [step('1', todo('a'))] }]);
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ authorId: 'bob' });
  });
});

describe('a record', () => {
  it('is kept for a while after the client has settled it, then forgotten', async () => {
    const now = Date.now();
    at(now);
    const client = await connect();
    await send(client, [step('1', todo('a')), step('2', todo('b'))]);
    await send(client, [step('3', todo('c'))], ['1', 'unknown']);
    expect((await send(client, [step('1', todo('a'))])).repeated).toHaveLength(1);
    expect(expiries()).toEqual(['1', '2', '3']);
    at(now + DAY_MS);
    await send(client, [step('4', todo('d'))], ['1']);
    expect(records()).toEqual(['2', '3', '4']);
    expect(expiries()).toEqual(['2', '3', '4']);
    expect((await send(client, [step('1', todo('a', { text: 'again' }))])).repeated).toBeUndefined();
    expect(todos.db.rowOf('todos', 'a')).toMatchObject({ text: 'again' });
  });

  it('cannot be settled by somebody else', async () => {
    const now = Date.now();
    at(now);
    await send(await connect(alice), [step('1', todo('a'))]);
    await send(await connect(bob), [], ['1']);
    at(now + DAY_MS);
    await send(await connect(bob), [step('2', todo('b', { authorId: 'bob' }))]);
    expect(records()).toEqual(['1', '2']);
  });

  it('goes at the end of the retention, a few with each message', async () => {
    const now = Date.now();
    at(now);
    const client = await connect();
    await send(
      client,
      Array.from({ length: 5 }, (_, n) => step(`old ${n}`, todo(`${n}`))),
    );
    at(now + 30 * DAY_MS + 1);
    await send(client, [step('new 1', todo('a'))]);
    expect(records()).toEqual(['new 1', 'old 2', 'old 3', 'old 4']);
    await send(client, [step('new 2', todo('b')), step('new 3', todo('c'))]);
    expect(records()).toEqual(['new 1', 'new 2', 'new 3']);
    expect(expiries()).toEqual(['new 1', 'new 2', 'new 3']);
  });
});
