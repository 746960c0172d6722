/** The large first answer of a server: it takes a shorter way into storage and live views, which must not show. */
import { expect, test } from 'vitest';
import type { Row } from '../changes/types.ts';
import { DB } from '../database/database.ts';
import { EntityStoreWithOutbox } from '../database/entity-stores.ts';
import { Schema as S } from '../schema/builder.ts';

const collections = S.Collections({
  lists: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
  todos: {
    schema: S.Schema({ id: S.Id(), n: S.Number(), listId: S.String() }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});
const open = () => new DB({ schema: { collections }, entityStore: new EntityStoreWithOutbox() });
const stamp = (n: number) => [n, 0, 'server'] as const;
const part = (rows: readonly Row[], deletes: readonly string[] = []) => ({
  sets: new Map(rows.map((row) => [row['id'] as string, row])),
  deletes: new Set(deletes),
});
const todos = (from: number, to: number, n: (i: number) => number = (i) => i % 7) =>
  Array.from({ length: to - from }, (_, i) => ({ id: `t${from + i}`, n: n(from + i), listId: `l${(from + i) % 5}` }));
const lists = Array.from({ length: 5 }, (_, i) => ({ id: `l${i}`, name: `list ${9 - i}` }));

test('live views of every kind show what a fresh read shows, answer by answer', async () => {
  const db = open();
  const queries = [
    db.query('todos'),
    db.query('todos').Order('n', 'DESC').Limit(20),
    db.query('todos').Where('n', '=', 3),
    db.query('todos').Order('list.name', 'ASC').Limit(30),
    db.query('todos').Include('list').Limit(10),
    db.query('todos').Where('list.name', '=', 'list 7'),
    db.query('todos').Limit(0),
    db.query('lists'),
  ];
  const shown: unknown[] = [];
  queries.forEach((query, i) => db.subscribe(query as never, (rows) => void (shown[i] = rows)));
  const check = async (): Promise<void> => {
    await db.updateQueryViews();
    db.broadcastToQuerySubscribers();
    for (const [i, query] of queries.entries()) expect(shown[i]).toEqual(await db.fetch(query as never));
  };
  await check();
  await db.outbox!.applyRemote({ todos: part(todos(0, 500)), lists: part(lists) }, stamp(1));
  await check();
  expect(shown[0]).toHaveLength(500);
  await db.outbox!.applyRemote({ todos: part(todos(400, 800, (i) => i % 3)) }, stamp(2));
  await check();
  await db.outbox!.applyRemote(
    {
      todos: part(
        [],
        [...Array(800).keys()].map((i) => `t${i}`),
      ),
    },
    stamp(3),
  );
  await check();
  expect(shown[0]).toEqual([]);
  await db.outbox!.applyRemote({ todos: part(todos(0, 300)) }, stamp(4));
  await check();
  await db.update('todos', 't7', { n: 100 });
  await check();
});

test('it is held against what came before: stamps of deleted entities, rows, and pending writes', async () => {
  const db = open();
  await db.outbox!.applyRemote({ todos: part([], ['t1']) }, stamp(5));
  await db.outbox!.applyRemote({ todos: part(todos(0, 3)) }, stamp(4));
  expect((await db.fetch(db.query('todos'))).map(({ id }) => id)).toEqual(['t0', 't2']);

  const other = open();
  await other.insert('todos', { id: 't1', n: 50, listId: 'l0' });
  await other.outbox!.applyRemote({ todos: part(todos(0, 3), ['t9']) }, stamp(4));
  expect(await other.fetchById('todos', 't1')).toEqual({ id: 't1', n: 50, listId: 'l0' });
  expect(other.outbox!.confirmedRow('todos', 't1')).toEqual({ id: 't1', n: 1, listId: 'l1' });
  expect(other.timestampOf('todos', 't9')).toEqual(stamp(4));
  await other.outbox!.discard(other.outbox!.transactions().map(({ id }) => id));
  expect(await other.fetchById('todos', 't1')).toEqual({ id: 't1', n: 1, listId: 'l1' });
});

test('a partial change of an entity that is not there leaves nothing but its stamp', async () => {
  const db = open();
  await db.outbox!.applyRemote({ todos: part([]) }, stamp(1));
  await db.outbox!.applyRemote({ todos: { sets: new Map([['t1', { n: 1 }]]), deletes: new Set() } }, stamp(2));
  expect(await db.fetch(db.query('todos'))).toEqual([]);
  expect(db.timestampOf('todos', 't1')).toEqual(stamp(2));
});
