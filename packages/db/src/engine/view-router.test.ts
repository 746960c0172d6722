/**
 * Which rows of a view a commit asks for, and the law: what a commit costs does not grow with the number of views that it
 * does not concern. Counted, not timed: the views that are asked to update, and the rows that are read. That views are
 * right in the end is held by `view.test.ts` and `tests/oracle`.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PreparedQuery } from '../ast/query.ts';
import type { Row, RowChange } from '../changes/types.ts';
import { DB, Schema as S, or } from '../index.ts';
import { EntityStore } from '../entities/entity-store.ts';
import { MemoryEngine } from '../storage/memory/memory-engine.ts';
import { Engine } from './engine.ts';
import { View } from './view.ts';
import { ViewRouter } from './view-router.ts';

/** The rows are those after the commit. */
async function routerOver(rows: Readonly<Record<string, readonly object[]>> = {}) {
  const storage = new MemoryEngine();
  const store = new EntityStore(storage);
  const inserted = Object.entries(rows).flatMap(([collection, all]) =>
    (all as readonly Row[]).map((next) => ({ collection, id: next['id'] as string, prev: undefined, next })),
  );
  await store.write(inserted);
  const engine = new Engine(store, () => undefined);
  const router = new ViewRouter(store);
  return {
    router,
    register(...where: unknown[]): View {
      const plan = engine.compile({ collectionName: 'todos', where } as PreparedQuery);
      // Of rows around the view everything is called me.
      const view = new View(
        plan,
        plan.parameters.map(() => 'me'),
        engine,
      );
      router.register(view);
      return view;
    },
    /** The ids asked for, each as often as it is. */
    asked(...commit: readonly RowChange[]): string[] {
      const ids: string[] = [];
      router.route(commit, (_view, id) => ids.push(id));
      return ids.sort();
    },
  };
}

const change = (collection: string, id: string, prev: object | undefined, next: object | undefined): RowChange => ({
  collection,
  id,
  prev: prev === undefined ? undefined : { id, ...prev },
  next: next === undefined ? undefined : { id, ...next },
});
const exists = (collectionName: string, ...where: unknown[]) => ({ exists: { collectionName, where } });
const isLarge = ['size', '>', 1];
const inLargeProject = exists('projects', ['id', '=', '$1.projectId'], isLarge);
const inProjectOfLargeTeam = exists(
  'projects',
  ['id', '=', '$1.projectId'],
  exists('teams', isLarge, ['id', '=', '$1.teamId']),
);
const related = {
  todos: [
    { id: 'x', projectId: 'p', ownerId: 'me', name: 'n' },
    { id: 'y', projectId: 'p', name: 'n' },
    { id: 'z', projectId: 'q' },
  ],
  projects: [
    { id: 'p', teamId: 't' },
    { id: 'q', teamId: 'u' },
  ],
};

