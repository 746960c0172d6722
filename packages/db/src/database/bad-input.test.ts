/** What callers without a type checker may pass. Each is refused with an error that says what was wrong, or has a meaning. */
import { describe, expect, test, vi } from 'vitest';
import { Schema as S } from '../schema/builder.ts';
import { DB } from './database.ts';
import { EntityStoreWithOutbox } from './entity-stores.ts';

const collections = S.Collections({
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String({ default: '' }), rank: S.Optional(S.Number()) }),
    relationships: { same: S.RelationById('todos', '$id') },
  },
});
const modes = { 'with a schema': { schema: { collections } }, 'without a schema': {} };
const refusal = (name: string, message: string) => ({ name, message: expect.stringContaining(message) });

describe.each(Object.entries(modes))('%s', (_mode, options) => {
  const filled = async (): Promise<DB<any>> => {
    const db = new DB<any>(options as never);
    for (const [index, id] of ['a', 'b', 'c'].entries()) await db.insert('todos', { id, rank: index });
    return db;
  };

  test.each([[undefined], [null], ['todos'], [5]])('%j is no query', async (query) => {
    const db = await filled();
    const refused = refusal('InvalidCollectionNameError', 'is not a valid collection name');
    await expect(db.fetch(query as never)).rejects.toMatchObject(refused);
    await expect(db.fetchOne(query as never)).rejects.toMatchObject(refused);
    await expect(db.count(query as never)).rejects.toMatchObject(refused);
    await expect(db.transact((tx) => tx.fetch(query as never))).rejects.toMatchObject(refused);
    expect(() => db.subscribe(query as never, vi.fn())).toThrow(expect.objectContaining(refused));
  });

  test.each([[undefined], [null], [5]])('%j is no id to write to, and leaves nothing in an outbox', async (id) => {
    for (const db of [await filled(), new DB<any>({ ...options, entityStore: new EntityStoreWithOutbox() } as never)]) {
      const before = await db.fetch({ collectionName: 'todos' });
      const refused = refusal('InvalidOperationError', `needs the id of an entity, which is a string, but got ${id}`);
      await expect(db.update('todos', id as never, { rank: 9 })).rejects.toMatchObject(refused);
      await expect(db.update('todos', id as never, () => undefined)).rejects.toMatchObject(refused);
      await expect(db.delete('todos', id as never)).rejects.toMatchObject(refused);
      expect(await db.fetch({ collectionName: 'todos' })).toEqual(before);
      expect(db.outbox?.size ?? 0).toBe(0);
    }
  });

  test.each([[undefined], [''], [null], [5], [{ name: 'todos' }]])('%j is no collection to write to', async (name) => {
    const db = await filled();
    const refused = { name: 'InvalidCollectionNameError', status: 400 };
    await expect(db.insert(name as never, {})).rejects.toMatchObject(refused);
    await expect(db.update(name as never, 'a', {})).rejects.toMatchObject(refused);
    await expect(db.delete(name as never, 'a')).rejects.toMatchObject(refused);
  });

  test.each<[unknown, string]>([
    [undefined, 'The document being inserted is undefined'],
    [null, 'The document being inserted is undefined'],
    [5, 'The document being inserted must be an object.'],
    ['text', 'The document being inserted must be an object.'],
    [[{}], 'The document being inserted must be an object.'],
    [new Date(0), 'The document being inserted must be an object.'],
    [new Set(['a']), 'The document being inserted must be an object.'],
    [new Map(), 'The document being inserted must be an object.'],
  ])('%s is no document', async (document, context) => {
    const db = await filled();
    await expect(db.insert('todos', document as never)).rejects.toMatchObject({
      name: 'InvalidInsertDocumentError',
      status: 400,
      contextMessage: context,
    });
    expect(await db.count({ collectionName: 'todos' })).toBe(3);
  });

  test.each([[undefined], [null], [5], ['text'], [[1]], [new Date(0)], [new Set(['x'])], [new Map()]])(
    '%s is no change',
    async (change) => {
      const db = await filled();
      await expect(db.update('todos', 'a', change as never)).rejects.toMatchObject(
        refusal('InvalidOperationError', "An update of 'todos' needs an object of changes or a function"),
      );
      expect(await db.fetchById('todos', 'a')).toMatchObject({ id: 'a', rank: 0 });
    },
  );

  test('transact and subscribe need functions', async () => {
    const db = await filled();
    await expect(db.transact(undefined as never)).rejects.toMatchObject(
      refusal('InvalidOperationError', 'transact needs a function'),
    );
    expect(() => db.subscribe({ collectionName: 'todos' }, undefined as never)).toThrow('subscribe needs a function');
  });

  test('a limit with a fraction is the whole number below, in reads and live', async () => {
    const db = await filled();
    for (const [limit, ids] of [
      [2.9, ['a', 'b']],
      [0.5, []],
      [Infinity, ['a', 'b', 'c']],
    ] as const) {
      const query = { collectionName: 'todos', limit };
      const live = vi.fn();
      db.subscribe(query as never, live);
      const ordered = await db.fetch({ ...query, order: [['id', 'ASC']] } as never);
      expect(ordered.map((row: any) => row.id)).toEqual(ids);
      expect(await db.fetch(query as never)).toEqual(ordered);
      await db.updateQueryViews();
      db.broadcastToQuerySubscribers();
      expect(live.mock.lastCall![0]).toEqual(ordered);
    }
  });

  test('a hole in a list of filters or orders is no filter and no order', async () => {
    const db = await filled();
    // oxlint-disable-next-line no-sparse-arrays -- what is tested
    const where = [, ['id', '=', 'a']];
    await expect(db.fetch({ collectionName: 'todos', where } as never)).rejects.toMatchObject(
      refusal('InvalidFilterError', 'undefined is not a filter'),
    );
    await expect(
      db.fetch({ collectionName: 'todos', where: [{ mod: 'or', filters: where }] } as never),
    ).rejects.toMatchObject(refusal('InvalidFilterError', 'undefined is not a filter'));
    // oxlint-disable-next-line no-sparse-arrays -- what is tested
    await expect(db.fetch({ collectionName: 'todos', order: [, ['id', 'ASC']] } as never)).rejects.toMatchObject(
      refusal('InvalidOrderClauseError', 'undefined is not an order clause'),
    );
  });
});

