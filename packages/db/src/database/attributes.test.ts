/** What an application may write to an attribute of each type, and what it reads afterwards. */
import { describe, expect, test } from 'vitest';
import { DBSerializationError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import type { DataType } from '../schema/data-type.ts';
import { DB } from './database.ts';

const iso = '2020-01-01T00:00:00.000Z';
const day = new Date(iso);

type Entity = Record<string, any>;
type Update = Entity | ((entity: Entity) => void);

/** A database whose entities have the attribute `a` of that type, and the entity `1` if a value is given. */
async function withAttribute(type: DataType, ...value: unknown[]): Promise<DB<any>> {
  const db = new DB<any>({ schema: { collections: { things: { schema: S.Schema({ id: S.Id(), a: type }) } } } });
  if (value.length > 0) await db.insert('things', { id: '1', a: value[0] });
  return db;
}
async function inserted(type: DataType, value: unknown): Promise<Entity> {
  const db = await withAttribute(type);
  const result = await db.insert('things', { id: '1', a: value });
  expect(await db.fetchById('things', '1')).toStrictEqual(result);
  return result as Entity;
}
async function updated(type: DataType, before: unknown, update: Update): Promise<Entity> {
  const db = await withAttribute(type, before);
  await db.update('things', '1', update as never);
  return (await db.fetchById('things', '1')) as Entity;
}
const assign = (value: unknown) => (entity: Entity) => void (entity['a'] = value);
const remove = (entity: Entity) => void delete entity['a'];

describe('a value of each type', () => {
  test.each<[string, DataType, unknown, unknown]>([
    ['a string', S.String(), '', ''],
    ['a string of an enum', S.String({ enum: ['x', 'y'] }), 'y', 'y'],
    ['a number', S.Number(), -2.5, -2.5],
    ['NaN', S.Number(), NaN, NaN],
    ['an infinity', S.Number(), -Infinity, -Infinity],
    ['a boolean', S.Boolean(), false, false],
    ['a Date', S.Date(), day, day],
    ['a date as text', S.Date(), '2020-01-01', day],
    ['a date as milliseconds', S.Date(), day.getTime(), day],
    ['a Set', S.Set(S.String()), new Set(['b', 'a']), new Set(['b', 'a'])],
    ['a set as a list', S.Set(S.Number()), [3, 1], new Set([1, 3])],
    ['a set as an encoded map', S.Set(S.Boolean()), { true: true, false: false }, new Set([true])],
    ['a set of dates', S.Set(S.Date()), [day, iso, day.getTime()], new Set([day])],
    ['an empty set', S.Set(S.String()), new Set(), new Set()],
    ['a record', S.Record({ x: S.Date() }), { x: iso }, { x: day }],
    ['an empty record', S.Record({}), {}, {}],
    ['json: an object', S.Json(), { b: [1, { c: null }], gone: undefined }, { b: [1, { c: null }] }],
    ['json: a list', S.Json(), [1, 'a', [true]], [1, 'a', [true]]],
    ['json: a scalar', S.Json(), 0, 0],
    ['json: null, if it may be', S.Json({ nullable: true }), null, null],
  ])('%s is inserted and read', async (_name, type, value, expected) => {
    expect(await inserted(type, value)).toStrictEqual({ id: '1', a: expected });
    const before = await inserted(type, value);
    expect(await updated(type, before['a'], { a: value })).toStrictEqual({ id: '1', a: expected });
    expect(await updated(type, before['a'], assign(expected))).toStrictEqual({ id: '1', a: expected });
  });

  test.each<[string, DataType, unknown, unknown]>([
    ['a number for a string', S.String(), 'x', 1],
    ['a string outside the enum', S.String({ enum: ['x'] }), 'x', 'y'],
    ['text for a number', S.Number(), 1, '1'],
    ['a number for a boolean', S.Boolean(), true, 0],
    ['an invalid Date', S.Date(), day, new Date(NaN)],
    ['text that is no date', S.Date(), day, 'soon'],
    ['NaN for a date', S.Date(), day, NaN],
    ['a scalar for a set', S.Set(S.String()), [], 123],
    ['a null member', S.Set(S.String()), [], [null]],
    ['a member of another type', S.Set(S.Number()), [], new Set(['1'])],
    ['a scalar for a record', S.Record({ x: S.Optional(S.String()) }), {}, 123],
    ['a list for a record', S.Record({ x: S.Optional(S.String()) }), {}, []],
    ['another type inside a record', S.Record({ x: S.String() }), { x: '' }, { x: 22 }],
  ])('%s is refused and changes nothing', async (_name, type, good, bad) => {
    const db = await withAttribute(type, good);
    const before = await db.fetch({ collectionName: 'things' });
    await expect(db.insert('things', { id: '2', a: bad })).rejects.toThrow(DBSerializationError);
    await expect(db.update('things', '1', { a: bad } as never)).rejects.toThrow(DBSerializationError);
    await expect(db.update('things', '1', assign(bad) as never)).rejects.toThrow(DBSerializationError);
    expect(await db.fetch({ collectionName: 'things' })).toStrictEqual(before);
  });

  test('a failure names the value, the type and every property on the way', async () => {
    const db = await withAttribute(S.Record({ x: S.Number() }));
    const failure = await db.insert('things', { id: '1', a: { x: '22' } }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      name: 'DBSerializationError',
      status: 400,
      baseMessage:
        'There was an error serializing an input to an acceptable format. Could not transform the data: {"id":"1","a":{"x":"22"}} as type: record',
    });
    expect((failure as Error).message).toMatch(/property: 'a'\..*property: 'x'\..*the data: 22 as type: number$/);
  });
});

