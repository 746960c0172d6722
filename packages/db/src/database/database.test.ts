import { open } from 'lmdb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  EntityNotFoundError,
  InvalidCollectionNameError,
  InvalidInsertDocumentError,
  InvalidOperationError,
  TransactionAlreadyCanceledError,
  TransactionAlreadyCommittedError,
  WritePermissionError,
} from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { LmdbKVStore } from '../storage/lmdb.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String(), ownerId: S.String() }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']], order: [['rank', 'ASC']] }) },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      rank: S.Number({ default: 0 }),
      created: S.Date({ default: S.Default.now() }),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      listId: S.Optional(S.String()),
    }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});

const openDatabase = () => new DB({ schema: { collections } });

/** Step one and two of explicit delivery. */
async function deliver(db: { updateQueryViews(): Promise<void>; broadcastToQuerySubscribers(): void }): Promise<void> {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}

describe('reading and writing', () => {
  test('an inserted entity comes back decoded, with defaults and an id', async () => {
    const db = openDatabase();
    const inserted = await db.insert('todos', { text: 'write the law' });
    expect(inserted.id).toHaveLength(21);
    expect(inserted.created).toBeInstanceOf(Date);
    expect(inserted.tags).toEqual(new Set());
    expect(await db.fetchById('todos', inserted.id)).toEqual(inserted);
  });

  test('an update by function changes only what it touched; a patch merges', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 't', text: 'a', rank: 1, tags: new Set(['x']) });
    await db.update('todos', 't', (todo) => {
      todo.tags.add('y');
      todo.text = 'b';
    });
    await db.update('todos', 't', { tags: new Set(['z']) });
    expect(await db.fetchById('todos', 't')).toMatchObject({ text: 'b', rank: 1, tags: new Set(['x', 'y', 'z']) });
  });

  test('ids cannot change, missing entities and unknown collections are named', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 't', text: 'a' });
    await expect(db.update('todos', 't', { id: 'u' })).rejects.toThrow(InvalidOperationError);
    await expect(db.update('todos', 'nope', (todo) => void (todo.text = 'x'))).rejects.toThrow(EntityNotFoundError);
    await expect(db.insert('nope' as never, {} as never)).rejects.toThrow(InvalidCollectionNameError);
    await expect(db.fetch({ collectionName: 'nope' } as never)).rejects.toThrow(InvalidCollectionNameError);
  });

  test('every write and read wants a collection by its name, and every insert a document', async () => {
    for (const db of [openDatabase(), new DB()] as DB<any>[]) {
      for (const [name, context] of [
        [5, 'Collection name must be a string'],
        [['todos'], 'Collection name must be a string'],
        ['', 'Collection name must be defined'],
        [undefined, 'Collection name must be defined'],
      ] as [never, string][]) {
        const failure = { name: 'InvalidCollectionNameError', status: 400, contextMessage: context };
        await expect(db.insert(name, { id: '1' })).rejects.toMatchObject(failure);
        await expect(db.update(name, '1', {})).rejects.toMatchObject(failure);
        await expect(db.delete(name, '1')).rejects.toMatchObject(failure);
        await expect(db.fetch({ collectionName: name })).rejects.toThrow(InvalidCollectionNameError);
      }
      for (const document of [undefined, null, 'x', 5, []] as never[])
        await expect(db.insert('todos', document)).rejects.toThrow(InvalidInsertDocumentError);
    }
  });

  test('a variable that reaches beyond the outermost query is refused', async () => {
    const db = openDatabase();
    await db.insert('todos', { text: 'a' });
    const query = { collectionName: 'todos', where: [['text', '=', '$1.name']] } as const;
    await expect(db.fetch(query)).rejects.toThrow('Variable reference is out of bounds. Tried to find $1.name');
  });

  test('inclusions and filters follow relations', async () => {
    const db = openDatabase();
    await db.insert('lists', { id: 'l', name: 'home', ownerId: 'ada' });
    for (const [id, rank] of [
      ['t1', 2],
      ['t2', 1],
    ] as const)
      await db.insert('todos', { id, text: id, rank, listId: 'l' });
    await db.insert('todos', { id: 't3', text: 't3' });
    const [list] = await db.fetch(db.query('lists').Include('todos'));
    expect(list!.todos.map((todo) => todo.id)).toEqual(['t2', 't1']);
    const matching = await db.fetch(
      db.query('todos').Where('list.name', '=', 'home').Order('rank', 'DESC').Include('list'),
    );
    expect(matching.map((todo) => [todo.id, todo.list?.name])).toEqual([
      ['t1', 'home'],
      ['t2', 'home'],
    ]);
  });

  test('a caller cannot reach stored data through results or documents', async () => {
    const db = new DB();
    const document = Object.freeze({ id: 'a', nested: Object.freeze({ n: 1 }) });
    await db.insert('free', document);
    await db.update('free', 'a', { nested: { n: 2 } });
    expect(document.nested.n).toBe(1);
    const [entity] = await db.fetch({ collectionName: 'free' });
    entity!['nested'].n = 99;
    expect(await db.fetchById('free', 'a')).toEqual({ id: 'a', nested: { n: 2 } });
  });
});