describe('a commit asks for', () => {
  const large = { size: 2 };
  const small = { size: 1 };
  test.each<[string, unknown, readonly RowChange[], string[]]>([
    ['a row that enters', isLarge, [change('todos', 'x', small, large)], ['x']],
    ['a row that leaves', isLarge, [change('todos', 'x', large, undefined)], ['x']],
    ['a row that stays, once', isLarge, [change('todos', 'x', large, { size: 3 })], ['x']],
    ['no row that matches neither before nor after', isLarge, [change('todos', 'x', small, { size: 0 })], []],
    [
      'no row of other collections',
      isLarge,
      [change('labels', 'a', small, large), change('todos', 'x', small, large), change('labels', 'b', small, large)],
      ['x'],
    ],
    [
      'those that a related row names when it comes',
      inLargeProject,
      [change('projects', 'p', undefined, large)],
      ['x', 'y'],
    ],
    ['those that it names when it goes', inLargeProject, [change('projects', 'p', large, undefined)], ['x', 'y']],
    [
      'those that it names when it begins to match',
      inLargeProject,
      [change('projects', 'p', small, large)],
      ['x', 'y'],
    ],
    ['nothing when it does not match', inLargeProject, [change('projects', 'p', small, { size: 0 })], []],
    [
      'nothing when it changes in what is not asked',
      inLargeProject,
      [change('projects', 'p', large, { ...large, name: 'n' })],
      [],
    ],
    ['those that are named over two relations', inProjectOfLargeTeam, [change('teams', 't', small, large)], ['x', 'y']],
    [
      'those that are named beside an equality with a value',
      exists('projects', ['kind', '=', 'a'], ['id', '=', '$1.projectId']),
      [change('projects', 'p', { kind: 'b' }, { kind: 'a' })],
      ['x', 'y'],
    ],
    [
      'those that are named past a relation',
      exists('projects', ['id', '=', '$1.projectId'], exists('members', isLarge, ['userId', '=', '$2.ownerId'])),
      [change('members', 'm', { ...small, userId: 'me' }, { ...large, userId: 'me' })],
      ['x'],
    ],
    [
      'those that are named beside a row around the view',
      exists('projects', ['ownerId', '=', '$2.name'], ['id', '=', '$1.projectId'], isLarge),
      [change('projects', 'p', { ...small, ownerId: 'me' }, { ...large, ownerId: 'me' })],
      ['x', 'y'],
    ],
    [
      'those in a group of alternatives',
      { mod: 'or', filters: [isLarge, inLargeProject] },
      [change('projects', 'q', small, large)],
      ['z'],
    ],
    [
      'those that are named by id, where others are named as well',
      exists('projects', ['name', '=', '$1.name'], ['todoId', '=', '$1.id'], isLarge),
      [change('projects', 'p', undefined, { ...large, name: 'n', todoId: 'y' })],
      ['y'],
    ],
    [
      'those that are named by id, whichever equality comes first',
      exists('projects', ['todoId', '=', '$1.id'], ['name', '=', '$1.name'], isLarge),
      [change('projects', 'p', undefined, { ...large, name: 'n', todoId: 'y' })],
      ['y'],
    ],
    [
      'everything where no equality names a row',
      exists('projects', ['id', '>', '$1.projectId'], isLarge, ['id', '=', 'p']),
      [change('projects', 'p', small, large)],
      ['all'],
    ],
  ])('%s', async (_what, where, commit, ids) => {
    const { register, asked } = await routerOver(related);
    register(where);
    expect(asked(...commit)).toEqual(ids);
  });

  test('a row that leaves with the related row by which it was there', async () => {
    const { register, asked } = await routerOver();
    register(isLarge, inLargeProject);
    const leaving = { ...large, projectId: 'p' };
    expect(asked(change('projects', 'p', large, undefined), change('todos', 'x', leaving, undefined))).toEqual(['x']);
    expect(asked(change('todos', 'x', { ...small, projectId: 'p' }, undefined))).toEqual([]);
  });

  test('those of a related row that is led elsewhere as what it led to goes', async () => {
    const { register, asked } = await routerOver({ todos: related.todos, projects: [{ id: 'p', teamId: 'v' }] });
    register(inProjectOfLargeTeam);
    const commit = [change('projects', 'p', { teamId: 't' }, { teamId: 'v' }), change('teams', 't', large, undefined)];
    expect(new Set(asked(...commit))).toEqual(new Set(['x', 'y']));
  });

  test('everything, once, where so many rows change that reading all is cheaper', async () => {
    const { register, asked } = await routerOver(related);
    register(isLarge);
    const many = (collection: string, count: number) =>
      Array.from({ length: count }, (_, index) => change(collection, `c${index}`, small, large));
    expect(asked(...many('todos', 64))).toHaveLength(64);
    expect(asked(...many('labels', 60), ...many('todos', 60))).toHaveLength(60);
    expect(asked(...many('todos', 65))).toEqual(['all']);
    const others = await routerOver(related);
    others.register(inLargeProject);
    expect(others.asked(...many('projects', 65), change('projects', 'p', small, large))).toEqual(['x', 'y']);
  });

  test('nothing any more when the view is gone', async () => {
    const { router, register, asked } = await routerOver(related);
    const isMine = ['ownerId', '=', 'me'];
    const commit = [
      change('todos', 'x', undefined, { ...large, ownerId: 'me' }),
      change('projects', 'p', small, large),
      change('projects', 'q', undefined, { ownerId: 'me' }),
    ];
    for (const where of [
      isLarge,
      isMine,
      { mod: 'or', filters: [isMine, isMine] },
      inLargeProject,
      exists('projects', ['id', '=', '$1.projectId'], isMine),
    ]) {
      const view = register(where);
      expect(asked(...commit).length).toBeGreaterThan(0);
      router.unregister(view);
      expect(asked(...commit)).toEqual([]);
      router.unregister(view);
    }
  });

  test('everything of a view whose rows cannot be read', async () => {
    const { register, asked } = await routerOver();
    register(isLarge);
    const next = {
      id: 'x',
      get size(): never {
        throw new Error('The row cannot be read.');
      },
    };
    expect(asked({ collection: 'todos', id: 'x', prev: undefined, next })).toEqual(['all']);
  });

  test('rows of those views that are left when another by the same attribute is gone', async () => {
    const { router, register, asked } = await routerOver();
    const [gone] = ['a', 'b'].map((owner) => register(['ownerId', '=', owner]));
    router.unregister(gone!);
    expect(asked(change('todos', 'x', { ownerId: 'a' }, { ownerId: 'b' }))).toEqual(['x']);
    expect(asked(change('todos', 'x', undefined, { ownerId: 'a' }))).toEqual([]);
  });

  test('nothing of views by other values, and does not look at them', async () => {
    const { register, asked } = await routerOver();
    for (let n = 0; n < 100; n++) register(['ownerId', '=', `u${n}`]);
    let reads = 0;
    const next = {
      id: 'x',
      get ownerId() {
        reads++;
        return 'u7';
      },
    };
    expect(asked({ collection: 'todos', id: 'x', prev: undefined, next })).toEqual(['x']);
    expect(reads).toBeLessThan(10);
  });
});

