/** What a transaction sees of its own writes, what becomes of them, and what can be done with it afterwards. */
import { describe, expect, test } from 'vitest';
import {
  EntityNotFoundError,
  TransactionAlreadyCanceledError,
  TransactionAlreadyCommittedError,
} from '../base/errors.ts';
import { DB } from '../database/database.ts';
import { Schema as S } from '../schema/builder.ts';
import type { DBTransaction } from './transaction.ts';

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String(), rank: S.Number({ default: 0 }), listId: S.Optional(S.String()) }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});
async function filled(): Promise<DB<typeof collections>> {
  const db = new DB({ schema: { collections } });
  await db.insert('lists', { id: 'home', name: 'Home' });
  await db.insert('todos', { id: 'm', text: 'old', listId: 'home' });
  return db;
}
type Tx = DBTransaction<typeof collections>;
const stored = async (db: DB<typeof collections>, id: string) => db.fetchById('todos', id);

describe('a transaction', () => {
  test('resolves to what its callback returns, a plain value or any kind of promise', async () => {
    const db = await filled();
    expect(await db.transact(async () => 42)).toBe(42);
    expect(await db.transact(async () => undefined)).toBeUndefined();
    expect(await db.transact(() => 'now')).toBe('now');
    // Such as those of another realm or of zone.js, which are no instances of Promise.
    const thenable = (tx: Tx) => {
      const written = new Promise((resolve) => setTimeout(resolve, 1)).then(async () =>
        tx.insert('todos', { id: 'z', text: 'z' }),
      );
      return { then: written.then.bind(written) } as unknown as Promise<unknown>;
    };
    expect(await db.transact(thenable)).toMatchObject({ id: 'z' });
    expect(await stored(db, 'z')).not.toBeNull();
  });

  test('reads its own writes in filters, inclusions, relations and order; nobody else does', async () => {
    const db = await filled();
    await db.transact(async (tx) => {
      await tx.insert('lists', { id: 'work', name: 'Work' });
      await tx.insert('todos', { id: 'z', text: 'z', rank: 9, listId: 'work' });
      await tx.insert('todos', { id: 'b', text: 'b', listId: 'work' });
      await tx.update('todos', 'm', { rank: 5, listId: 'work' });
      const ids = async (query: { collectionName: 'todos' }) => (await tx.fetch(query)).map(({ id }) => id);
      expect(await ids(db.query('todos')), 'without order').toEqual(['b', 'm', 'z']);
      expect(await ids(db.query('todos').Where('list.name', '=', 'Work').Order('rank', 'DESC'))).toEqual([
        'z',
        'm',
        'b',
      ]);
      expect(await ids(db.query('todos').Where('rank', '>', 4).Order('list.name', 'ASC'))).toEqual(['m', 'z']);
      const [work] = await tx.fetch(db.query('lists').Id('work').Include('todos'));
      expect(work!.todos.map(({ id }) => id)).toEqual(['b', 'm', 'z']);
      expect(await tx.fetchOne(db.query('todos').Order('id', 'DESC'))).toMatchObject({ id: 'z' });
      expect(await tx.fetchById('todos', 'm')).toMatchObject({ rank: 5 });
      expect(await stored(db, 'm'), 'outside').toMatchObject({ rank: 0 });
      expect(await db.count(db.query('todos'))).toBe(1);
    });
    expect(await db.count(db.query('todos'))).toBe(3);
  });

  test('shows its pending writes, encoded', async () => {
    const db = await filled();
    await db.transact(async (tx) => {
      await tx.insert('todos', { id: 'a', text: 'a' });
      await tx.update('todos', 'm', { text: 'new' });
      await tx.delete('lists', 'home');
      expect(tx.changes).toEqual({
        todos: {
          sets: new Map([
            ['a', { id: 'a', text: 'a', rank: 0 }],
            ['m', { text: 'new' }],
          ]),
          deletes: new Set(),
        },
        lists: { sets: new Map(), deletes: new Set(['home']) },
      });
    });
  });

  test.each<[string, (tx: Tx) => Promise<unknown>, unknown]>([
    [
      'the second of two inserts of an id wins whole',
      async (tx) => {
        await tx.insert('todos', { id: 'x', text: 'a', listId: 'home' });
        await tx.insert('todos', { id: 'x', text: 'b' });
      },
      { x: { id: 'x', text: 'b', rank: 0 } },
    ],
    [
      'an update of an insert adds to it',
      async (tx) => {
        await tx.insert('todos', { id: 'x', text: 'a' });
        await tx.update('todos', 'x', { rank: 1 });
        await tx.update('todos', 'x', (todo) => void (todo.rank += 1));
      },
      { x: { id: 'x', text: 'a', rank: 2 } },
    ],
    [
      'a delete of an insert cancels it',
      async (tx) => {
        await tx.insert('todos', { id: 'x', text: 'a' });
        await tx.delete('todos', 'x');
      },
      { x: null },
    ],
    [
      'a delete of an insert leaves the entity that was there before',
      async (tx) => {
        await tx.insert('todos', { id: 'm', text: 'new' });
        await tx.delete('todos', 'm');
      },
      { m: { id: 'm', text: 'old', rank: 0, listId: 'home' } },
    ],
    [
      'a delete after an update deletes',
      async (tx) => {
        await tx.update('todos', 'm', { text: 'new' });
        await tx.delete('todos', 'm');
      },
      { m: null },
    ],
    [
      'an insert after a delete replaces',
      async (tx) => {
        await tx.delete('todos', 'm');
        await tx.insert('todos', { id: 'm', text: 'new' });
      },
      { m: { id: 'm', text: 'new', rank: 0 } },
    ],
    [
      'a delete of an insert after a delete stays a delete',
      async (tx) => {
        await tx.delete('todos', 'm');
        await tx.insert('todos', { id: 'm', text: 'new' });
        await tx.delete('todos', 'm');
      },
      { m: null },
    ],
    [
      'a patch after a delete does nothing',
      async (tx) => {
        await tx.delete('todos', 'm');
        await tx.update('todos', 'm', { text: 'new' });
      },
      { m: null },
    ],
  ])('%s', async (_rule, write, expected) => {
    const db = await filled();
    for (const [id, entity] of Object.entries(expected as object)) {
      await db.transact(async (tx) => {
        await write(tx);
        expect(await tx.fetchById('todos', id), 'inside').toEqual(entity);
      });
      expect(await stored(db, id), 'after').toEqual(entity);
    }
  });

  test('does not find for an update what it has deleted', async () => {
    const db = await filled();
    const writing = db.transact(async (tx) => {
      await tx.delete('todos', 'm');
      await tx.update('todos', 'm', (todo) => void (todo.text = 'x'));
    });
    await expect(writing).rejects.toThrow(EntityNotFoundError);
    expect(await stored(db, 'm')).toMatchObject({ text: 'old' });
  });

  test('rejects with the very error of its callback, and leaves nothing', async () => {
    const db = await filled();
    const error = { not: 'an Error' };
    const failing = db.transact(async (tx) => {
      await tx.insert('todos', { id: 'x', text: 'x' });
      await tx.delete('todos', 'm');
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect((await db.fetch(db.query('todos'))).map(({ id }) => id)).toEqual(['m']);
  });

  test('is committed whole or not at all when one write does not fit the schema', async () => {
    const db = await filled();
    const failing = db.transact(async (tx) => {
      await tx.insert('lists', { id: 'work', name: 'Work' });
      await tx.insert('todos', { id: 'x' } as never);
    });
    await expect(failing).rejects.toMatchObject({ name: 'DBSerializationError' });
    expect(await db.fetchById('lists', 'work')).toBeNull();
  });

  test('inside another is independent of it, as is every write past it', async () => {
    const db = await filled();
    const outer = db.transact(async (tx) => {
      await tx.insert('todos', { id: 'outer', text: '' });
      await db.insert('todos', { id: 'past', text: '' });
      await db.transact(async (inner) => void (await inner.insert('todos', { id: 'inner', text: '' })));
      throw new Error('no');
    });
    await expect(outer).rejects.toThrow('no');
    expect((await db.fetch(db.query('todos'))).map(({ id }) => id)).toEqual(['inner', 'm', 'past']);
  });
});

describe('afterwards', () => {
  const writes = (tx: Tx): (() => Promise<unknown>)[] => [
    async () => tx.insert('todos', { text: 'late' }),
    async () => tx.update('todos', 'm', { text: 'late' }),
    async () => tx.update('todos', 'm', (todo) => void (todo.text = 'late')),
    async () => tx.delete('todos', 'm'),
  ];

  test('a committed transaction refuses writes, also those begun before', async () => {
    const db = await filled();
    let begun: Promise<unknown> | undefined;
    const tx = await db.transact(async (open) => {
      begun = open.update('todos', 'm', async (todo) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        todo.text = 'late';
      });
      begun.catch(() => undefined);
      return open;
    });
    expect(tx.status).toBe('committed');
    for (const write of writes(tx)) await expect(write()).rejects.toThrow(TransactionAlreadyCommittedError);
    await expect(begun).rejects.toThrow('This transaction has already been committed.');
    expect(await stored(db, 'm')).toMatchObject({ text: 'old' });
  });

  test('it is committed even if a listener of its commit threw', async () => {
    const db = await filled();
    let tx: Tx | undefined;
    db.onCommit(() => {
      throw new Error('mine');
    });
    await expect(db.transact(async (open) => void (tx = open))).rejects.toThrow('mine');
    expect(tx!.status).toBe('committed');
  });

  test('a rolled back transaction refuses writes', async () => {
    const db = await filled();
    let tx: Tx | undefined;
    await db
      .transact(async (open) => {
        tx = open;
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(tx!.status).toBe('cancelled');
    for (const write of writes(tx!)) await expect(write()).rejects.toThrow(TransactionAlreadyCanceledError);
    await expect(writes(tx!)[0]!()).rejects.toThrow('This transaction has already been canceled.');
  });
});