test('metadata is kept as JSON, and nobody holds what is stored', async () => {
  const db = new DB();
  const value = { list: [1], at: new Date(0) };
  await db.setMetadata(['k'], value);
  value.list.push(2);
  const read = await db.getMetadata(['k']);
  expect(read).toEqual({ list: [1], at: '1970-01-01T00:00:00.000Z' });
  read.list.push(3);
  expect(await db.getMetadata(['k'])).toMatchObject({ list: [1] });
  await expect(db.setMetadata(['k'], () => 1)).rejects.toMatchObject({ name: 'DBSerializationError' });
  await db.setMetadata(['k'], undefined);
  expect(await db.getMetadata(['k'])).toBeUndefined();
  await db.setMetadata(['k'], null);
  expect(await db.getMetadata(['k'])).toBeNull();
});

test('lists of a hundred thousand values and groups of ten thousand filters are only long', async () => {
  const db = new DB({ schema: { collections } });
  for (const id of ['a', 'b']) await db.insert('todos', { id, text: id });
  const many = Array.from({ length: 100_000 }, (_, index) => `n${index}`);
  const ids = async (...where: unknown[]) =>
    (await db.fetch({ collectionName: 'todos', where } as never)).map((row: any) => row.id);
  expect(await ids(['text', 'in', [...many, 'a']])).toEqual(['a']);
  expect(await ids(['id', 'in', [...many, 'b', 'b']])).toEqual(['b']);
  expect(await ids(['text', 'nin', many], ['text', 'nin', ['a']])).toEqual(['b']);
  const filters = many.slice(0, 10_000).map((text) => ['text', '=', text]);
  expect(await ids({ mod: 'or', filters: [...filters, ['text', '=', 'b']] })).toEqual(['b']);
});