const schema = {
  collections: S.Collections({
    teams: {
      schema: S.Schema({ id: S.Id(), name: S.String() }),
      relationships: { members: S.RelationMany('members', { where: [['teamId', '=', '$id']] }) },
    },
    members: { schema: S.Schema({ id: S.Id(), teamId: S.String(), userId: S.String() }) },
    projects: {
      schema: S.Schema({ id: S.Id(), teamId: S.String(), colour: S.String(), editors: S.Set(S.String()) }),
      relationships: { team: S.RelationById('teams', '$teamId') },
    },
    todos: {
      schema: S.Schema({
        id: S.Id(),
        projectId: S.String(),
        ownerId: S.String(),
        rank: S.Number(),
        labelIds: S.Set(S.String()),
      }),
      relationships: {
        project: S.RelationById('projects', '$projectId'),
        labels: S.RelationMany('labels', { where: [['id', 'in', '$labelIds']] }),
      },
    },
    labels: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
  }),
};

/** What the view of one user asks for, as `where`. */
const filters: Record<string, (user: string) => any[]> = {
  'an attribute of its own': (user) => [['ownerId', '=', user]],
  'an attribute of a related row': (user) => [['project.colour', '=', user]],
  'a member of a set of a related row': (user) => [['project.editors', 'has', user]],
  'rows related over three relations': (user) => [['project.team.members.userId', '=', user]],
  'a relation by a set of ids': (user) => [['labels.name', '=', user]],
  'its own or a related row': (user) => [
    or([
      ['ownerId', '=', user],
      ['project.team.members.userId', '=', user],
    ]),
  ],
  'a range': (user) => [['rank', '>', 1_000 + Number(user.slice(1))]],
};

async function open(views: number, filter: (user: string) => any[]) {
  const db = new DB({ schema });
  await db.transact(async (tx) => {
    for (const n of [0, 1]) {
      await tx.insert('teams', { id: `team${n}`, name: '' });
      await tx.insert('members', { id: `member${n}`, teamId: `team${n}`, userId: `u${n}` });
      await tx.insert('labels', { id: `label${n}`, name: `u${n}` });
      await tx.insert('projects', { id: `p${n}`, teamId: `team${n}`, colour: `u${n}`, editors: new Set([`u${n}`]) });
    }
    await tx.insert('todos', todo('first'));
  });
  const ids: Record<string, string[]> = {};
  for (let n = 0; n < views; n++)
    db.subscribe(db.query('todos').Where(...filter(`u${n}`)), (rows: { id: string }[]) => {
      ids[`u${n}`] = rows.map((row) => row.id);
    });
  await deliver(db);
  return { db, ids };
}

