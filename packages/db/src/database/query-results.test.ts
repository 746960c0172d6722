/** What reads return: which rows, in which order, with which attributes and inclusions, and what variables stand for. */
import { describe, expect, test } from 'vitest';
import { Schema as S } from '../schema/builder.ts';
import { DB } from './database.ts';

const collections = S.Collections({
  teams: {
    schema: S.Schema({ id: S.Id(), name: S.String(), leadId: S.Optional(S.String()) }),
    relationships: {
      people: S.RelationMany('people', { where: [['teamId', '=', '$id']] }),
      oldest: S.RelationOne('people', { where: [['teamId', '=', '$id']], order: [['age', 'DESC']] }),
      lead: S.RelationById('people', '$leadId'),
    },
  },
  people: {
    schema: S.Schema({
      id: S.Id(),
      name: S.Optional(S.String()),
      age: S.Optional(S.Number()),
      born: S.Optional(S.Date()),
      here: S.Optional(S.Boolean()),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      home: S.Optional(S.Record({ city: S.Optional(S.String()) }, { nullable: true })),
      data: S.Optional(S.Json()),
      teamId: S.Optional(S.String()),
    }),
    relationships: {
      team: S.RelationById('teams', '$teamId'),
      mates: S.RelationMany('people', { where: [['teamId', '=', '$teamId']] }),
    },
  },
});
const day = (n: number): Date => new Date(Date.UTC(2024, 0, n));

async function filled(): Promise<DB<typeof collections>> {
  const db = new DB({ schema: { collections }, variables: { who: 'b', deep: { who: 'c' }, ages: [1, 3] } });
  await db.insert('teams', { id: 'red', name: 'Red', leadId: 'a' });
  await db.insert('teams', { id: 'blue', name: 'Blue' });
  const people = [
    { id: 'c', name: 'Cy', age: 3, born: day(3), here: true, home: { city: 'Rome' }, teamId: 'red' },
    { id: 'a', name: 'Al', age: 1, born: day(1), here: false, tags: ['x', 'y'], teamId: 'red' },
    { id: 'b', name: 'Bo', age: 3, born: day(2), home: { city: 'Bonn' }, data: [1, { k: 'v' }], teamId: 'blue' },
    { id: 'e', home: null },
    { id: 'd', name: 'al', teamId: 'gone' },
  ];
  for (const person of people) await db.insert('people', person);
  return db;
}
type Query = Record<string, unknown>;
const idsOf = async (db: DB<any>, query: Query): Promise<string> =>
  (await db.fetch({ collectionName: 'people', ...query } as never)).map((row: any) => row.id).join('');

