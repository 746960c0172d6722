import { describe, expect, test } from 'vitest';
import type { PreparedQuery } from '../ast/query.ts';
import type { Row, RowChange } from '../changes/types.ts';
import { EntityStore } from '../entities/entity-store.ts';
import { MemoryEngine } from '../storage/memory/memory-engine.ts';
import { PlanCompiler } from './plan.ts';
import { RouteTable, routeName, routesOf } from './view-routes.ts';
import type { Route } from './view-routes.ts';

const exists = (collectionName: string, ...where: unknown[]) => ({ exists: { collectionName, where } });

function routes(...where: unknown[]): readonly Route[] | undefined {
  const query = { collectionName: 'todos', where } as PreparedQuery;
  return routesOf(new PlanCompiler(() => undefined).compile(query).conditions, []);
}

/** The way, if any, then the attribute and the value. */
const textOf = ({ steps, path, kind, value }: Route): string =>
  [
    ...steps.map(({ link, collection }) => `${collection}.${link.childPath}`),
    `${kind} ${path}=${JSON.stringify(value)}`,
  ].join(' ');

const some = (count: number) => Array.from({ length: count }, (_, index) => index);
const isOwn = exists('projects', ['id', '=', '$1.projectId'], ['colour', '=', 'red']);

describe('a view is found', () => {
  test.each<[string, unknown[], string[]]>([
    ['by an equality', [['ownerId', '=', 'a']], ['value ownerId="a"']],
    ['by what is absent', [['ownerId', '=', undefined]], ['value ownerId=null']],
    ['by each value of a list', [['ownerId', 'in', ['a', null]]], ['value ownerId="a"', 'value ownerId=null']],
    ['by a member of a set', [['tags', 'SET_has', 1]], ['member tags="1"']],
    ['by nothing when it never has rows', [['ownerId', '=', 'a'], false], []],
    ['by nothing when that is said twice', [false, false], []],
    [
      'by the only equality',
      [['rank', '>', 1], ['ownerId', '=', 'a'], ['text', 'like', 'x'], true],
      ['value ownerId="a"'],
    ],
    [
      'by the first of two equalities',
      [
        ['ownerId', '=', 'a'],
        ['rank', '=', 1],
      ],
      ['value ownerId="a"'],
    ],
    [
      'by the fewest values',
      [
        ['ownerId', 'in', ['a', 'b']],
        ['rank', '=', 1],
        ['id', 'in', ['a', 'b']],
      ],
      ['value rank=1'],
    ],
    [
      'by id rather than by another equality',
      [
        ['ownerId', '=', 'a'],
        ['id', '=', 'b'],
      ],
      ['value id="b"'],
    ],
    [
      'by id although it comes first',
      [
        ['id', '=', 'b'],
        ['ownerId', '=', 'a'],
      ],
      ['value id="b"'],
    ],
    [
      'by one equality rather than by several ids',
      [
        ['ownerId', '=', 'a'],
        ['id', 'in', ['a', 'b']],
      ],
      ['value ownerId="a"'],
    ],
    [
      'inside a group',
      [
        {
          mod: 'and',
          filters: [
            ['rank', '>', 1],
            ['ownerId', '=', 'a'],
          ],
        },
      ],
      ['value ownerId="a"'],
    ],
    [
      'by either',
      [{ mod: 'or', filters: [['ownerId', '=', 'a'], isOwn, false] }],
      ['value ownerId="a"', 'projects.id value colour="red"'],
    ],
    ['by a related row', [isOwn], ['projects.id value colour="red"']],
    [
      'by itself rather than by a related row',
      [isOwn, ['ownerId', 'in', ['a', 'b']]],
      ['value ownerId="a"', 'value ownerId="b"'],
    ],
    [
      'by itself although it comes first',
      [['ownerId', 'in', ['a', 'b']], isOwn],
      ['value ownerId="a"', 'value ownerId="b"'],
    ],
    [
      'over the shorter way',
      [
        { mod: 'or', filters: [isOwn, ['ownerId', '=', 'a']] },
        exists('projects', ['id', '=', '$1.projectId'], exists('teams', ['id', '=', '$1.teamId'], ['name', '=', 'x'])),
      ],
      ['projects.id value colour="red"', 'value ownerId="a"'],
    ],
    [
      'by a related row that is named by its id',
      [exists('projects', ['name', '=', '$1.name'], ['id', '=', '$1.projectId'], ['colour', '=', 'red'])],
      ['projects.id value colour="red"'],
    ],
    [
      'by a related row that is named otherwise',
      [exists('projects', ['name', '=', '$1.name'], ['colour', '=', 'red'])],
      ['projects.name value colour="red"'],
    ],
  ])('%s', (_what, where, expected) => {
    expect(routes(...where)?.map(textOf)).toEqual(expected);
  });

  test.each<[string, unknown[]]>([
    ['of a range', [['rank', '>', 1]]],
    ['of everything', [true]],
    ['of an element of a list', [['data', 'has', 'a']]],
    ['of values with parts', [['data', 'in', ['a', ['b']]]]],
    [
      'of an alternative that has no equality',
      [
        {
          mod: 'or',
          filters: [
            ['ownerId', '=', 'a'],
            ['rank', '>', 1],
          ],
        },
      ],
    ],
    ['of related rows that nothing is known of', [exists('projects', ['id', '=', '$1.projectId'], ['rank', '>', 1])]],
    [
      'of rows that are related by no equality',
      [exists('projects', ['id', '>', '$1.projectId'], ['colour', '=', 'red'])],
    ],
  ])('by every change: one %s', (_what, where) => {
    expect(routes(...where)).toBeUndefined();
  });

  test('by so many values at most that there are fewer of them than of views', () => {
    expect(routes(['rank', 'in', some(256)])).toHaveLength(256);
    expect(routes(['rank', 'in', some(257)])).toBeUndefined();
    const either = (...counts: number[]) => ({
      mod: 'or',
      filters: counts.map((count) => ['rank', 'in', some(count)]),
    });
    expect(routes(either(128, 100, 28))).toHaveLength(256);
    expect(routes(either(128, 100, 29))).toBeUndefined();
  });
});