describe('transactions', () => {
  test('read their own writes, in order, and commit as one', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 'b', text: 'b' });
    const commits = vi.fn<() => void>();
    db.onCommit(commits);
    const seen = await db.transact(async (tx) => {
      await tx.insert('todos', { id: 'a', text: 'a', rank: 5 });
      await tx.update('todos', 'b', { rank: 9 });
      return (await tx.fetch(db.query('todos').Order('rank', 'DESC'))).map((todo) => todo.id);
    });
    expect(seen).toEqual(['b', 'a']);
    expect(commits).toHaveBeenCalledTimes(1);
  });

  test('roll back whole when the callback throws, and are of no use afterwards', async () => {
    const db = openDatabase();
    let kept: { insert: (collection: 'todos', document: { text: string }) => Promise<unknown> } | undefined;
    await expect(
      db.transact(async (tx) => {
        kept = tx;
        await tx.insert('todos', { id: 'a', text: 'a' });
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await db.fetch(db.query('todos'))).toEqual([]);
    await expect(kept!.insert('todos', { text: 'late' })).rejects.toThrow(TransactionAlreadyCanceledError);
    await db.transact(async (tx) => void (kept = tx));
    await expect(kept!.insert('todos', { text: 'late' })).rejects.toThrow(TransactionAlreadyCommittedError);
  });

  test('delete takes back an insert, replaces on re-insert', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 'old', text: 'stays', rank: 7 });
    await db.transact(async (tx) => {
      await tx.insert('todos', { id: 'old', text: 'gone' });
      await tx.delete('todos', 'old');
    });
    expect(await db.fetchById('todos', 'old')).toMatchObject({ text: 'stays', rank: 7 });
    await db.transact(async (tx) => {
      await tx.delete('todos', 'old');
      await tx.insert('todos', { id: 'old', text: 'new' });
    });
    expect(await db.fetchById('todos', 'old')).toMatchObject({ text: 'new', rank: 0 });
  });
});