describe('rows', () => {
  test.each<[string, Query, string]>([
    ['everything, by id', {}, 'abcde'],
    ['an id', { where: [['id', '=', 'b']] }, 'b'],
    ['ids in the order in which they are listed, each once', { where: [['id', 'in', ['d', 'zz', 'a', 'd']]] }, 'da'],
    [
      'listed ids that match',
      {
        where: [
          ['id', 'in', ['d', 'c', 'a']],
          ['name', 'like', 'al'],
        ],
      },
      'da',
    ],
    ['listed ids in another order', { where: [['id', 'in', ['d', 'a']]], order: [['id', 'ASC']] }, 'ad'],
    [
      'two ids at once',
      {
        where: [
          ['id', '=', 'a'],
          ['id', '=', 'b'],
        ],
      },
      '',
    ],
    ['an empty id', { where: [['id', '=', '']] }, ''],
    ['no ids', { where: [['id', 'in', []]] }, ''],
    ['no filter at all', { where: [true, { mod: 'or', filters: [] }, { mod: 'and', filters: [] }] }, 'abcde'],
    ['nothing by false', { where: [false] }, ''],
    ['either', { where: [{ mod: 'or', filters: [['age', '=', 1], ['home.city', '=', 'Rome'], false] }] }, 'ac'],
    [
      'dates by Date and by text',
      {
        where: [
          ['born', '>', day(1)],
          ['born', '<=', day(2).toISOString()],
        ],
      },
      'b',
    ],
    ['an attribute inside an array', { where: [['data.1.k', '=', 'v']] }, 'b'],
    ['what a record lacks, or is lacking', { where: [['home.city', 'isDefined', false]] }, 'ade'],
    ['absent values below all others', { where: [['age', '<', 2]] }, 'ade'],
    ['a variable', { where: [['id', '=', '$global.who']] }, 'b'],
    ['a variable with a path', { where: [['id', '=', '$global.deep.who']] }, 'c'],
    ['a variable that is a list', { where: [['age', 'in', '$global.ages']] }, 'abc'],
    ['a variable that is unknown, which equals only what is absent', { where: [['age', '=', '$global.typo']] }, 'de'],
    ['a variable of the query', { where: [['name', '=', '$query.n']], vars: { n: 'Cy' } }, 'c'],
    ['a limit', { limit: 2 }, 'ab'],
    ['a limit of nothing', { limit: 0 }, ''],
  ])('%s', async (_what, query, ids) => {
    const db = await filled();
    expect(await idsOf(db, query)).toBe(ids);
    expect(
      await db.transact(async (tx) =>
        (await tx.fetch({ collectionName: 'people', ...query } as never)).map((row: any) => row.id).join(''),
      ),
    ).toBe(ids);
  });

  test('ids are ordered as text, code unit by code unit', async () => {
    const db = new DB();
    for (const id of ['b', '9', 'a', '10', 'A']) await db.insert('free', { id });
    expect((await db.fetch(db.query('free'))).map((row) => row['id'])).toEqual(['10', '9', 'A', 'a', 'b']);
  });
});

describe('order', () => {
  test.each<[string, unknown[], string]>([
    ['ascending, absent values first, ties by id', [['age', 'ASC']], 'deabc'],
    ['descending, absent values last, ties by id', [['age', 'DESC']], 'bcade'],
    [
      'by several clauses',
      [
        ['age', 'DESC'],
        ['name', 'DESC'],
        ['id', 'DESC'],
      ],
      'cbade',
    ],
    [
      'a clause again says nothing new',
      [
        ['age', 'ASC'],
        ['age', 'DESC'],
        ['id', 'DESC'],
      ],
      'edacb',
    ],
    ['by date', [['born', 'DESC']], 'cbade'],
    ['false before true', [['here', 'DESC']], 'cabde'],
    ['inside a record, null or not', [['home.city', 'DESC']], 'cbade'],
    ['json by type, then value', [['data', 'DESC']], 'bacde'],
    ['by a related entity, which may be missing', [['team.name', 'DESC']], 'acbde'],
    [
      'by a relation of a relation',
      [
        ['team.lead.name', 'DESC'],
        ['id', 'DESC'],
      ],
      'caedb',
    ],
  ])('%s', async (_what, order, ids) => {
    const db = await filled();
    expect(await idsOf(db, { order })).toBe(ids);
    expect(await idsOf(db, { order, limit: 2 })).toBe(ids.slice(0, 2));
  });
});

