/** What insert, update and delete make of what they are given, with a schema and without. */
import { describe, expect, test } from 'vitest';
import { DBSerializationError, EntityNotFoundError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import { DB } from './database.ts';

const collections = S.Collections({
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      rank: S.Number({ default: 3 }),
      due: S.Optional(S.Date()),
      note: S.String({ nullable: true }),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      sizes: S.Optional(S.Set(S.Number())),
      place: S.Optional(S.Record({ city: S.String({ default: 'Rome' }), floor: S.Optional(S.Number()) })),
      data: S.Optional(S.Json()),
      24: S.Optional(S.String()),
    }),
    relationships: { same: S.RelationById('todos', '$id') },
  },
  strict: { schema: S.Schema({ id: S.Id(), n: S.Number(), place: S.Record({ city: S.String() }) }) },
  v4: { schema: S.Schema({ id: S.Id({ format: 'uuidv4' }) }) },
  v7: { schema: S.Schema({ id: S.Id({ format: 'uuidv7' }) }) },
  bare: { schema: S.Schema({ id: S.String() }) },
});
const open = (): DB<any> => new DB<any>({ schema: { collections } } as never);
const least = { id: 't', text: 'a', note: null };
async function filled(extra: object = {}): Promise<DB<any>> {
  const db = open();
  await db.insert('todos', { ...least, ...extra });
  return db;
}
const read = (db: DB<any>) => db.fetchById('todos', 't');

describe('insert', () => {
  test('returns the entity as it is read: decoded, with defaults, without what the schema does not know', async () => {
    const db = open();
    const inserted = await db.insert('todos', {
      text: 'a',
      note: null,
      due: 5,
      tags: ['x'],
      sizes: { 1: true, 2: false },
      place: { nope: 1 },
      24: 'n',
      nope: 1,
    });
    expect(inserted).toEqual({
      id: expect.any(String),
      text: 'a',
      note: null,
      rank: 3,
      due: new Date(5),
      tags: new Set(['x']),
      sizes: new Set([1]),
      place: { city: 'Rome' },
      24: 'n',
    });
    expect(await db.fetchById('todos', inserted['id'])).toEqual(inserted);
  });

  test('leaves absent what is optional and has no default', async () => {
    expect(await (await filled({ due: undefined })).fetchById('todos', 't')).toStrictEqual({
      ...least,
      rank: 3,
      tags: new Set(),
    });
  });

  test('makes an id where there is none, whatever the schema says', async () => {
    const db = open();
    const lengths = [];
    for (const [name, document] of [
      ['bare', {}],
      ['bare', { id: '' }],
      ['todos', { ...least, id: undefined }],
      ['v4', {}],
      ['v7', {}],
    ] as const)
      lengths.push((await db.insert(name, document))['id'].length);
    for (const id of [undefined, '', null]) lengths.push((await new DB().insert('free', { id }))['id'].length);
    expect(lengths).toEqual([21, 21, 21, 36, 36, 21, 21, 21]);
  });

  test('never changes the document, which may be frozen, now or by later updates', async () => {
    for (const db of [open(), new DB<any>()]) {
      const document = Object.freeze({ ...least, data: Object.freeze({ list: Object.freeze([1]) }) });
      await db.insert('todos', document);
      await db.insert('todos', Object.freeze({ text: 'b', note: null }));
      await db.update('todos', 't', (todo: any) => void todo.data.list.push(2));
      expect(document.data).toEqual({ list: [1] });
      expect((await read(db))!['data']).toEqual({ list: [1, 2] });
    }
  });

  test('of an id that exists merges, asks for nothing that is required, and applies defaults again', async () => {
    const db = await filled({ rank: 9, place: { city: 'Bonn', floor: 1 }, tags: new Set(['x']) });
    await db.insert('todos', { id: 't', note: 'n', place: { floor: 2 } });
    expect(await read(db)).toEqual({
      id: 't',
      text: 'a',
      note: 'n',
      rank: 3,
      place: { city: 'Rome', floor: 2 },
      tags: new Set(['x']),
    });
    const free = new DB();
    await free.insert('free', { id: '1', a: 1, r: { x: 1 } });
    await free.insert('free', { id: '1', r: { y: 2 } });
    expect(await free.fetchById('free', '1')).toEqual({ id: '1', a: 1, r: { x: 1, y: 2 } });
  });

  test('without a schema keeps what JSON can hold: dates as text, sets by their members, nothing undefined', async () => {
    const db = new DB();
    await db.insert('free', {
      id: '1',
      at: new Date(0),
      set: new Set(['x', 1]),
      gone: undefined,
      r: { gone: undefined },
    });
    expect(await db.fetchById('free', '1')).toStrictEqual({
      id: '1',
      at: '1970-01-01T00:00:00.000Z',
      set: { x: true, 1: true },
      r: {},
    });
  });

  test.each<[string, object, RegExp]>([
    ['todos', { ...least, rank: '22' }, /'rank'.*Could not transform the data: 22 as type: number$/],
    [
      'todos',
      { ...least, place: { floor: 'x' } },
      /'place'.*'floor'.*Could not transform the data: x as type: number$/,
    ],
    ['todos', { ...least, tags: 123 }, /'tags'.*Could not transform the data: 123 as type: set<string>$/],
    ['todos', { ...least, tags: [null] }, /'tags'/],
    ['todos', { ...least, sizes: ['1'] }, /'sizes'/],
    ['todos', { ...least, due: 'no date' }, /'due'/],
    ['todos', { ...least, rank: null }, /'rank'/],
    [
      'strict',
      { place: { city: 'x' } },
      /Property n is invalid: Encoded value undefined is not valid for type number\.$/,
    ],
    ['strict', { n: 1 }, /Property place is invalid: Encoded value undefined is not valid for type record\.$/],
    [
      'strict',
      { n: 1, place: {} },
      /Property city is invalid: Encoded value undefined is not valid for type string\.$/,
    ],
  ])('into %s refuses %j', async (collection, document, message) => {
    const db = open();
    await expect(db.insert(collection, document)).rejects.toThrow(DBSerializationError);
    await expect(db.insert(collection, document)).rejects.toThrow(message);
    await expect(db.insert(collection, document)).rejects.toThrow(
      'There was an error serializing an input to an acceptable format. Could not transform the data: ',
    );
    expect(await db.count({ collectionName: collection })).toBe(0);
  });
});

