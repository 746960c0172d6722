/** When live queries call back: the two explicit steps, delivery by itself, and what one subscription may do to others. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { reportedErrors } from '../../../../tests/support/reported-errors.ts';
import { InvalidFilterError } from '../base/errors.ts';
import { platform, usePlatform } from '../base/platform.ts';
import { Schema as S } from '../schema/builder.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      rank: S.Number({ default: 0 }),
      listId: S.Optional(S.String()),
    }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});
const openDatabase = () => new DB({ schema: { collections } });

/** Both explicit steps. */
async function deliver(db: { updateQueryViews(): Promise<void>; broadcastToQuerySubscribers(): void }): Promise<void> {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}
/** Timers run in order: when this settles, what was scheduled before has run. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe('by itself', () => {
  test('a new subscription is called once in a later turn of the event loop, not in a microtask', async () => {
    const db = openDatabase();
    const results = vi.fn<(todos: unknown[]) => void>();
    db.subscribe(db.query('todos'), results);
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(results).not.toHaveBeenCalled();
    await nextTurn();
    expect(results.mock.calls.map(([todos]) => todos)).toEqual([[]]);
  });

  test('many commits of one turn are one call, and one scheduled task', async () => {
    const schedule = vi.fn<typeof platform.schedule>(platform.schedule);
    onTestFinished(usePlatform({ schedule }));
    const db = openDatabase();
    const results = vi.fn<(todos: unknown[]) => void>();
    db.subscribe(db.query('todos'), results);
    db.subscribe(db.query('todos').Where('rank', '=', 0), () => undefined);
    await nextTurn();
    schedule.mockClear();
    for (let i = 0; i < 10; i++) await db.insert('todos', { text: String(i) });
    expect(results).toHaveBeenCalledTimes(1);
    await nextTurn();
    expect(results).toHaveBeenCalledTimes(2);
    expect(results.mock.lastCall![0]).toHaveLength(10);
    expect(schedule).toHaveBeenCalledTimes(1);
  });

  test('an explicit call right after a write comes first, and nothing is called twice', async () => {
    const db = openDatabase();
    const results = vi.fn<(todos: unknown[]) => void>();
    db.subscribe(db.query('todos'), results);
    await db.insert('todos', { text: 'a' });
    await deliver(db);
    expect(results.mock.calls.map(([todos]) => todos.length)).toEqual([1]);
    await nextTurn();
    await nextTurn();
    expect(results).toHaveBeenCalledTimes(1);
  });

  test('what was updated and never broadcast is delivered all the same', async () => {
    const db = openDatabase();
    const results = vi.fn<() => void>();
    db.subscribe(db.query('todos'), results);
    await db.updateQueryViews();
    await nextTurn();
    expect(results).toHaveBeenCalledTimes(1);
  });
});

describe('in two steps', () => {
  test('nothing is called before the broadcast, which is synchronous', async () => {
    const db = openDatabase();
    const results = vi.fn<() => void>();
    db.subscribe(db.query('todos'), results);
    db.broadcastToQuerySubscribers();
    expect(results).not.toHaveBeenCalled();
    await db.updateQueryViews();
    expect(results).not.toHaveBeenCalled();
    db.broadcastToQuerySubscribers();
    expect(results).toHaveBeenCalledTimes(1);
  });

  test('several commits before one update are one call with the last state', async () => {
    const db = openDatabase();
    const results = vi.fn<(todos: { text: string }[]) => void>();
    db.subscribe(db.query('todos'), results);
    await deliver(db);
    await db.insert('todos', { id: 't', text: 'a' });
    await db.update('todos', 't', { text: 'b' });
    await db.update('todos', 't', { text: 'c' });
    await deliver(db);
    expect(results.mock.calls.map(([todos]) => todos.map(({ text }) => text))).toEqual([[], ['c']]);
  });

  test('a commit between update and broadcast is delivered once', async () => {
    const db = openDatabase();
    const results = vi.fn<(todos: unknown[]) => void>();
    db.subscribe(db.query('todos'), results);
    await db.updateQueryViews();
    await db.insert('todos', { text: 'a' });
    db.broadcastToQuerySubscribers();
    await deliver(db);
    await nextTurn();
    expect(results.mock.lastCall![0]).toHaveLength(1);
    expect(results).toHaveBeenCalledTimes(1);
  });

  test('overlapping updates and commits end in the right state', async () => {
    const db = openDatabase();
    let last: unknown[] = [];
    db.subscribe(db.query('todos'), (todos) => void (last = todos));
    const running: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) running.push(db.insert('todos', { text: String(i) }), deliver(db));
    await Promise.all(running);
    await deliver(db);
    expect(last).toHaveLength(20);
  });

  test('results have the shape of a fetch, and the callback gets the query key', async () => {
    const db = openDatabase();
    await db.insert('lists', { id: 'l', name: 'home' });
    await db.insert('todos', { id: 't', text: 'a', listId: 'l' });
    const query = db.query('todos').Select(['text']).Include('list');
    const results = vi.fn<(todos: unknown[], key?: string) => void>();
    db.subscribe(query, results, undefined, { queryKey: 'mine' });
    await deliver(db);
    expect(results).toHaveBeenCalledExactlyOnceWith(await db.fetch(query), 'mine');
  });
});

describe('only when there is news', () => {
  test('other collections, other ids and rows that never matched call nobody', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 'a', text: 'a', rank: 5 });
    await db.insert('todos', { id: 'b', text: 'b', rank: 1 });
    const calls = { one: 0, filtered: 0 };
    db.subscribe(db.query('todos').Id('a'), () => void (calls.one += 1));
    db.subscribe(db.query('todos').Where('rank', '>', 3), () => void (calls.filtered += 1));
    await deliver(db);
    await db.insert('lists', { id: 'l', name: 'home' });
    await db.update('todos', 'b', { rank: 2 });
    await db.delete('todos', 'b');
    await deliver(db);
    await nextTurn();
    expect(calls).toEqual({ one: 1, filtered: 1 });
  });

  test('an update to the value that is stored calls nobody', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 'a', text: 'a' });
    const results = vi.fn<() => void>();
    db.subscribe(db.query('todos'), results);
    await deliver(db);
    await db.update('todos', 'a', { text: 'a' });
    await deliver(db);
    expect(results).toHaveBeenCalledTimes(1);
  });

  test('a second subscriber to an equal query gets its own first call and disturbs nobody', async () => {
    const db = openDatabase();
    const [first, second] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const stop = db.subscribe(db.query('todos').Where('rank', '=', 1), first);
    await deliver(db);
    db.subscribe(db.query('todos').Where('rank', '=', 1), second);
    await deliver(db);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]);
    stop();
    await db.insert('todos', { text: 'a', rank: 1 });
    await deliver(db);
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 2]);
  });

  test('nobody is called after unsubscribing, not even between update and broadcast', async () => {
    const db = openDatabase();
    const results = vi.fn<() => void>();
    const stop = db.subscribe(db.query('todos'), results);
    await db.updateQueryViews();
    stop();
    db.broadcastToQuerySubscribers();
    stop();
    await nextTurn();
    expect(results).not.toHaveBeenCalled();
  });

  test('global variables and sessions are those of the time of subscribing', async () => {
    const db = new DB({ variables: { wanted: 'a' } });
    await db.insert('free', { id: '1', kind: 'a' });
    await db.insert('free', { id: '2', kind: 'b' });
    const ids: string[][] = [];
    db.subscribe(db.query('free').Where('kind', '=', '$global.wanted'), (rows) => {
      ids.push(rows.map((row) => row['id'] as string));
    });
    await deliver(db);
    db.updateGlobalVariables({ wanted: 'b' });
    await deliver(db);
    await db.insert('free', { id: '3', kind: 'a' });
    await deliver(db);
    expect(ids).toEqual([['1'], ['1', '3']]);
  });
});

describe('callbacks', () => {
  test('that throw tell their own onError and nobody else', async () => {
    const reported = reportedErrors();
    const db = openDatabase();
    const [errors, other] = [vi.fn<(error: Error) => void>(), vi.fn<() => void>()];
    const fail = (): never => {
      throw new Error('mine');
    };
    db.subscribe(db.query('todos'), fail, errors);
    db.subscribe(db.query('todos'), fail, fail);
    db.subscribe(db.query('todos'), fail);
    db.subscribe(db.query('todos'), other);
    await deliver(db);
    expect(errors.mock.calls.map(([error]) => error.message)).toEqual(['mine']);
    expect(other).toHaveBeenCalledTimes(1);
    // The handler that throws itself, and the subscription without one.
    expect(reported).toEqual([new Error('mine'), new Error('mine')]);
    await db.insert('todos', { text: 'a' });
    await nextTurn();
    expect(errors).toHaveBeenCalledTimes(2);
    expect(other).toHaveBeenCalledTimes(2);
  });

  test('that are async and reject tell their own onError', async () => {
    const db = openDatabase();
    const [errors, other] = [vi.fn<(error: Error) => void>(), vi.fn<() => void>()];
    const fail = async (): Promise<never> => {
      await Promise.resolve();
      throw new Error('mine');
    };
    db.subscribe(db.query('todos'), fail, errors);
    db.subscribe(db.query('todos'), other);
    await deliver(db);
    await nextTurn();
    expect(errors.mock.calls.map(([error]) => error.message)).toEqual(['mine']);
    expect(other).toHaveBeenCalledTimes(1);
  });

  test('may write: the change is delivered in the next turn', async () => {
    const db = openDatabase();
    const sizes: number[] = [];
    db.subscribe(db.query('todos'), (todos) => {
      sizes.push(todos.length);
      if (todos.length < 3) void db.insert('todos', { text: 'more' });
    });
    for (let i = 0; i < 6; i++) await nextTurn();
    expect(sizes).toEqual([0, 1, 2, 3]);
  });

  test('may unsubscribe themselves and others', async () => {
    const db = openDatabase();
    const calls: string[] = [];
    const stops: (() => void)[] = [];
    stops.push(
      db.subscribe(db.query('todos'), () => {
        calls.push('first');
        for (const stop of stops) stop();
      }),
      db.subscribe(db.query('todos'), () => void calls.push('second')),
    );
    await deliver(db);
    await db.insert('todos', { text: 'a' });
    await deliver(db);
    expect(calls).toEqual(['first']);
  });

  test('may subscribe: the new subscription gets its first call', async () => {
    const db = openDatabase();
    const inner = vi.fn<() => void>();
    let opened = false;
    db.subscribe(db.query('todos'), () => {
      if (!opened) db.subscribe(db.query('lists'), inner);
      opened = true;
    });
    await deliver(db);
    expect(inner).not.toHaveBeenCalled();
    await nextTurn();
    expect(inner).toHaveBeenCalledTimes(1);
  });
});

describe('a query that cannot be evaluated', () => {
  const broken = { collectionName: 'free', where: [['kind', 'resembles', 'a']] } as const;

  test('reports to its own onError once, leaves the others alone, and recovers when the data allow', async () => {
    const db = new DB();
    await db.insert('free', { id: '1', kind: 'a' });
    const [results, errors, other] = [
      vi.fn<(rows: unknown[]) => void>(),
      vi.fn<(error: Error) => void>(),
      vi.fn<() => void>(),
    ];
    db.subscribe(broken, results, errors);
    db.subscribe({ collectionName: 'free' }, other);
    await deliver(db);
    await db.insert('free', { id: '2', kind: 'b' });
    await deliver(db);
    expect(errors.mock.calls.map(([error]) => error.constructor)).toEqual([InvalidFilterError]);
    expect([results.mock.calls.length, other.mock.calls.length]).toEqual([0, 2]);
    await db.delete('free', '1');
    await db.delete('free', '2');
    await nextTurn();
    expect(results.mock.calls).toEqual([[[], undefined]]);
    expect(errors).toHaveBeenCalledTimes(1);
  });

  test('never makes a commit fail, and the other views follow the commit', async () => {
    const db = new DB();
    const [results, errors, other] = [
      vi.fn<(rows: unknown[]) => void>(),
      vi.fn<(error: Error) => void>(),
      vi.fn<(rows: unknown[]) => void>(),
    ];
    db.subscribe(broken, results, errors);
    db.subscribe({ collectionName: 'free' }, other);
    await deliver(db);
    expect(results).toHaveBeenCalledTimes(1);
    await db.insert('free', { id: '1', kind: 'a' });
    await deliver(db);
    expect(await db.fetchById('free', '1')).toEqual({ id: '1', kind: 'a' });
    expect(other.mock.lastCall![0]).toHaveLength(1);
    expect(errors).toHaveBeenCalledTimes(1);
    await db.delete('free', '1');
    await deliver(db);
    expect(results.mock.calls.map(([rows]) => rows)).toEqual([[], []]);
    await db.insert('free', { id: '1', kind: 'a' });
    await deliver(db);
    expect(errors).toHaveBeenCalledTimes(2);
  });

  test('fails as a whole when an inclusion or an exists fails, and recovers as a whole', async () => {
    const db = new DB();
    await db.insert('parents', { id: 'p' });
    const correlated = [...broken.where, ['parent', '=', '$1.id']] as const;
    const queries = {
      include: {
        collectionName: 'parents',
        include: { children: { subquery: { collectionName: 'free', where: correlated }, cardinality: 'many' } },
      },
      exists: { collectionName: 'parents', where: [{ exists: { collectionName: 'free', where: correlated } }] },
    } as const;
    const sizes: Record<string, unknown[]> = { include: [], exists: [] };
    const errors: string[] = [];
    for (const [name, query] of Object.entries(queries))
      db.subscribe(
        query as never,
        (rows) => void sizes[name]!.push(rows),
        () => void errors.push(name),
      );
    await deliver(db);
    await db.insert('free', { id: 'c', kind: 'a', parent: 'p' });
    await deliver(db);
    expect(errors.sort()).toEqual(['exists', 'include']);
    await db.delete('free', 'c');
    await deliver(db);
    expect(sizes).toEqual({
      include: [[{ id: 'p', children: [] }], [{ id: 'p', children: [] }]],
      exists: [[], []],
    });
  });

  test('a subscription to an invalid query throws at once', () => {
    const db = openDatabase();
    expect(() => db.subscribe(db.query('todos').Where('nope' as never, '=', 1), () => undefined)).toThrow(
      InvalidFilterError,
    );
  });
});

describe('when everything changes', () => {
  test('clear delivers the empty result and the subscription lives on', async () => {
    for (const db of [openDatabase(), new DB()] as DB[]) {
      await db.insert('todos', { id: 't', text: 'a' });
      const sizes: number[] = [];
      db.subscribe(db.query('todos'), (todos) => void sizes.push(todos.length));
      await deliver(db);
      await db.clear();
      await deliver(db);
      await db.insert('todos', { id: 'u', text: 'b' });
      await deliver(db);
      expect(sizes).toEqual([1, 0, 1]);
    }
  });

  test('a full clear ends every subscription', async () => {
    const db = openDatabase() as unknown as DB;
    const results = vi.fn<() => void>();
    db.subscribe(db.query('todos'), results);
    await deliver(db);
    await db.clear({ full: true });
    await db.insert('todos', { id: 't', text: 'a' });
    await deliver(db);
    await nextTurn();
    expect(results).toHaveBeenCalledTimes(1);
  });

  test('a new schema prepares live queries again', async () => {
    const { db } = await createDB<any>({ schema: { collections } });
    await db.insert('todos', { id: 't', text: 'a', rank: 1 });
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    db.subscribe(
      db.query('todos').Order('rank', 'ASC'),
      (todos) => void seen.push(todos),
      (error) => void errors.push(error),
    );
    await deliver(db);
    const { rank: _rank, ...kept } = collections.todos.schema.properties;
    const withDue = S.Collections({
      todos: {
        schema: S.Schema({ ...kept, rank: S.Number(), due: S.Optional(S.String()) } as never),
      },
    });
    expect((await db.overrideSchema({ collections: withDue } as never)).successful).toBe(true);
    await deliver(db);
    await db.insert('todos', { id: 'u', text: 'b', rank: 0, due: 'soon' });
    await deliver(db);
    expect(errors).toEqual([]);
    expect(seen.at(-1)).toMatchObject([{ id: 'u', due: 'soon' }, { id: 't' }]);
  });
});

describe('results after awkward histories', () => {
  test('a row that was deleted and inserted again between two updates has nothing of its old version', async () => {
    const db = new DB();
    await db.insert('free', { id: '1', old: true });
    const seen: unknown[] = [];
    db.subscribe({ collectionName: 'free' }, (rows) => void seen.push(rows));
    await deliver(db);
    await db.delete('free', '1');
    await db.insert('free', { id: '1', fresh: true });
    await deliver(db);
    expect(seen).toEqual([[{ id: '1', old: true }], [{ id: '1', fresh: true }]]);
  });

  test.each(['in', 'nin'])('a list (%s) beside an exists keeps its values', async (operator) => {
    const db = openDatabase();
    await db.insert('lists', { id: 'l', name: 'home' });
    for (const text of ['a', 'b', 'c']) await db.insert('todos', { id: text, text, listId: 'l' });
    const query = db
      .query('todos')
      .Where('text', operator as 'in', ['a', 'b'])
      .Where('list.name', '=', 'home');
    const ids: string[][] = [];
    db.subscribe(query, (todos) => void ids.push(todos.map(({ id }) => id)));
    await deliver(db);
    await db.update('lists', 'l', { name: 'away' });
    await deliver(db);
    await db.update('lists', 'l', { name: 'home' });
    await deliver(db);
    const expected = operator === 'in' ? ['a', 'b'] : ['c'];
    expect(ids).toEqual([expected, [], expected]);
  });
});