test('routes that differ in more than their values have different names', () => {
  const wheres = [
    ['ownerId', '=', 'a'],
    ['rank', '=', 'a'],
    ['ownerId', 'SET_has', 'a'],
    ...['teamId', 'id'].flatMap((parent) =>
      ['id', 'name'].map((child) => exists('projects', [child, '=', `$1.${parent}`], ['rank', '=', 'a'])),
    ),
    exists('teams', ['id', '=', '$1.id'], ['rank', '=', 'a']),
    exists('teams', ['id', 'in', '$1.id'], ['rank', '=', 'a']),
  ];
  expect(new Set(wheres.map((where) => routeName(routes(where)![0]!))).size).toBe(wheres.length);
  expect(routeName(routes(['ownerId', '=', 'b'])![0]!)).toBe(routeName(routes(['ownerId', '=', 'a'])![0]!));
});

describe('a table of routes', () => {
  async function storeOf(rows: Readonly<Record<string, readonly Row[]>>): Promise<EntityStore> {
    const engine = new MemoryEngine();
    const store = new EntityStore(engine);
    const changes = Object.entries(rows).flatMap(([collection, all]) =>
      all.map((row) => ({ collection, id: row['id'] as string, prev: undefined, next: row })),
    );
    await store.write(changes);
    return store;
  }
  const change = (collection: string, prev: object | undefined, next: object | undefined) =>
    ({ collection, id: 'x', prev, next }) as RowChange;

  function tableOf(where: unknown, ...values: string[]): RouteTable<string> {
    const table = new RouteTable<string>(routes(where)![0]!);
    for (const value of values) table.add(value, `of ${value}`);
    return table;
  }
  function found(table: RouteTable<string>, commit: readonly RowChange[], source: EntityStore): string[] {
    const members: string[] = [];
    for (const each of commit) table.find(each, table.losesWay(commit), source, (member) => members.push(member));
    return members.sort();
  }

  test('finds those of the value before and of the value after, each once', async () => {
    const table = tableOf(['ownerId', '=', 'a'], 'a', 'b', 'c');
    const store = await storeOf({});
    const a = { ownerId: 'a' };
    expect(found(table, [change('todos', undefined, a)], store)).toEqual(['of a']);
    expect(found(table, [change('todos', a, undefined)], store)).toEqual(['of a']);
    expect(found(table, [change('todos', a, { ...a })], store)).toEqual(['of a']);
    expect(found(table, [change('todos', a, { ownerId: 'b' })], store)).toEqual(['of a', 'of b']);
    expect(found(table, [change('todos', {}, { ownerId: 'd' })], store)).toEqual([]);
  });

  test('is empty when the last member has left', () => {
    const table = tableOf(['ownerId', '=', 'a'], 'a');
    table.add('a', 'another');
    table.delete('b', 'of a');
    table.delete('a', 'a stranger');
    table.delete('a', 'of a');
    expect(table.isEmpty).toBe(false);
    table.delete('a', 'another');
    expect(table.isEmpty).toBe(true);
  });

  const related = exists(
    'projects',
    ['id', '=', '$1.projectId'],
    exists('teams', ['id', '=', '$1.teamId'], ['name', '=', 'a']),
  );
  const projects = ['a', 'b', 'c'].map((id) => ({ id, teamId: id }));
  const teams = ['a', 'b', 'c'].map((id) => ({ id, name: id }));
  const a = { projectId: 'a' };
  const b = { projectId: 'b' };

  test('finds those of the rows to which a row leads, and led', async () => {
    const table = tableOf(related, 'a', 'b', 'c');
    const store = await storeOf({ projects, teams });
    expect(found(table, [change('todos', undefined, a)], store)).toEqual(['of a']);
    expect(found(table, [change('todos', a, { ...a, rank: 1 })], store)).toEqual(['of a']);
    expect(found(table, [change('todos', a, b)], store)).toEqual(['of a', 'of b']);
    expect(found(table, [change('todos', b, undefined)], store)).toEqual(['of b']);
  });

  test('finds everybody where the same commit may have led elsewhere before, and only there', async () => {
    const table = tableOf(related, 'a', 'b', 'c');
    const store = await storeOf({ projects, teams });
    const [project, team] = [projects[0]!, teams[0]!];
    const foundWith = (...others: RowChange[]) =>
      found(table, [change('todos', undefined, a), ...others], store).length;
    for (const [collection, prev, next] of [
      ['projects', project, undefined],
      ['projects', project, { ...project, teamId: 'b' }],
      ['projects', { ...project, id: 'd' }, project],
      ['teams', team, undefined],
      ['teams', team, { ...team, name: 'd' }],
    ] as const)
      expect(table.losesWay([change('todos', undefined, a), change(collection, prev, next)])).toBe(true);
    for (const [collection, prev, next] of [
      ['projects', undefined, project],
      ['projects', project, { ...project, name: 'x' }],
      ['teams', undefined, team],
      ['teams', team, { ...team, size: 2 }],
      ['labels', team, undefined],
    ] as const)
      expect(table.losesWay([change('todos', undefined, a), change(collection, prev, next)])).toBe(false);
    expect(foundWith(change('todos', undefined, b))).toBe(2);
    expect(found(table, [change('teams', team, undefined)], store)).toEqual(['of a', 'of b', 'of c']);
  });

  test('finds everybody where the way cannot be followed, or leads to too many rows', async () => {
    const byName = exists('projects', ['name', '=', '$1.name'], ['colour', '=', 'a']);
    const table = tableOf(byName, 'a', 'b');
    const named = (count: number) => some(count).map((index) => ({ id: `p${index}`, name: 'x', colour: 'a' }));
    const inserted = [change('todos', undefined, { name: 'x' })];
    const removed = [change('todos', { name: 'x' }, undefined)];
    for (const [rows, expected] of [
      [64, ['of a']],
      [65, ['of a', 'of b']],
    ] as const) {
      const store = await storeOf({ projects: named(rows) });
      expect(found(table, inserted, store)).toEqual(expected);
      expect(found(table, removed, store)).toEqual(expected);
    }
    const store = await storeOf({ projects: named(1) });
    expect(found(table, [change('todos', undefined, { name: ['x'] })], store)).toEqual(['of a', 'of b']);
    const unreadable = {
      get name(): never {
        throw new Error('The row cannot be read.');
      },
    };
    expect(found(table, [change('todos', undefined, unreadable)], store)).toEqual(['of a', 'of b']);
    const many = tableOf(byName, ...some(100).map(String), 'a');
    expect(found(many, inserted, await storeOf({ projects: named(101) }))).toEqual(['of a']);
  });
});