describe('update', () => {
  test('by a patch merges records and sets, and replaces the rest', async () => {
    const db = await filled({ place: { city: 'Bonn', floor: 1 }, data: { a: 1, list: [1, 2] }, tags: ['x', 'y'] });
    await db.update('todos', 't', { place: { floor: 2 }, data: { list: [3] }, tags: new Set(['z']), due: '2020' });
    await db.update('todos', 't', { tags: { x: false } });
    expect(await read(db)).toMatchObject({
      place: { city: 'Bonn', floor: 2 },
      data: { a: 1, list: [3] },
      tags: new Set(['y', 'z']),
      due: new Date('2020'),
    });
  });

  test('by a function reads decoded values and its own writes, and may be async', async () => {
    const db = await filled({ due: 5, tags: ['x'] });
    await db.update('todos', 't', async (todo: any) => {
      expect([todo.due, todo.tags.has('x'), todo.note, todo.data]).toEqual([new Date(5), true, null, undefined]);
      await Promise.resolve();
      todo.data = { n: 1 };
      todo.data.n += 1;
      todo.rank = todo.data.n * 10;
    });
    expect(await read(db)).toMatchObject({ rank: 20, data: { n: 2 } });
  });

  test('by a function that throws or rejects changes nothing', async () => {
    const db = await filled();
    const fail = (): never => {
      throw new Error('no');
    };
    await expect(db.update('todos', 't', (todo: any) => ((todo.text = 'b'), fail()))).rejects.toThrow('no');
    await expect(db.update('todos', 't', async () => fail())).rejects.toThrow('no');
    expect((await read(db))!['text']).toBe('a');
  });

  test('to null or undefined of what is optional reads null; what is required stays', async () => {
    const db = await filled({ due: 5, place: { city: 'Bonn', floor: 1 } });
    await db.update('todos', 't', (todo: any) => {
      todo.due = undefined;
      delete todo.place.floor;
    });
    expect(await read(db)).toMatchObject({ due: null, place: { city: 'Bonn', floor: null } });
    for (const change of [
      { text: null },
      (todo: any) => void delete todo.text,
      (todo: any) => void delete todo.place.city,
    ])
      await expect(db.update('todos', 't', change)).rejects.toThrow(DBSerializationError);
    expect(await read(db)).toMatchObject({ text: 'a', place: { city: 'Bonn' } });
  });

  test.each<[string, unknown]>([
    ['an unknown attribute', { nope: 1 }],
    ['a relation', { same: 't' }],
    ['an unknown attribute of a record', { place: { nope: 1 } }],
    ['a record by a number', (todo: any) => void (todo.place = 123)],
    ['a set by a number', (todo: any) => void (todo.tags = 123)],
    ['an unknown attribute by a function', (todo: any) => void (todo.nope = 1)],
  ])('refuses %s', async (_what, change) => {
    const db = await filled();
    await expect(db.update('todos', 't', change as never)).rejects.toThrow(DBSerializationError);
  });

  test.each<[string, unknown]>([
    ['another', { id: 'u' }],
    ['the same', { id: 't' }],
    ['the same by a function', (todo: any) => void (todo.id = 't')],
    ['none', (todo: any) => void delete todo.id],
  ])('refuses an id: %s', async (_what, change) => {
    for (const db of [await filled(), new DB<any>()]) {
      if (db.schema === undefined) await db.insert('todos', { id: 't' });
      await expect(db.update('todos', 't', change as never)).rejects.toMatchObject({
        name: 'InvalidOperationError',
        status: 400,
        contextMessage: expect.stringContaining('Attempted to update the id of an entity in the todos to '),
      });
    }
  });

  test('takes an attribute called id further in', async () => {
    const db = await filled();
    await db.update('todos', 't', { data: { id: 7 } });
    expect((await read(db))!['data']).toEqual({ id: 7 });
  });

  test('of a missing entity: a function is told, a patch does nothing', async () => {
    const db = open();
    await expect(db.update('todos', 'missing', () => undefined)).rejects.toThrow(EntityNotFoundError);
    await expect(db.update('todos', 'missing', () => undefined)).rejects.toMatchObject({
      status: 404,
      message: 'Could not find entity with id missing in collection todos.',
    });
    await db.update('todos', 'missing', { text: 'x' });
    expect(await db.fetchById('todos', 'missing')).toBeNull();
  });
});

describe('delete', () => {
  test('removes the entity, and is no error where there is none', async () => {
    const db = await filled();
    await db.delete('todos', 't');
    await db.delete('todos', 't');
    expect(await read(db)).toBeNull();
  });
});