describe('live queries', () => {
  test('deliver the first result and then exactly the changes that matter', async () => {
    const db = openDatabase();
    const results = vi.fn<(todos: { id: string }[], key?: string) => void>();
    const stop = db.subscribe(db.query('todos').Where('rank', '>', 1).Order('rank', 'ASC').Limit(2), results);
    await deliver(db);
    expect(results).toHaveBeenLastCalledWith([], undefined);
    await db.insert('todos', { id: 'a', text: 'a', rank: 5 });
    await db.insert('todos', { id: 'b', text: 'b', rank: 3 });
    await deliver(db);
    expect(results).toHaveBeenCalledTimes(2);
    expect(results.mock.lastCall![0].map((todo) => todo.id)).toEqual(['b', 'a']);
    await db.insert('todos', { id: 'c', text: 'c', rank: 1 });
    await deliver(db);
    expect(results).toHaveBeenCalledTimes(2);
    stop();
    await db.update('todos', 'a', { rank: 2 });
    await deliver(db);
    expect(results).toHaveBeenCalledTimes(2);
  });

  test('deliver by themselves when nobody drives', async () => {
    const db = openDatabase();
    const results = await new Promise((resolve) => void db.subscribe(db.query('todos'), resolve));
    expect(results).toEqual([]);
  });

  test('a subscriber that throws hears of it and leaves the others alone', async () => {
    const db = openDatabase();
    const errors = vi.fn<(error: Error) => void>();
    const other = vi.fn<() => void>();
    db.subscribe(
      db.query('todos'),
      () => {
        throw new Error('mine');
      },
      errors,
    );
    db.subscribe(db.query('todos'), other);
    await deliver(db);
    expect(errors).toHaveBeenCalledTimes(1);
    expect(other).toHaveBeenCalledTimes(1);
  });

  test('a subscriber may sort what it gets without touching what others get', async () => {
    const db = openDatabase();
    for (const id of ['a', 'b']) await db.insert('todos', { id, text: id });
    let second: string[] = [];
    db.subscribe(db.query('todos'), (todos) => void todos.reverse());
    db.subscribe(db.query('todos'), (todos) => void (second = todos.map((todo) => todo.id)));
    await deliver(db);
    expect(second).toEqual(['a', 'b']);
  });

  test('unchanged rows keep their identity', async () => {
    const db = openDatabase();
    await db.insert('todos', { id: 'a', text: 'a' });
    await db.insert('todos', { id: 'b', text: 'b' });
    const results: unknown[][] = [];
    db.subscribe(db.query('todos'), (todos) => void results.push(todos));
    await deliver(db);
    await db.update('todos', 'b', { text: 'changed' });
    await deliver(db);
    expect(results[1]![0]).toBe(results[0]![0]);
    expect(results[1]![1]).not.toBe(results[0]![1]);
  });
});

describe('permissions', () => {
  const secured = S.Collections({
    notes: {
      schema: S.Schema({ id: S.Id(), text: S.String(), ownerId: S.String(), public: S.Boolean({ default: false }) }),
      permissions: {
        user: {
          read: {
            filter: [
              {
                mod: 'or',
                filters: [
                  ['ownerId', '=', '$role.userId'],
                  ['public', '=', true],
                ],
              },
            ],
          },
          insert: { filter: [['ownerId', '=', '$role.userId']] },
          update: { filter: [['ownerId', '=', '$role.userId']] },
          postUpdate: { filter: [['ownerId', '=', '$prev.ownerId']] },
          delete: { filter: [['ownerId', '=', '$role.userId']] },
        },
      },
    },
  });
  const open = () => new DB({ schema: { collections: secured, roles: { user: { match: { sub: '$userId' } } } } });

  test('each session sees and writes exactly what its roles allow', async () => {
    const db = open();
    const ada = db.withSessionVars({ sub: 'ada' });
    const bob = db.withSessionVars({ sub: 'bob' });
    await ada.insert('notes', { id: 'private', text: 'x', ownerId: 'ada' });
    await ada.insert('notes', { id: 'shared', text: 'y', ownerId: 'ada', public: true });
    expect((await bob.fetch(bob.query('notes'))).map((note) => note.id)).toEqual(['shared']);
    expect(await db.fetch(db.query('notes'))).toEqual([]);
    await expect(bob.insert('notes', { text: 'z', ownerId: 'ada' })).rejects.toThrow(WritePermissionError);
    await expect(bob.update('notes', 'shared', { text: 'mine' })).rejects.toThrow(WritePermissionError);
    await expect(bob.delete('notes', 'shared')).rejects.toThrow(WritePermissionError);
    await expect(ada.update('notes', 'shared', { ownerId: 'bob' })).rejects.toThrow(WritePermissionError);
    await expect(bob.delete('notes', 'not there')).resolves.toBeUndefined();
    await ada.update('notes', 'shared', { public: false });
    expect(await bob.fetch(bob.query('notes'))).toEqual([]);
  });

  test('a live query follows rows in and out of what its session may read', async () => {
    const db = open();
    const bob = db.withSessionVars({ sub: 'bob' });
    const seen: string[][] = [];
    bob.subscribe(bob.query('notes'), (notes) => void seen.push(notes.map((note) => note.id)));
    await deliver(db);
    await db.insert('notes', { id: 'n', text: 'x', ownerId: 'ada', public: true }, { skipRules: true });
    await deliver(db);
    await db.update('notes', 'n', { public: false }, { skipRules: true });
    await deliver(db);
    expect(seen).toEqual([[], ['n'], []]);
  });

  test('the schema itself cannot be written as data', async () => {
    const db = open();
    const changes = {
      _metadata: { sets: new Map([['_schema', { id: '_schema', collections: {} }]]), deletes: new Set<string>() },
    };
    expect(() => db.withSessionVars({ sub: 'eve' }).commitChanges(changes)).toThrow(InvalidOperationError);
  });
});

