/** Methods below the documented ones that programs of Triplit 1.x call. */
import { describe, expect, test, vi } from 'vitest';
import type { DBChanges } from '../changes/types.ts';
import { Schema as S } from '../schema/builder.ts';
import { DBSession } from '../permissions/session.ts';
import { createSession } from './create-session.ts';
import { DB } from './database.ts';
import { EntityStoreWithOutbox, ServerEntityStore } from './entity-stores.ts';
import { diffChanges, queryResultsToChanges } from './view-changes.ts';
import { flattenViewEntity } from './view-entity.ts';

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String(), listId: S.String(), due: S.Optional(S.Date()) }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});

async function filled(): Promise<DB<typeof collections>> {
  const db = new DB({ schema: { collections } });
  await db.insert('lists', { id: 'l', name: 'Home' });
  await db.insert('todos', { id: 't', text: 'Water', listId: 'l', due: new Date(0) });
  return db;
}
async function deliver(db: DB<typeof collections>): Promise<void> {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}
const due = '1970-01-01T00:00:00.000Z';

test('rawFetch gives encoded rows, unprojected, with those of inclusions', async () => {
  const db = await filled();
  const prepared = db.prepare({ collectionName: 'todos', select: ['id'], include: { list: null } });
  const raw = await db.rawFetch(prepared);
  expect(raw).toEqual([
    {
      data: { id: 't', text: 'Water', listId: 'l', due },
      subqueries: { list: { data: { id: 'l', name: 'Home' }, subqueries: {} } },
    },
  ]);
  expect(flattenViewEntity(raw[0]!)).toEqual({
    id: 't',
    text: 'Water',
    listId: 'l',
    due,
    list: { id: 'l', name: 'Home' },
  });
});

test('subscribeRaw follows the same', async () => {
  const db = await filled();
  const results = vi.fn();
  const stop = db.subscribeRaw(db.prepare({ collectionName: 'todos' }), results);
  await deliver(db);
  await db.update('todos', 't', { text: 'Feed' });
  await deliver(db);
  stop();
  await db.update('todos', 't', { text: 'Prune' });
  await deliver(db);
  expect(results.mock.calls.map(([[entity]]) => (entity as { data: { text: string } }).data.text)).toEqual([
    'Water',
    'Feed',
  ]);
});

test('fetchChanges gives every entity in the result and its inclusions, as full sets', async () => {
  const db = await filled();
  expect(await db.fetchChanges(db.query('todos').Include('list'))).toEqual({
    todos: { sets: new Map([['t', { id: 't', text: 'Water', listId: 'l', due }]]), deletes: new Set() },
    lists: { sets: new Map([['l', { id: 'l', name: 'Home' }]]), deletes: new Set() },
  });
});

test('subscribeWithChanges works like subscribe', async () => {
  const db = await filled();
  const updates = vi.fn();
  db.subscribeWithChanges(db.query('lists'), updates);
  await deliver(db);
  expect(updates).toHaveBeenCalledExactlyOnceWith(
    { results: [{ id: 'l', name: 'Home' }], changes: undefined },
    undefined,
  );
});

test('subscribeChanges tells what entered, changed and left', async () => {
  const db = await filled();
  const seen: DBChanges[] = [];
  db.subscribeChanges(db.query('todos'), (changes) => void seen.push(changes));
  await deliver(db);
  await db.update('todos', 't', { text: 'Feed' });
  await deliver(db);
  await db.delete('todos', 't');
  await deliver(db);
  expect(seen.map(({ todos }) => [[...todos!.sets.keys()], [...todos!.deletes]])).toEqual([
    [['t'], []],
    [['t'], []],
    [[], ['t']],
  ]);
});

describe('change sets of results', () => {
  const row = (id: string, text = ''): Record<string, unknown> => ({ id, text });
  const changes = (rows: Record<string, unknown>[]): DBChanges => ({
    todos: { sets: new Map(rows.map((each) => [each['id'] as string, each])), deletes: new Set() },
  });

  test('hold roots and inclusions', async () => {
    const db = await filled();
    const prepared = db.prepare({ collectionName: 'lists', include: { todos: true } });
    expect(queryResultsToChanges(await db.rawFetch(prepared), prepared)).toEqual(
      await db.fetchChanges(prepared as never),
    );
  });

  test('differ by new and other sets, and by deletes of what is gone', () => {
    const diff = diffChanges(
      changes([row('same'), row('other', 'a'), row('gone')]),
      changes([row('same'), row('other', 'b'), row('new')]),
    );
    expect([...diff['todos']!.sets.keys()]).toEqual(['other', 'new']);
    expect([...diff['todos']!.deletes]).toEqual(['gone']);
  });

  test('a collection that is absent afterwards yields deletes', () => {
    expect(diffChanges(changes([row('a')]), {})).toEqual({ todos: { sets: new Map(), deletes: new Set(['a']) } });
  });
});

test('createSession gives a handle with a session', () => {
  const db = new DB({ schema: { collections, roles: { user: { match: { sub: '$id' } } } } });
  const handle = createSession(db, { sub: 'me' });
  expect(handle).toBeInstanceOf(DB);
  expect(handle.session).toBeInstanceOf(DBSession);
  expect(handle.session!.roles).toEqual([{ key: 'user', roleVars: { id: 'me' } }]);
});

test('a session knows its handle, its variables and its roles', async () => {
  const db = new DB({ schema: { collections, roles: { user: { match: { sub: '$id' } } } } });
  const handle = db.withSessionVars({ sub: 'me' });
  expect(handle.session!.db).toBe(handle);
  expect(handle.session!.vars).toEqual({ sub: 'me' });
  expect(Object.isFrozen(handle.session!.vars)).toBe(true);
  expect(handle.session!.roles).toEqual([{ key: 'user', roleVars: { id: 'me' } }]);
  expect(db.session).toBeUndefined();
});

describe('entity stores by the names of version 1', () => {
  test('EntityStoreWithOutbox keeps local writes pending', async () => {
    const db = new DB({ schema: { collections }, entityStore: new EntityStoreWithOutbox() });
    expect(await db.entityStore.doubleBuffer.isEmpty()).toBe(true);
    await db.insert('lists', { id: 'l', name: 'Home' });
    expect(db.outbox!.size).toBe(1);
    expect(await db.entityStore.doubleBuffer.getChanges()).toEqual({
      lists: { sets: new Map([['l', { id: 'l', name: 'Home' }]]), deletes: new Set() },
    });
    expect(await db.entityStore.doubleBuffer.getChangesForEntity(db.kv, 'lists', 'l')).toMatchObject({ delete: false });
  });

  test('ServerEntityStore stamps every commit', async () => {
    const db = new DB({ schema: { collections }, clientId: 'server', entityStore: new ServerEntityStore() });
    await db.insert('lists', { id: 'l', name: 'Home' });
    const stamp = await db.entityStore.metadataStore.getTimestampForEntity(db.kv, 'lists', 'l');
    expect(stamp?.[2]).toBe('server');
    expect(await db.entityStore.getEntity(db.kv, 'lists', 'l')).toEqual({ id: 'l', name: 'Home' });
    for await (const row of db.entityStore.getEntitiesInCollection(db.kv, 'lists')) expect(row['id']).toBe('l');
  });
});
