/**
 * The law: whatever a transaction changes, and of whichever rows on the way, every live view shows what a fetch returns.
 * There are so many views at once that each is found by what it asks for.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DB, Schema as S, and, or } from '../index.ts';

const collections = S.Collections({
  teams: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { members: S.RelationMany('members', { where: [['teamId', '=', '$id']] }) },
  },
  members: { schema: S.Schema({ id: S.Id(), teamId: S.String(), userId: S.String() }) },
  projects: {
    schema: S.Schema({ id: S.Id(), teamId: S.Optional(S.String()), colour: S.String(), editors: S.Set(S.String()) }),
    relationships: { team: S.RelationById('teams', '$teamId') },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      projectId: S.Optional(S.String()),
      ownerId: S.Optional(S.String()),
      rank: S.Number(),
      done: S.Boolean(),
      labelIds: S.Set(S.String()),
      ranks: S.Set(S.Number()),
      data: S.Json(),
    }),
    relationships: {
      project: S.RelationById('projects', '$projectId'),
      labels: S.RelationMany('labels', { where: [['id', 'in', '$labelIds']] }),
    },
  },
  labels: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
});

const exists = (collectionName: string, ...where: unknown[]) => ({ exists: { collectionName, where } });

const names = ['a', 'b', 'c'];
const rankOf = (name: string): number => names.indexOf(name);

/** What each of the names asks for. */
const filters: readonly ((name: string) => unknown)[] = [
  (name) => ['ownerId', '=', name],
  (name) => ['ownerId', 'in', [name, 'b', null]],
  (name) => ['labelIds', 'has', name],
  (name) => ['ranks', 'has', rankOf(name)],
  (name) => ['data', 'has', name],
  (name) => ['data', '=', { name }],
  (name) => and([['rank', '>', rankOf(name)] as never, or([['done', '=', true] as never, false])]),
  (name) => ['project.colour', '=', name],
  (name) => ['project.editors', 'has', name],
  (name) => ['project.team.members.userId', '=', name],
  (name) => ['labels.name', '=', name],
  (name) => or([['ownerId', '=', name] as never, ['project.team.members.userId', '=', name] as never]),
  (name) => or([['project.colour', '=', name] as never, ['rank', '>', 1] as never]),
  (name) => exists('projects', ['editors', 'has', '$1.ownerId'], ['colour', '=', name]),
  (name) => exists('projects', ['colour', '=', name], ['id', '>', '$1.projectId']),
  (name) => exists('labels', ['name', '=', name], ['id', '=', 'a']),
  (name) =>
    exists(
      'projects',
      ['id', '=', '$1.projectId'],
      exists('members', ['teamId', '=', '$1.teamId'], ['userId', '=', '$2.ownerId'], ['id', '!=', name]),
    ),
  (name) =>
    exists('members', ['userId', '=', '$1.ownerId'], exists('labels', ['id', '=', '$2.ownerId'], ['name', '=', name])),
];
const queries = [
  ...filters.flatMap((filter) => names.map((name) => ({ collectionName: 'todos', where: [filter(name)] }))),
  { collectionName: 'todos', where: [['ownerId', '=', null]] },
  { collectionName: 'todos', where: [['id', '=', 'a']] },
  { collectionName: 'projects', where: [exists('todos', ['projectId', '=', '$1.id'], ['ownerId', '=', 'a'])] },
  { collectionName: 'projects', where: [exists('todos', ['ownerId', 'in', '$1.editors'], ['done', '=', true])] },
];

const name = fc.constantFrom(...names);
const reference = fc.option(name);
const members = fc.uniqueArray(name).map((keys) => new Set(keys));
const attributes: Record<string, fc.Arbitrary<object>> = {
  teams: fc.record({ name }),
  members: fc.record({ teamId: name, userId: name }),
  projects: fc.record({ teamId: reference, colour: name, editors: members }),
  todos: fc.record({
    projectId: reference,
    ownerId: reference,
    rank: fc.nat(3),
    done: fc.boolean(),
    labelIds: members,
    ranks: fc.uniqueArray(fc.nat(2)).map((ranks) => new Set(ranks)),
    data: fc.oneof(fc.array(name, { maxLength: 2 }), fc.record({ name }), name),
  }),
  labels: fc.record({ name }),
};
interface Write {
  readonly collection: string;
  readonly id: string;
  readonly value: object | undefined;
}
const write: fc.Arbitrary<Write> = fc.constantFrom(...Object.keys(attributes)).chain((collection) =>
  fc.record({
    collection: fc.constant(collection),
    id: name,
    value: fc.option(attributes[collection]!, { nil: undefined, freq: 4 }),
  }),
);

test('law: every view shows what a fetch returns, whatever changes at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 12 }), async (commits) => {
      const db = new DB<any>({ schema: { collections } } as never);
      const shown: unknown[] = [];
      for (const [index, query] of queries.entries())
        db.subscribe(query as never, (rows) => void (shown[index] = idsOf(rows)));
      for (const commit of [names.flatMap(allOf), ...commits]) {
        await db.transact(async (tx) => {
          for (const { collection, id, value } of commit) {
            if (value === undefined) await tx.delete(collection, id);
            else if ((await tx.fetchById(collection, id)) === null) await tx.insert(collection, { id, ...value });
            else await tx.update(collection, id, (row: object) => void Object.assign(row, value));
          }
        });
        await db.updateQueryViews();
        db.broadcastToQuerySubscribers();
        for (const [index, query] of queries.entries()) {
          const rows = await db.fetch(query as never);
          expect({ query, shows: shown[index] }).toEqual({ query, shows: idsOf(rows) });
        }
      }
    }),
    { numRuns: 15 },
  );
});

const idsOf = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map((row) => row['id']);

/** What is there in the beginning: everything of one name belongs together. */
function allOf(id: string): Write[] {
  return [
    { collection: 'teams', id, value: { name: id } },
    { collection: 'members', id, value: { teamId: id, userId: id } },
    { collection: 'labels', id, value: { name: id } },
    { collection: 'projects', id, value: { teamId: id, colour: id, editors: new Set([id]) } },
    {
      collection: 'todos',
      id,
      value: {
        projectId: id,
        ownerId: id,
        rank: 1,
        done: true,
        labelIds: new Set([id]),
        ranks: new Set([rankOf(id)]),
        data: [id],
      },
    },
  ];
}