describe('a durable database', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  test('keeps rows, indexes, schema, metadata and its clock over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'triplit-'));
    folders.push(folder);
    const path = join(folder, 'app.db');
    const start = () =>
      createDB({ kv: new LmdbKVStore(open({ path }) as never), schema: { collections }, persistClock: true });
    const first = await start();
    for (let index = 0; index < 100; index++)
      await first.db.insert('todos', { id: `t${index}`, text: 'x', rank: index });
    await first.db.setMetadata(['a', 'b'], { n: 1 });
    expect((await first.db.fetch(first.db.query('todos').Where('rank', '>=', 98))).length).toBe(2);
    const last = first.db.clock.next();
    await first.db.close();
    const second = await start();
    expect(second.event.type).toBe('SUCCESS');
    await second.db.insert('todos', { id: 'new', text: 'x', rank: 1000 });
    const top = await second.db.fetch(second.db.query('todos').Order('rank', 'DESC').Limit(2));
    expect(top.map((todo) => todo.id)).toEqual(['new', 't99']);
    expect(await second.db.getMetadata(['a', 'b'])).toEqual({ n: 1 });
    expect(second.db.clock.next()[0]).toBeGreaterThanOrEqual(last[0]);
    await second.db.close();
  });

  test('an incompatible schema is refused when data contradicts it, and the old one stays', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB({ kv, schema: { collections } });
    await db.insert('todos', { text: 'x' });
    const changed = S.Collections({ ...collections, todos: { schema: S.Schema({ id: S.Id(), text: S.Number() }) } });
    const reopened = await createDB({ kv, schema: { collections: changed } });
    expect(reopened.event).toMatchObject({ type: 'SCHEMA_UPDATE_FAILED', change: { code: 'EXISTING_DATA_MISMATCH' } });
    expect(reopened.db.schema!.collections['todos']!.schema.properties['text']!.type).toBe('string');
  });

  test('a default that was given as a Set is the same after reopening', async () => {
    const kv = new BTreeKVStore();
    const tags = { ...S.Set(S.String()), config: { default: new Set(['new']) } };
    await createDB({ kv, schema: { collections: { notes: { schema: S.Schema({ id: S.Id(), tags }) } } } });
    const { db } = await createDB({ kv });
    expect(await db.insert('notes', { id: 'n' })).toEqual({ id: 'n', tags: new Set(['new']) });
  });

  test('clear empties data and live queries and keeps the schema; full drops it', async () => {
    const { db } = await createDB({ schema: { collections } });
    await db.insert('todos', { text: 'x' });
    const seen: number[] = [];
    db.subscribe(db.query('todos'), (todos) => void seen.push(todos.length));
    await deliver(db);
    await db.clear();
    await deliver(db);
    expect(seen).toEqual([1, 0]);
    expect(db.schema).toBeDefined();
    await db.clear({ full: true });
    expect(db.schema).toBeUndefined();
  });
});