const todo = (id: string) => ({ id, projectId: 'p0', ownerId: 'u0', rank: 1_001, labelIds: new Set(['label0']) });

async function deliver(db: DB<any>) {
  await db.updateQueryViews();
  db.broadcastToQuerySubscribers();
}

afterEach(() => void vi.restoreAllMocks());

async function costOf(act: () => Promise<unknown>) {
  const updates = vi.spyOn(View.prototype, 'update');
  const reads = [vi.spyOn(EntityStore.prototype, 'row'), vi.spyOn(EntityStore.prototype, 'indexedRows')];
  await act();
  const cost = {
    updates: updates.mock.calls.length,
    reads: reads.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
  };
  vi.restoreAllMocks();
  return cost;
}

describe.each(Object.entries(filters))('views by %s', (_, filter) => {
  test.each<[string, (db: DB<any>) => Promise<unknown>]>([
    ['an insert', (db) => db.insert('todos', todo('second'))],
    ['an update', (db) => db.update('todos', 'first', { rank: 1_000.5 })],
    ['a delete', (db) => db.delete('todos', 'first')],
  ])('%s costs the same beside 5 and beside 200 others', async (_name, act) => {
    const few = await open(5, filter);
    const many = await open(200, filter);
    const costs = [await costOf(() => act(few.db)), await costOf(() => act(many.db))];
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[1]!.updates).toBeLessThanOrEqual(2);
  });

  test('a row that is led elsewhere leaves one view and enters another', async () => {
    const { db, ids } = await open(50, filter);
    expect(ids['u0']).toEqual(['first']);
    await db.update('todos', 'first', (first) => {
      Object.assign(first, { projectId: 'p1', ownerId: 'u1', rank: 999, labelIds: new Set(['label1']) });
    });
    await deliver(db);
    const entered = filter === filters['a range'] ? [] : ['first'];
    expect([ids['u0'], ids['u1'], ids['u2']]).toEqual([[], entered, []]);
  });
});

/** What the way led to before the commit cannot be read after it: everybody is asked, and nobody is forgotten. */
test.each<[string, (tx: any) => Promise<unknown>]>([
  ['changed', (tx) => tx.update('projects', 'p0', { colour: 'u3' })],
  ['deleted', (tx) => tx.delete('projects', 'p0')],
])('a row leaves a view although the related row is %s in the same transaction', async (_, change) => {
  const { db, ids } = await open(50, filters['an attribute of a related row']!);
  await db.transact(async (tx) => {
    await change(tx);
    await tx.update('todos', 'first', { projectId: 'p1' });
  });
  await deliver(db);
  expect([ids['u0'], ids['u1'], ids['u3']]).toEqual([[], ['first'], []]);
});

test('a row enters a view although the related row is inserted in the same transaction', async () => {
  const { db, ids } = await open(50, filters['an attribute of a related row']!);
  await db.transact(async (tx) => {
    await tx.insert('todos', { ...todo('second'), projectId: 'p2' });
    await tx.insert('projects', { id: 'p2', teamId: 'team0', colour: 'u7', editors: new Set() });
  });
  await deliver(db);
  expect(ids['u7']).toEqual(['second']);
});

/** Following a way to more rows than there are views would cost more than asking the views. */
test('where very many rows are related, the views are asked instead', async () => {
  const filter = filters['rows related over three relations']!;
  const { db, ids } = await open(5, filter);
  await db.transact(async (tx) => {
    for (let n = 0; n < 2_000; n++) await tx.insert('members', { id: `m${n}`, teamId: 'team0', userId: `other${n}` });
  });
  const visited = vi.spyOn(Set.prototype, 'add');
  await db.insert('todos', todo('second'));
  const { length } = visited.mock.calls;
  vi.restoreAllMocks();
  expect(length).toBeLessThan(500);
  await deliver(db);
  expect([ids['u0'], ids['u1']]).toEqual([['first', 'second'], []]);
});