describe('what is required', () => {
  test.each<[string, DataType, unknown]>([
    ['string', S.String(), ''],
    ['number with a default', S.Number({ default: 1 }), 0],
    ['date', S.Date(), day],
    ['set', S.Set(S.String()), []],
    ['json', S.Json(), 1],
    ['record', S.Record({ x: S.Optional(S.String()) }), {}],
  ])('%s is neither null nor taken away', async (_name, type, value) => {
    const db = await withAttribute(type, value);
    await expect(db.insert('things', { id: '2', a: null })).rejects.toThrow(DBSerializationError);
    for (const update of [{ a: null }, { a: undefined }, assign(null), assign(undefined), remove])
      await expect(db.update('things', '1', update as never)).rejects.toThrow(DBSerializationError);
    expect(await db.fetchById('things', '2')).toBeNull();
  });

  test('may be missing until the transaction commits, which then fails whole', async () => {
    const db = await withAttribute(S.String());
    let reached = false;
    const transaction = db.transact(async (tx) => {
      await tx.insert('things', { id: '1', a: 'x' });
      await tx.insert('things', { id: '2' });
      reached = true;
    });
    await expect(transaction).rejects.toThrow(
      /Could not transform the data: \{"id":"2"\} as type: record \| Context: Property a is invalid: .*undefined.*string/,
    );
    expect(reached).toBe(true);
    expect(await db.fetch({ collectionName: 'things' })).toEqual([]);
    await db.transact(async (tx) => {
      await tx.insert('things', { id: '2' });
      await tx.update('things', '2', { a: 'late' } as never);
    });
    expect(await db.fetchById('things', '2')).toEqual({ id: '2', a: 'late' });
  });

  test('inside a record too', async () => {
    const type = S.Record({ x: S.String(), y: S.Optional(S.String()) });
    const db = await withAttribute(type, { x: 'x', y: 'y' });
    await expect(db.insert('things', { a: { y: '' } })).rejects.toThrow(DBSerializationError);
    await expect(db.update('things', '1', ((e: Entity) => void delete e['a'].x) as never)).rejects.toThrow(
      DBSerializationError,
    );
    await expect(db.update('things', '1', assign({ y: 'z' }) as never)).rejects.toThrow(DBSerializationError);
    expect(await db.fetchById('things', '1')).toEqual({ id: '1', a: { x: 'x', y: 'y' } });
  });
});

describe.each<[string, (type: DataType) => DataType]>([
  ['optional', (type) => S.Optional(type)],
  ['nullable', (type) => ({ ...type, config: { ...type.config, nullable: true } }) as DataType],
])('what is %s', (_name, make) => {
  const values: [string, DataType, unknown][] = [
    ['string', S.String({ enum: ['x'] }), 'x'],
    ['number', S.Number(), 1],
    ['boolean', S.Boolean(), true],
    ['date', S.Date(), day],
    ['set', S.Set(S.String()), new Set(['x'])],
    ['record', S.Record({ x: S.String({ default: 'd' }) }), { x: 'y' }],
    ['json', S.Json(), 'x'],
  ];
  test.each(values)('%s may be missing, null, taken away and given again', async (_type, base, value) => {
    const type = make(base);
    expect(await inserted(type, undefined)).toStrictEqual({ id: '1' });
    expect(await inserted(type, null)).toStrictEqual({ id: '1', a: null });
    for (const update of [{ a: null }, assign(null), assign(undefined), remove])
      expect(await updated(type, value, update)).toStrictEqual({ id: '1', a: null });
    expect(await updated(type, value, { a: undefined })).toStrictEqual({ id: '1' });
    for (const before of [undefined, null])
      for (const update of [{ a: value }, assign(value)])
        expect(await updated(type, before, update)).toStrictEqual({ id: '1', a: value });
  });

  test('reads in an updater as what it is at that moment', async () => {
    await updated(make(S.String()), undefined, (entity) => {
      expect(entity['a']).toBeUndefined();
      expect('a' in entity).toBe(false);
      entity['a'] = 'x';
      delete entity['a'];
      expect(entity['a']).toBeNull();
      expect(Object.keys(entity)).toContain('a');
    });
  });

  test('is not among the selected keys when it is not set', async () => {
    const db = await withAttribute(make(S.String()), undefined);
    expect(await db.fetch({ collectionName: 'things', select: ['a'] })).toStrictEqual([{}]);
  });

  test('has its default when it is missing, and only then', async () => {
    const type = make(S.String({ default: 'd' }));
    expect(await inserted(type, undefined)).toEqual({ id: '1', a: 'd' });
    expect(await inserted(type, null)).toEqual({ id: '1', a: null });
    expect(await inserted(make(S.String({ default: null })), undefined)).toStrictEqual({ id: '1' });
  });
});

