/**
 * The law: what a commit costs does not grow with the number of views that it does not concern. Counted, not timed: the
 * views that are asked to update, and the rows that are read. That the right views are among those asked is held by
 * `tests/oracle`.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DB, Schema as S, or } from '../index.ts';
import { EntityStore } from '../entities/entity-store.ts';
import { View } from './view.ts';

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
