/**
 * Values that break databases: each is stored and read back as it was, also after reopening, or refused with an error that
 * says so. The same in every store, with and without a schema.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { open } from 'lmdb';
import { afterAll, describe, expect, test } from 'vitest';
import { TriplitError } from '../base/errors.ts';
import type { DBChanges } from '../changes/types.ts';
import { hashObject } from '../values/hash.ts';
import { Schema as S } from '../schema/builder.ts';
import type { KVStore } from '../storage/kv-types.ts';
import { LmdbKVStore } from '../storage/lmdb.ts';
import { SQLiteKVStore } from '../storage/sqlite.ts';
import { equalValue } from '../values/equal-values.ts';
import { MAX_JSON_DEPTH } from '../values/clone-json.ts';
import { DB } from './database.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-hostile-'));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a place, and opens it as often as wanted; undefined is memory, which cannot be opened twice. */
const stores: Record<string, () => (() => KVStore) | undefined> = {
  memory: () => undefined,
  LMDB: () => {
    const path = join(folder, `lmdb${files++}`);
    return () => new LmdbKVStore(open({ path, noSync: true }));
  },
  SQLite: () => {
    const path = join(folder, `sqlite${files++}`);
    return () => new SQLiteKVStore(new Database(path));
  },
};

const typed = {
  collections: {
    things: {
      schema: S.Schema({
        id: S.Id(),
        json: S.Optional(S.Json()),
        text: S.Optional(S.String()),
        number: S.Optional(S.Number()),
        date: S.Optional(S.Date()),
        texts: S.Optional(S.Set(S.String())),
        numbers: S.Optional(S.Set(S.Number())),
        dates: S.Optional(S.Set(S.Date())),
        constructor: S.Optional(S.String()),
        record: S.Optional(S.Record({ toString: S.String(), valueOf: S.Optional(S.Number()) })),
      }),
    },
  },
};
Object.defineProperty(typed.collections.things.schema.properties, '__proto__', {
  value: S.Optional(S.String()),
  enumerable: true,
});

type Entity = Record<string, any>;
type Place = (() => KVStore) | undefined;

function openAt(place: Place, schema?: object): DB<any> {
  return new DB<any>({ ...(schema && { schema: schema as never }), ...(place && { kv: place() }) });
}