describe('pages', () => {
  const paths = ['name', 'age', 'born', 'here', 'home.city', 'data'] as const;
  const directions = ['ASC', 'DESC'] as const;
  test.each(paths.flatMap((path) => directions.map((direction) => [path, direction] as const)))(
    'by %s %s go through every row once, absent values too',
    async (path, direction) => {
      const db = await filled();
      const query = db.query('people').Order([path, direction], ['id', 'DESC']);
      const all = await db.fetch(query);
      const paged: typeof all = [];
      for (let last: (typeof all)[number] | undefined; ; last = paged.at(-1)) {
        const page = await db.fetch(query.After(last).Limit(2));
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(paged).toEqual(all);
      expect(all).toHaveLength(5);
    },
  );

  test.each<[string, unknown[], unknown[], boolean, string]>([
    ['null ascending skips what is absent', [['age', 'ASC']], [null], false, 'abc'],
    ['null ascending, inclusive, is everything', [['age', 'ASC']], [null], true, 'deabc'],
    ['null descending is the end', [['age', 'DESC']], [null], false, ''],
    ['a tie goes as a whole', [['age', 'DESC']], [3], false, 'ade'],
    ['a tie stays as a whole, inclusive', [['age', 'DESC']], [3], true, 'bcade'],
    ['a value that no row has', [['age', 'ASC']], [2], false, 'bc'],
    [
      'the first clause that differs decides',
      [
        ['age', 'DESC'],
        ['id', 'DESC'],
      ],
      [3, 'c'],
      false,
      'baed',
    ],
    ['a date as a number', [['born', 'ASC']], [day(1).getTime()], false, 'bc'],
    ['a value of another type in json', [['data', 'ASC']], [5], false, ''],
  ])('after %s', async (_what, order, cursor, inclusive, ids) => {
    const db = await filled();
    expect(await idsOf(db, { order, after: [cursor, inclusive] })).toBe(ids);
    expect(await idsOf(db, { order, after: [cursor, inclusive], limit: 1 })).toBe(ids.slice(0, 1));
  });
});

describe('attributes', () => {
  test('are those that are selected, and no id unless it is', async () => {
    const db = await filled();
    const byId = (id: string, select: string[]) =>
      db.fetchOne({ collectionName: 'people', select, where: [['id', '=', id]] } as never);
    expect(await byId('b', ['name', 'home.city', 'data.1.k'])).toStrictEqual({
      name: 'Bo',
      home: { city: 'Bonn' },
      data: { 1: { k: 'v' } },
    });
    expect(await byId('a', ['age', 'age', 'tags'])).toStrictEqual({ age: 1, tags: new Set(['x', 'y']) });
    expect(await byId('e', ['name', 'home.city']), 'absent, and null on the way').toStrictEqual({ home: null });
    expect(await byId('a', [])).toStrictEqual({});
  });

  test('that are absent are there as undefined without a schema', async () => {
    const db = new DB();
    await db.insert('free', { id: '1', a: 1 });
    expect(await db.fetch(db.query('free').Select(['a', 'b']))).toStrictEqual([{ a: 1, b: undefined }]);
  });

  test('that the schema no longer has are hidden', async () => {
    const db = new DB<any>();
    await db.insert('todos', { id: 't', text: 'a', old: 1 });
    await db.overrideSchema({
      collections: S.Collections({ todos: { schema: S.Schema({ id: S.Id(), text: S.String() }) } }),
    });
    expect(await db.fetch({ collectionName: 'todos' })).toStrictEqual([{ id: 't', text: 'a' }]);
  });
});

describe('inclusions', () => {
  test('see attributes that are not selected, and are there when nothing matches', async () => {
    const db = await filled();
    expect(
      await db.fetch(db.query('people').Select(['id']).Include('team').Where('id', 'in', ['b', 'd', 'e'])),
    ).toEqual([
      { id: 'b', team: { id: 'blue', name: 'Blue' } },
      { id: 'd', team: null },
      { id: 'e', team: null },
    ]);
    const [loner] = await db.fetch(db.query('people').Id('e').Select([]).Include('mates'));
    expect(loner, 'a missing key equals no missing key').toStrictEqual({ mates: [] });
  });

  test('are ordered and limited for each parent', async () => {
    const db = await filled();
    const query = db
      .query('teams')
      .Select(['id'])
      .Include('people', (rel) => rel('people').Select(['id']).Order('age', 'DESC').Limit(1))
      .Include('oldest', (rel) => rel('oldest').Select(['id']))
      .Include('none', (rel) => rel('people').Limit(0));
    expect(await db.fetch(query)).toEqual([
      { id: 'blue', people: [{ id: 'b' }], oldest: { id: 'b' }, none: [] },
      { id: 'red', people: [{ id: 'c' }], oldest: { id: 'c' }, none: [] },
    ]);
  });

  test('take the place of an attribute of the same name, the id too', async () => {
    const db = await filled();
    const query = db
      .query('people')
      .Id('a')
      .Select(['id', 'teamId'])
      .Include('teamId', (rel) => rel('team').Select(['name']))
      .Include('id', (rel) => rel('mates').Select(['id']));
    expect(await db.fetch(query)).toEqual([{ id: [{ id: 'a' }, { id: 'c' }], teamId: { name: 'Red' } }]);
  });

  test('nest, and read every row around them', async () => {
    const db = await filled();
    const query = db
      .query('teams')
      .Id('red')
      .Select(['id'])
      .SubqueryMany('people', (sub) =>
        sub('people')
          .Select(['id'])
          .Where('teamId', '=', '$1.id')
          .SubqueryOne('mate', (inner) =>
            inner('people').Select(['id']).Where('teamId', '=', '$2.id').Where('id', '!=', '$1.id'),
          ),
      );
    expect(await db.fetch(query)).toEqual([
      {
        id: 'red',
        people: [
          { id: 'a', mate: { id: 'c' } },
          { id: 'c', mate: { id: 'a' } },
        ],
      },
    ]);
  });

  test('repeat an entity for each parent as an object of its own', async () => {
    const db = await filled();
    const [a, c] = await db.fetch(db.query('people').Where('teamId', '=', 'red').Include('team'));
    expect(a!.team).toEqual(c!.team);
    expect(a!.team).not.toBe(c!.team);
  });

  test('may start behind a cursor and use the variables of the outermost query', async () => {
    const db = await filled();
    const subquery = {
      collectionName: 'people',
      select: ['id'],
      where: [['age', '>=', '$query.least']],
      order: [['id', 'ASC']],
      after: [['a'], false],
      vars: { least: 100 },
    };
    const include = { rest: { subquery, cardinality: 'many' } };
    const [team] = await db.fetch({ collectionName: 'teams', limit: 1, vars: { least: 1 }, include } as never);
    expect(team).toMatchObject({ rest: [{ id: 'b' }, { id: 'c' }] });
  });
});

describe('fetchOne and fetchById', () => {
  test('fetchOne is the first of what fetch returns, whatever the limit of the query, or null', async () => {
    const db = await filled();
    const query = db.query('people').Order('age', 'DESC').Limit(0);
    expect(await db.fetchOne(query)).toMatchObject({ id: 'b' });
    expect(query.limit).toBe(0);
    expect(await db.fetchOne(db.query('people').Where(false))).toBeNull();
    expect(await db.transact((tx) => tx.fetchOne(query))).toMatchObject({ id: 'b' });
  });

  test('fetchById takes an id or a variable', async () => {
    const db = await filled();
    const session = db.withSessionVars({ me: 'c' });
    const found = [];
    for (const id of ['a', '$global.who', '$session.me', '$token.me', '$global.typo', 'zz', ''])
      found.push((await session.fetchById('people', id))?.id);
    expect(found).toEqual(['a', 'b', 'c', 'c', undefined, undefined, undefined]);
    expect(await session.transact(async (tx) => (await tx.fetchById('people', '$session.me'))?.id)).toBe('c');
    expect((await session.fetchOne(db.query('people').Id('$session.me')))?.id).toBe('c');
  });
});

test('$0 is the row itself: a related value is compared with its own, or with that of another relation', async () => {
  const db = await filled();
  await db.update('teams', 'red', { name: 'Al' });
  await db.update('people', 'c', { name: 'Al' });
  const ids = (...where: unknown[]) => idsOf(db, { where });
  expect(await ids(['team.name', '=', '$0.name'])).toBe('ac');
  expect(await ids(['name', '=', '$0.team.name'])).toBe('ac');
  expect(await ids(['team.lead.id', '=', '$0.id'])).toBe('a');
  expect(await ids(['team.lead.name', '=', '$0.team.name'], ['age', '>', 1])).toBe('c');
  const namedLikeItsId = { exists: { collectionName: 'people', where: [['id', '=', '$0.name']] } };
  expect(await ids(namedLikeItsId)).toBe('');
  await db.update('people', 'e', { name: 'e' });
  expect(await ids(namedLikeItsId)).toBe('abcde');
});

test('a relational variable that is a set stands for its members, without those that were removed', async () => {
  const db = new DB<any>({
    schema: {
      collections: S.Collections({
        groups: { schema: S.Schema({ id: S.Id(), memberIds: S.Set(S.String()) }) },
        people: { schema: S.Schema({ id: S.Id() }) },
      }),
    },
  } as never);
  await db.insert('groups', { id: 'g', memberIds: new Set(['a', 'b']) });
  for (const id of ['a', 'b', 'c']) await db.insert('people', { id });
  await db.update('groups', 'g', (group: any) => void group.memberIds.delete('a'));
  const subquery = { collectionName: 'people', where: [['id', 'in', '$1.memberIds']] };
  const include = { members: { subquery, cardinality: 'many' } };
  expect(await db.fetch({ collectionName: 'groups', select: [], include } as never)).toEqual([
    { members: [{ id: 'b' }] },
  ]);
  const grouped = { exists: { collectionName: 'groups', where: [['memberIds', 'has', '$1.id']] } };
  expect(await db.fetch({ collectionName: 'people', where: [grouped] } as never)).toEqual([{ id: 'b' }]);
});

test('a count looks at every row that matches, whatever the order, the page and the limit', async () => {
  const db = await filled();
  const query = db.query('people').Where('name', 'like', '%').Order('age', 'ASC').After([1]).Limit(1);
  expect(await db.count(query)).toBe(4);
});

test('an empty reference names nobody, and is unlike everybody', async () => {
  const db = new DB();
  for (const [id, ref] of [
    ['null', null],
    ['unset', undefined],
    ['x', 'x'],
  ])
    await db.insert('from', { id, ref } as { id: string });
  for (const [id, key] of [
    ['null', null],
    ['unset', undefined],
    ['x', 'x'],
  ])
    await db.insert('to', { id, key } as { id: string });
  const whose = async (operator: string) =>
    (
      await db.fetch({
        collectionName: 'from',
        where: [{ exists: { collectionName: 'to', where: [['key', operator, '$1.ref']] } }],
      } as never)
    ).map(({ id }) => id);
  expect(await whose('=')).toEqual(['x']);
  expect(await whose('!=')).toEqual(['null', 'unset', 'x']);
  expect(await whose('>')).toEqual(['null', 'unset']);
});

test('an exists that leads from few rows to few of many leads to those that satisfy it, each once', async () => {
  const db = new DB({
    schema: {
      collections: S.Collections({
        docs: { schema: S.Schema({ id: S.Id(), key: S.String(), good: S.Boolean(), refs: S.Set(S.String()) }) },
        marks: { schema: S.Schema({ id: S.Id(), key: S.String(), good: S.Boolean() }) },
      }),
    },
  });
  /** Longer than what an index keeps of a text. */
  const key = (n: number): string => `${'k'.repeat(1_000)}${n}`;
  const refsOf = (n: number) => new Set(n === 9 ? [key(1), key(2)] : [key(3)]);
  await db.transact(async (tx) => {
    for (let n = 0; n < 400; n++) await tx.insert('docs', { id: `d${n}`, key: key(n), good: true, refs: refsOf(n) });
    await tx.insert('marks', { id: key(1), key: key(7), good: true });
    await tx.insert('marks', { id: key(2), key: key(7), good: true });
    await tx.insert('marks', { id: key(3), key: key(8), good: false });
  });
  const isGood = ['good', '=', true];
  for (const [where, expected] of [
    [[['key', '=', '$1.key'], isGood], 'd7'],
    [
      [
        ['key', '=', '$1.key'],
        ['good', '=', '$1.good'],
      ],
      'd7',
    ],
    [[['id', 'in', '$1.refs'], isGood], 'd9'],
  ] as const) {
    const query = {
      collectionName: 'docs',
      where: [{ exists: { collectionName: 'marks', where } }],
    } as never;
    expect((await db.explain(query)).access).toMatchObject({ kind: 'related' });
    expect((await db.fetch(query)).map(({ id }: { id: string }) => id)).toEqual([expected]);
    expect(await db.count(query)).toBe(1);
  }
});