describe('a set', () => {
  const type = S.Set(S.Number());
  const before = new Set([1, 2]);
  test.each<[string, Update, unknown[]]>([
    ['add', (e) => void e['a'].add(3), [1, 2, 3]],
    ['add what is there', (e) => void e['a'].add(1), [1, 2]],
    ['delete', (e) => void e['a'].delete(1), [2]],
    ['delete what is not there', (e) => void e['a'].delete(9), [1, 2]],
    ['clear, then add', (e) => void (e['a'].clear(), e['a'].add(2)), [2]],
    ['assign', (e) => void (e['a'] = new Set([2, 5])), [2, 5]],
    ['assign nothing', (e) => void (e['a'] = new Set()), []],
    ['a patch with a Set adds', { a: new Set([5]) }, [1, 2, 5]],
    ['a patch with a list adds', { a: [5] }, [1, 2, 5]],
    ['a patch with a map adds and removes', { a: { 1: false, 5: true } }, [2, 5]],
  ])('%s', async (_name, update, expected) => {
    expect((await updated(type, before, update))['a']).toEqual(new Set(expected));
  });

  test('of strings keeps the order of insertion', async () => {
    const { a } = await updated(S.Set(S.String()), ['z', 'b'], (e) => void e['a'].add('a'));
    expect([...a]).toEqual(['z', 'b', 'a']);
  });

  test('refuses what is no member, in an updater too', async () => {
    await expect(updated(type, before, (e) => void e['a'].add(null))).rejects.toThrow(DBSerializationError);
    await expect(updated(type, before, (e) => void e['a'].add('3'))).rejects.toThrow(DBSerializationError);
  });

  test('takes text in a filter by value only, and none of its removed members', async () => {
    const db = await withAttribute(type, before);
    await db.update('things', '1', (e: Entity) => void e['a'].delete(1));
    const count = async (...filter: unknown[]) => db.count({ collectionName: 'things', where: [filter] } as never);
    expect(await Promise.all([count('a', 'has', 2), count('a', 'has', 1), count('a', '!has', 1)])).toEqual([1, 0, 1]);
    await db.delete('things', '1');
    expect(await count('a', '!has', 1)).toBe(0);
  });
});

describe('a record', () => {
  const type = S.Record({
    x: S.String({ default: 'dx' }),
    y: S.Optional(S.Number()),
    deep: S.Optional(S.Record({ z: S.String({ default: 'dz' }), 24: S.Optional(S.Boolean()) })),
  });
  test.each<[string, unknown, unknown]>([
    ['nothing', {}, { x: 'dx' }],
    ['what it does not declare', { other: 1, deep: { other: 1 } }, { x: 'dx', deep: { z: 'dz' } }],
    ['a part', { y: 1, deep: {} }, { x: 'dx', y: 1, deep: { z: 'dz' } }],
    ['everything', { x: 'a', y: null, deep: { z: 'b', 24: true } }, { x: 'a', y: null, deep: { z: 'b', 24: true } }],
  ])('is completed by the defaults of its members, given %s', async (_name, given, expected) => {
    expect((await inserted(type, given))['a']).toStrictEqual(expected);
  });

  const before = { x: 'a', y: 1, deep: { z: 'b' } };
  test.each<[string, Update, unknown]>([
    ['a member', (e) => void (e['a'].x = 'c'), { x: 'c', y: 1, deep: { z: 'b' } }],
    ['a deep member', (e) => void (e['a'].deep[24] = false), { x: 'a', y: 1, deep: { z: 'b', 24: false } }],
    ['an optional member, away', (e) => void delete e['a'].y, { x: 'a', y: null, deep: { z: 'b' } }],
    ['the whole', (e) => void (e['a'] = { x: 'new' }), { x: 'new', y: null, deep: null }],
    ['a part by a patch', { a: { deep: { 24: true } } }, { x: 'a', y: 1, deep: { z: 'b', 24: true } }],
  ])('is changed: %s', async (_name, update, expected) => {
    expect((await updated(type, before, update))['a']).toStrictEqual(expected);
  });

  test('refuses members that it does not declare, in updates', async () => {
    for (const update of [{ a: { other: 1 } }, assign({ ...before, other: 1 }), (e: Entity) => void (e['a'].other = 1)])
      await expect(updated(type, before, update)).rejects.toThrow(/Unrecognized property: other/);
  });

  test('is not made up when it is missing', async () => {
    const db = await withAttribute(type);
    await expect(db.insert('things', {})).rejects.toThrow(DBSerializationError);
    expect(await inserted(S.Optional(type), undefined)).toStrictEqual({ id: '1' });
  });
});