/** What is read after the insert, and again after reopening; with an update to the same in between. */
async function stored(place: Place, schema: object | undefined, entity: Entity): Promise<Entity[]> {
  const db = openAt(place, schema);
  await db.insert('things', entity);
  const reads = [(await db.fetchById('things', entity['id'])) as Entity];
  const { id, ...attributes } = entity;
  await db.update('things', id, (thing: Entity) => void Object.assign(thing, attributes));
  reads.push((await db.fetchById('things', id)) as Entity);
  if (place === undefined) return reads;
  await db.close();
  const reopened = openAt(place, schema);
  reads.push((await reopened.fetchById('things', id)) as Entity);
  await reopened.close();
  return reads;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
const own = (key: string, value: unknown): Entity =>
  JSON.parse(JSON.stringify({ k: value }).replace('"k"', JSON.stringify(key))) as Entity;
const cyclic: Entity = {};
cyclic['self'] = cyclic;
const many = Array.from({ length: 10_000 }, (_, index) => index);

/** JSON values that come back as they are, in an untyped attribute and in one of type json. */
const keptJson: [name: string, value: unknown][] = [
  ['a lone high surrogate', '\ud800'],
  ['a lone low surrogate inside', 'a\udc00b'],
  ['control characters', 'a\u0000\u0001\u0002\uffff'],
  ['five million characters', 'x'.repeat(5_000_000)],
  ['NaN', NaN],
  ['infinities in a list', [Infinity, -Infinity, null]],
  ['the largest and the smallest number', [Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER]],
  ['an own __proto__', own('__proto__', { polluted: true })],
  ['names that objects inherit', { constructor: 1, toString: 2, hasOwnProperty: null, valueOf: [] }],
  ['an empty key, a dotted key, a broken key', { '': 1, 'a.b': 2, '\ud800': 3 }],
  ['as many levels as are allowed', nested(MAX_JSON_DEPTH - 1)],
  ['ten thousand elements', many],
  ['text that looks like a variable', '$1.id'],
];

const refusedJson: [name: string, value: unknown][] = [
  ['one level too many', nested(MAX_JSON_DEPTH + 1)],
  ['ten thousand levels', nested(10_000)],
  ['two hundred thousand levels', nested(200_000)],
  ['a cycle', cyclic],
  ['a function', () => 1],
  ['a function inside', { a: [() => 1] }],
  ['a symbol', Symbol('s')],
  ['a bigint', [1n]],
  ['an invalid date', { at: new Date(NaN) }],
  ['a Map', new Map([[1, 2]])],
  ['a RegExp', /x/],
  ['bytes', new Uint8Array(3)],
];

describe.each(Object.entries(stores))('in %s', (_store, makePlace) => {
  describe.each([
    ['without a schema', undefined],
    ['as json', typed],
  ])('%s', (_mode, schema) => {
    test.each(keptJson)('%s comes back', async (_name, value) => {
      for (const read of await stored(makePlace(), schema, { id: 'a', json: value })) {
        expect(read).toStrictEqual({ id: 'a', json: value });
        expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      }
    });

    test.each(refusedJson)('%s is refused, and nothing is left behind', async (_name, value) => {
      const db = openAt(makePlace(), schema);
      await db.insert('things', { id: 'b', json: 1 });
      await expect(db.insert('things', { id: 'a', json: value })).rejects.toThrow(TriplitError);
      await expect(db.update('things', 'b', { json: value })).rejects.toThrow(TriplitError);
      const update = db.update('things', 'b', (thing: Entity) => void (thing['json'] = value));
      await expect(update).rejects.toThrow(TriplitError);
      expect(await db.fetch({ collectionName: 'things' })).toEqual([{ id: 'b', json: 1 }]);
      await db.close();
    });
  });

  test('attributes of every type come back', async () => {
    const entity = {
      id: 'a',
      text: '\udfff$$',
      number: -Infinity,
      date: new Date(8.64e15),
      texts: new Set(['__proto__', 'constructor', '', '\ud800', 'true', '1']),
      numbers: new Set([NaN, 0, 1e21, -1e-7, Infinity, 5e-324]),
      dates: new Set([new Date(-8.64e15), new Date(0), new Date(8.64e15)]),
      constructor: 'c',
      ...own('record', { toString: 's', valueOf: 1 }),
    };
    Object.defineProperty(entity, '__proto__', { value: 'p', enumerable: true });
    for (const read of await stored(makePlace(), typed, entity)) expect(read).toEqual(entity);
  });

  test('sets of ten thousand members come back, and take one more', async () => {
    const place = makePlace();
    const entity = {
      id: 'a',
      texts: new Set(many.map((index) => `m${index}`)),
      numbers: new Set(many),
      dates: new Set(many.map((index) => new Date(index))),
    };
    // Compared by hand: the assertion's own comparison of large Sets takes the square of their size.
    for (const read of await stored(place, typed, entity)) expect(equalValue(read, entity)).toBe(true);
    const db = openAt(place, typed);
    if (place === undefined) await db.insert('things', entity);
    await db.update('things', 'a', (thing: Entity) => void thing['numbers'].add(-1));
    expect((await db.fetchById('things', 'a'))?.['numbers'].size).toBe(many.length + 1);
    await db.close();
  });

  test('dates that are none and values of another type are refused and named', async () => {
    const db = openAt(makePlace(), typed);
    for (const [attribute, value] of [
      ['date', new Date(NaN)],
      ['date', 8.64e15 + 1],
      ['dates', new Set([new Date(NaN)])],
      ['numbers', new Set([1n])],
      ['texts', new Set([null])],
      ['number', new Number(1)],
      ['record', { valueOf: 1 }],
    ] as const) {
      await expect(db.insert('things', { id: 'a', [attribute]: value })).rejects.toThrow(
        expect.objectContaining({ name: 'DBSerializationError', message: expect.stringContaining(attribute) }),
      );
    }
    await db.close();
  });

  test.each([
    ['__proto__'],
    ['constructor'],
    ['toString'],
    ['\ud800'],
    ['\udc00'],
    ['a\u0000b'],
    ['\u0001'],
    ['\uffff'],
    [' '],
    ['$1.id'],
    ['../x'],
    ['x'.repeat(400)],
  ])('%j is an id and the name of a collection', async (name) => {
    const place = makePlace();
    let db = openAt(place);
    const live: unknown[] = [];
    db.subscribe({ collectionName: name, where: [[name, '=', 1]] }, (results) => void live.push(results));
    const commits: DBChanges[] = [];
    db.onCommit((changes) => void commits.push(changes));
    await db.insert(name, { id: name, [name]: 1, ref: name });
    expect(Object.keys(commits[0]!)).toEqual([name]);
    await db.insert(name, { id: 'other' });
    await db.updateQueryViews();
    db.broadcastToQuerySubscribers();
    if (place !== undefined) {
      await db.close();
      db = openAt(place);
    }
    const entity = own('id', name);
    Object.defineProperty(entity, name, { value: 1, enumerable: true });
    entity['ref'] = name;
    const all = await db.fetch({ collectionName: name });
    expect(all.map((row) => row['id']).sort()).toEqual(['other', name].sort());
    const literal = name.startsWith('$') ? `$${name}` : name;
    for (const where of [
      [['id', '=', literal]],
      [['id', 'in', [name]]],
      [['ref', '=', literal]],
      [[name.includes('.') ? 'ref' : name, '=', name.includes('.') ? literal : 1]],
    ] as const) {
      expect(await db.fetch({ collectionName: name, where } as never)).toEqual([entity]);
    }
    await db.update(name, name, { ref: 'changed' });
    await db.delete(name, 'other');
    expect(await db.fetch({ collectionName: name })).toEqual([{ ...entity, ref: 'changed' }]);
    await db.close();
  });

  test('ids that differ only in what stores may lose stay apart', async () => {
    const place = makePlace();
    const ids = ['\ud800', '\ud801', '\ufffd', 'é', 'e\u0301', 'a', 'a\u0000', 'a\u0000\u0000', 'A'];
    const db = openAt(place);
    for (const [index, id] of ids.entries()) await db.insert('things', { id, index });
    for (const [index, id] of ids.entries()) expect((await db.fetchById('things', id))?.['index']).toBe(index);
    expect((await db.fetch({ collectionName: 'things' })).map((row) => row['id'])).toEqual(ids.toSorted());
    await db.close();
  });
});

describe('in queries', () => {
  const filled = async (): Promise<DB<any>> => {
    const db = new DB<any>();
    for (const [index, v] of [NaN, '\ud800', 'x'.repeat(100_000), null, nested(400), Infinity].entries()) {
      await db.insert('things', { id: String(index), v, tags: new Set(['__proto__']) });
    }
    return db;
  };
  const ids = async (db: DB<any>, query: object): Promise<unknown[]> =>
    (await db.fetch({ collectionName: 'things', ...query } as never)).map((row: Entity) => row['id']);

  test('strange values are compared like others', async () => {
    const db = await filled();
    expect(await ids(db, { where: [['v', '=', NaN]] })).toEqual(['0']);
    expect(await ids(db, { where: [['v', '=', '\ud800']] })).toEqual(['1']);
    expect(await ids(db, { where: [['v', 'like', 'x%']] })).toEqual(['2']);
    expect(await ids(db, { where: [['v', '=', nested(400)]] })).toEqual(['4']);
    expect(await ids(db, { where: [['v', 'in', Array.from({ length: 100_000 }, (_, index) => index)]] })).toEqual([]);
    expect(await ids(db, { where: [['tags', 'has', '__proto__']] })).toHaveLength(6);
    expect(await ids(db, { where: [['tags', 'has', 'constructor']] })).toEqual([]);
    expect(await ids(db, { where: [['tags.__proto__', '=', true]] })).toHaveLength(6);
    expect(await ids(db, { where: [['__proto__.toString', 'isDefined', true]] })).toEqual([]);
    expect(await ids(db, { where: [['constructor.name', 'isDefined', true]] })).toEqual([]);
  });

  /** Enough rows that an index is used. The whole key of such a value would not fit into any memory, and end the process. */
  test('values that are nested deeply have an index like others', async () => {
    const db = new DB<any>();
    for (let n = 0; n < 60; n++) await db.insert('things', { id: `${n}`, v: n === 7 ? { a: nested(400) } : n });
    expect(await ids(db, { order: [['v', 'DESC']], limit: 2 })).toEqual(['59', '58']);
    expect(await ids(db, { order: [['v', 'ASC']], limit: 2 })).toEqual(['7', '0']);
    expect(await ids(db, { where: [['v', '=', { a: nested(400) }]] })).toEqual(['7']);
    expect(await ids(db, { where: [['v', '=', { a: nested(399) }]] })).toEqual([]);
    expect(await ids(db, { order: [['id', 'ASC']], after: [[nested(400)], false], limit: 1 })).toEqual(['0']);
    await db.update('things', '7', { v: 7 });
    expect(await ids(db, { order: [['v', 'ASC']], limit: 1 })).toEqual(['0']);
  });

  test('strange values have their place in the order, and names that objects inherit have none', async () => {
    const db = await filled();
    expect(await ids(db, { order: [['v', 'ASC']] })).toEqual(['3', '4', '0', '5', '2', '1']);
    expect(await ids(db, { order: [['v', 'ASC']], after: [[NaN], false] })).toEqual(['5', '2', '1']);
    expect(
      await ids(db, {
        order: [
          ['constructor', 'DESC'],
          ['__proto__.x', 'ASC'],
        ],
      }),
    ).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('an inclusion may have any name', async () => {
    const db = await filled();
    const include = own('__proto__', { subquery: { collectionName: 'things', limit: 1 }, cardinality: 'one' });
    const [first] = await db.fetch({ collectionName: 'things', limit: 1, include } as never);
    expect(Object.getOwnPropertyDescriptor(first, '__proto__')?.value).toMatchObject({ id: '0' });
  });

  test.each([
    ['a value too deep', [['v', '=', nested(200_000)]]],
    ['a list with a value too deep', [['v', 'in', [nested(200_000)]]]],
    ['a function', [['v', '=', () => 1]]],
    ['a bigint', [['v', '>', 1n]]],
    ['a symbol', [['v', '=', Symbol('s')]]],
    ['an invalid date', [['v', '=', new Date(NaN)]]],
    [
      'groups too deep',
      [Array.from({ length: 50_000 }).reduce((filter) => ({ mod: 'and', filters: [filter, true] }), true)],
    ],
    [
      'subqueries too deep',
      [Array.from({ length: 50_000 }).reduce((filter) => ({ exists: { collectionName: 'x', where: [filter] } }), true)],
    ],
  ])('%s is refused', async (_name, where) => {
    const db = await filled();
    await expect(db.fetch({ collectionName: 'things', where } as never)).rejects.toThrow(TriplitError);
    expect(() => db.subscribe({ collectionName: 'things', where } as never, () => {})).toThrow(TriplitError);
  });

  test('what nests too deep has no hash, and no change set holds it', async () => {
    const db = await filled();
    expect(() => hashObject(nested(200_000))).toThrow(TriplitError);
    const changes = { things: { sets: new Map([['0', { v: nested(200_000) }]]), deletes: new Set<string>() } };
    await expect(db.applyChanges(changes)).rejects.toThrow(TriplitError);
    await expect(db.applyChangesWithTimestamp(changes, [1, 1, 'x'])).rejects.toThrow(TriplitError);
  });
});
