/** Cases in which the oracle once disagreed with the database, made small. */
import { expect, test } from 'vitest';
import { DB, Schema as S, WritePermissionError } from '@triplit/db';

const schema = {
  collections: S.Collections({
    ants: {
      schema: S.Schema({ id: S.Id(), done: S.Boolean(), meta: S.Json(), days: S.Set(S.Date(), { nullable: true }) }),
      relationships: {
        self: S.RelationById('ants', '$id'),
        bees: S.RelationMany('bees', {}),
        all: S.RelationMany('ants', {}),
      },
    },
    bees: { schema: S.Schema({ id: S.Id(), flags: S.Set(S.Boolean()) }) },
  }),
};

async function filled() {
  const db = new DB({ schema });
  await db.insert('ants', { id: 'a', done: true, meta: 5 });
  await db.insert('ants', { id: 'c', done: false, meta: {} });
  await db.insert('bees', { id: 'b', flags: new Set([true]) });
  return db;
}

test('two queries that differ only in the order of their inclusions do not mix these up', async () => {
  const db = await filled();
  const one = await db.fetch(db.query('ants').Id('a').Select(['id']).Include('bees').Include('all'));
  const other = await db.fetch(db.query('ants').Id('a').Select(['id']).Include('all').Include('bees'));
  expect(one[0]!.all.map((row) => row.id)).toEqual(['a', 'c']);
  expect(one[0]!.bees.map((row) => row.id)).toEqual(['b']);
  expect(other).toEqual(one);
});

test('ids are listed by a group of one as well, and by the first list that is known before', async () => {
  const db = await filled();
  const ids = async (...where: unknown[]) =>
    (await db.fetch(db.query('ants').Where(where as never))).map((row) => row.id);
  const listed = ['id', 'in', ['c', 'a']];
  expect(await ids({ mod: 'or', filters: [listed] })).toEqual(['c', 'a']);
  expect(await ids({ mod: 'or', filters: [{ mod: 'or', filters: [listed] }, listed] })).toEqual(['c', 'a']);
  expect(await ids({ mod: 'or', filters: [false, listed] })).toEqual(['a', 'c']);
  expect(await ids(['id', '=', '$0.self.id'], listed)).toEqual(['c', 'a']);
  expect(await ids({ mod: 'or', filters: [listed, ['done', '=', true]] })).toEqual(['a', 'c']);
});

test('where a row around lists ids, a list of the query beside it only filters', async () => {
  const collections = S.Collections({
    ants: {
      schema: S.Schema({ id: S.Id(), beesIds: S.Set(S.String()) }),
      relationships: { bees: S.RelationMany('bees', { where: [['id', 'in', '$beesIds']] }) },
    },
    bees: { schema: S.Schema({ id: S.Id() }) },
  });
  const db = new DB({ schema: { collections } });
  for (const id of ['1', '2', '3']) await db.insert('bees', { id });
  await db.insert('ants', { id: 'a', beesIds: new Set(['3', '2', '1']) });
  const listed = [['id', 'in', ['3', '1']]] as const;
  const [ant] = await db.fetch(db.query('ants').Include('bees', (rel) => rel('bees').Where(listed)));
  expect(ant!.bees.map((bee) => bee.id)).toEqual(['1', '3']);
});

test('a record that takes the place of another leaves no null where there was no value', async () => {
  const place = S.Record({ city: S.String(), floor: S.Optional(S.Number()) });
  const db = new DB({ schema: { collections: S.Collections({ ants: { schema: S.Schema({ id: S.Id(), place }) } }) } });
  await db.insert('ants', { id: 'a', place: { city: 'Rome' } });
  await db.update('ants', 'a', { place: {} as never });
  await db.update('ants', 'a', (ant) => void (ant.place = { city: 'Oslo' }));
  expect(await db.fetchById('ants', 'a')).toEqual({ id: 'a', place: { city: 'Oslo' } });
});

test('the order of listed ids is that of each query, whatever was asked before', async () => {
  const db = await filled();
  const ids = async (list: string[]) => (await db.fetch(db.query('ants').Where('id', 'in', list))).map((row) => row.id);
  expect(await ids(['c', 'a'])).toEqual(['c', 'a']);
  expect(await ids(['a', 'c'])).toEqual(['a', 'c']);
});

test('an empty set or object takes the place of a value that is neither', async () => {
  const db = await filled();
  await db.update('ants', 'a', { days: new Set<Date>(), meta: {} });
  expect(await db.fetchById('ants', 'a')).toMatchObject({ days: new Set(), meta: {} });
  await db.update('ants', 'a', (ant) => {
    ant.days = null;
    ant.meta = 'x';
  });
  await db.update('ants', 'a', (ant) => {
    ant.days = new Set();
    ant.meta = {};
  });
  expect(await db.fetchById('ants', 'a')).toMatchObject({ days: new Set(), meta: {} });
});

test("a set of booleans is compared with a related row's attribute, though lists of booleans cannot be written", async () => {
  const db = await filled();
  const query = db.query('bees').Where({
    exists: {
      collectionName: 'ants',
      where: [{ exists: { collectionName: 'bees', where: [['flags', 'has', '$1.self.done']] } }],
    },
  } as never);
  expect((await db.fetch(query)).map((row) => row.id)).toEqual(['b']);
});

test('rows that share NaN as their first sort value are sorted by the next', async () => {
  const db = new DB();
  await db.insert('ants', { id: 'a', rank: NaN, city: 'b' });
  await db.insert('ants', { id: 'b', rank: NaN, city: 'a' });
  for (let index = 0; index < 60; index++) await db.insert('ants', { id: `n${index}`, rank: index, city: 'c' });
  const query = {
    collectionName: 'ants',
    order: [
      ['rank', 'ASC'],
      ['city', 'ASC'],
    ],
    limit: 2,
  } as const;
  expect((await db.fetch(query)).map((ant) => ant['id'])).toEqual(['b', 'a']);
});

test('without a schema an assigned Set takes the place of the one that is stored, at any depth', async () => {
  const db = new DB();
  await db.insert('ants', { id: 'a', keys: new Set(['B']), place: { keys: new Set(['B']) } });
  await db.update('ants', 'a', (ant) => {
    ant['keys'] = new Set(['a']);
    ant['place'] = { keys: new Set(['a']) };
  });
  const has = async (path: string, key: string) =>
    (await db.fetch({ collectionName: 'ants', where: [[path, 'has', key]] })).length;
  expect(await Promise.all([has('keys', 'a'), has('keys', 'B'), has('place.keys', 'B')])).toEqual([1, 0, 0]);
});

test('removing a member that is not there is a write all the same, which a session must be allowed', async () => {
  const collections = S.Collections({
    ants: {
      schema: S.Schema({ id: S.Id(), tags: S.Set(S.String()) }),
      permissions: { user: { read: { filter: [true] }, update: { filter: [false] } } },
    },
  });
  const db = new DB({ schema: { collections, roles: { user: { match: {} } } } });
  await db.insert('ants', { id: 'a', tags: ['x', 'y'] }, { skipRules: true });
  await db.update('ants', 'a', { tags: { x: false } } as never, { skipRules: true });
  const removal = db.withSessionVars({}).update('ants', 'a', { tags: { x: false } } as never);
  await expect(removal).rejects.toThrow(WritePermissionError);
  await db.withSessionVars({}).update('ants', 'a', (ant) => void ant.tags.delete('x'));
  expect(await db.fetchById('ants', 'a', { skipRules: true })).toEqual({ id: 'a', tags: new Set(['y']) });
});