describe('json', () => {
  test.each<[string, unknown, Update, unknown]>([
    ['a patch replaces a scalar', 1, { a: 'x' }, 'x'],
    ['a patch replaces a list', [1, 2], { a: [3] }, [3]],
    ['a patch merges objects in depth', { n: { x: 1 } }, { a: { n: { y: 2 } } }, { n: { x: 1, y: 2 } }],
    ['an assigned object nulls the old keys', { a: 1 }, assign({ b: 2 }), { a: null, b: 2 }],
    ['an empty one nulls them all', { a: 1 }, assign({}), { a: null }],
    ['an object replaces what was none', 'x', assign({ b: 2 }), { b: 2 }],
    ['a member', { n: { x: 1 } }, (e) => void (e['a'].n.y = 2), { n: { x: 1, y: 2 } }],
    ['a member away', { n: { x: 1 } }, (e) => void delete e['a'].n.x, { n: { x: null } }],
    ['an element', [1, 2, 3], (e) => void (e['a'][0] = 4), [4, 2, 3]],
    ['push', [1, 2, 3], (e) => void e['a'].push(4), [1, 2, 3, 4]],
    ['a Date becomes text', {}, (e) => void (e['a'].at = day), { at: iso }],
    ['undefined becomes null', { x: 1 }, (e) => void (e['a'].x = undefined), { x: null }],
  ])('%s', async (_name, before, update, expected) => {
    expect((await updated(S.Json(), before, update))['a']).toStrictEqual(expected);
  });

  test('is ordered across kinds, at any path', async () => {
    const db = await withAttribute(S.Json());
    const values = [true, 'b', { x: '2' }, {}, 3, { x: 1 }, [1], { x: 3 }];
    for (const [index, a] of values.entries()) await db.insert('things', { id: String(index), a });
    const ordered = async (path: string) =>
      (await db.fetch({ collectionName: 'things', order: [[path, 'ASC']] })).map((thing: Entity) => thing['a']);
    expect(await ordered('a')).toEqual([{}, { x: 1 }, { x: 3 }, { x: '2' }, [1], 3, 'b', true]);
    expect((await ordered('a.x')).slice(-3)).toEqual([{ x: 1 }, { x: 3 }, { x: '2' }]);
    expect(await db.count({ collectionName: 'things', where: [['a.0', '=', 1]] })).toBe(1);
  });
});

test('an entity that is inserted again is completed, not replaced; its required attributes may be missing then', async () => {
  const schema = S.Schema({
    id: S.Id(),
    name: S.String(),
    age: S.Optional(S.Number()),
    kind: S.String({ default: 'k' }),
  });
  const db = new DB<any>({ schema: { collections: { people: { schema } } } });
  await db.insert('people', { id: '1', name: 'alice', kind: 'other' });
  await db.insert('people', { id: '1', age: 30 });
  expect(await db.fetchById('people', '1')).toEqual({ id: '1', name: 'alice', age: 30, kind: 'k' });
});

test('ids are generated wherever they are missing or empty', async () => {
  const collections = {
    plain: { schema: S.Schema({ id: S.String() }) },
    uuids: { schema: S.Schema({ id: S.Id({ format: 'uuidv4' }) }) },
    sortable: { schema: S.Schema({ id: S.Id({ format: 'uuidv7' }) }) },
  };
  const db = new DB<any>({ schema: { collections } });
  expect((await db.insert('plain', {}))['id']).toHaveLength(21);
  expect((await db.insert('plain', { id: '' }))['id']).toHaveLength(21);
  expect((await db.insert('uuids', {}))['id']).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  expect((await db.insert('sortable', {}))['id']).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
  await expect(db.insert('plain', { id: null })).rejects.toThrow(DBSerializationError);
  await expect(db.insert('plain', { id: 5 })).rejects.toThrow(DBSerializationError);
});
