/**
 * No row that a session may not read is returned, counted, ordered by or inferred: not by an inclusion, an exists, a
 * relational order or a path, at any depth, nor by a live query when rows come and go.
 */
import { describe, expect, test } from 'vitest';
import { Schema as S } from '@triplit/db';
import type { DB } from '@triplit/db';
import { expectIds, expectResults, fill, onEveryStorage, watch } from './every-way.ts';
import type { Query } from './every-way.ts';

const collections = S.Collections({
  teams: {
    schema: S.Schema({ id: S.Id(), name: S.String(), secret: S.Boolean({ default: false }) }),
    relationships: { people: S.RelationMany('people', { where: [['teamId', '=', '$id']] }) },
    permissions: { user: { read: { filter: [['secret', '=', false]] } } },
  },
  people: {
    schema: S.Schema({ id: S.Id(), name: S.String(), teamId: S.String() }),
    relationships: {
      team: S.RelationById('teams', '$teamId'),
      notes: S.RelationMany('notes', { where: [['personId', '=', '$id']] }),
    },
    // A rule that crosses a relation: people of teams that can be read.
    permissions: { user: { read: { filter: [['team.name', 'isDefined', true]] } } },
  },
  notes: {
    schema: S.Schema({
      id: S.Id(),
      personId: S.String(),
      text: S.String(),
      sharedWith: S.Set(S.String(), { default: S.Default.Set.empty() }),
    }),
    relationships: { person: S.RelationById('people', '$personId') },
    permissions: { user: { read: { filter: [['sharedWith', 'has', '$role.uid']] } } },
  },
  locked: { schema: S.Schema({ id: S.Id(), noteId: S.String() }), permissions: {} },
});
const schema = { collections, roles: { user: { match: { sub: '$uid' } } } };

const rows = {
  teams: [
    { id: 'open', name: 'Open' },
    { id: 'spies', name: 'Spies', secret: true },
  ],
  people: [
    { id: 'ada', name: 'Ada', teamId: 'open' },
    { id: 'bond', name: 'Bond', teamId: 'spies' },
    { id: 'cem', name: 'Cem', teamId: 'open' },
  ],
  notes: [
    { id: 'n1', personId: 'ada', text: 'a', sharedWith: new Set(['me']) },
    { id: 'n2', personId: 'bond', text: 'b', sharedWith: new Set(['me']) },
    { id: 'n3', personId: 'cem', text: 'c', sharedWith: new Set(['you']) },
  ],
  locked: [{ id: 'k', noteId: 'n1' }],
};

const exists = (collectionName: string, ...where: unknown[]) => ({ exists: { collectionName, where } });
const subquery = (query: Query, cardinality = 'many') => ({ subquery: query, cardinality });

onEveryStorage((openDatabase) => {
  const openAsMe = async (): Promise<{ db: DB; me: DB }> => {
    const db = openDatabase(schema);
    await fill(db, rows);
    return { db, me: db.withSessionVars({ sub: 'me' }) as DB };
  };

  describe('a session', () => {
    test('reads and counts only what its roles allow, also by id', async () => {
      const { db, me } = await openAsMe();
      await expectIds(me, { collectionName: 'teams' }, ['open']);
      await expectIds(me, { collectionName: 'people' }, ['ada', 'cem']);
      await expectIds(me, { collectionName: 'notes' }, ['n1', 'n2']);
      await expectIds(me, { collectionName: 'locked' }, []);
      await expectIds(me, { collectionName: 'people', where: [['id', 'in', ['bond', 'ada']]] }, ['ada']);
      expect(await me.fetchById('people', 'bond')).toBeNull();
      expect(await me.fetchById('teams', 'spies')).toBeNull();
      expect(await db.fetchById('teams', 'open')).toBeNull();
      await expect(me.fetchPage({ collectionName: 'notes', order: [['id', 'ASC']], limit: 1 })).resolves.toMatchObject({
        total: 2,
        hasNextPage: true,
      });
    });

    test('with other claims, or none, reads other rows of the same query', async () => {
      const { db, me } = await openAsMe();
      const query = { collectionName: 'notes' };
      await expectIds(db.withSessionVars({ sub: 'you' }) as DB, query, ['n3']);
      await expectIds(db.withSessionVars({}) as DB, query, []);
      await expectIds(me, query, ['n1', 'n2']);
    });

    test('gets no hidden row by an inclusion at any depth, by relation or by subquery', async () => {
      const { me } = await openAsMe();
      const people = { _extends: 'people', select: ['id'], include: { notes: { _extends: 'notes', select: ['id'] } } };
      await expectResults(me, { collectionName: 'teams', select: ['id'], include: { people } }, [
        {
          id: 'open',
          people: [
            { id: 'ada', notes: [{ id: 'n1' }] },
            { id: 'cem', notes: [] },
          ],
        },
      ]);
      const person = { _extends: 'person', select: ['id'], include: { team: { _extends: 'team', select: ['id'] } } };
      await expectResults(me, { collectionName: 'notes', select: ['id'], include: { person } }, [
        { id: 'n1', person: { id: 'ada', team: { id: 'open' } } },
        { id: 'n2', person: null },
      ]);
      const inner = subquery({ collectionName: 'locked', where: [['noteId', '=', '$1.id']] });
      const outer = subquery({
        collectionName: 'notes',
        select: ['id'],
        where: [['personId', '!=', '$1.id']],
        include: { inner },
      });
      await expectResults(me, { collectionName: 'teams', select: ['id'], include: { outer } }, [
        {
          id: 'open',
          outer: [
            { id: 'n1', inner: [] },
            { id: 'n2', inner: [] },
          ],
        },
      ]);
    });

    test('cannot infer a hidden row by an exists, whatever its correlation and position', async () => {
      const { me } = await openAsMe();
      const notes = (...where: unknown[]): Query => ({ collectionName: 'notes', where });
      await expectIds(me, notes(exists('teams', ['name', '=', 'Spies'])), []);
      await expectIds(me, notes(exists('locked')), []);
      await expectIds(me, notes(exists('locked', ['noteId', '=', '$1.id'])), []);
      await expectIds(me, notes(exists('people', ['id', '=', '$1.personId'], ['name', '>=', 'B'])), []);
      await expectIds(me, notes(exists('people', ['id', '>', '$1.personId'])), ['n1', 'n2']);
      await expectIds(
        me,
        notes({ mod: 'or', filters: [exists('people', ['id', '=', '$1.personId']), ['text', '=', 'z']] }),
        ['n1'],
      );
      const nested = exists(
        'people',
        ['id', '!=', 'x'],
        exists('teams', ['id', '=', '$1.teamId'], ['secret', '=', true]),
      );
      await expectIds(me, notes({ mod: 'and', filters: [{ mod: 'or', filters: [nested, false] }, true] }), []);
      await expectIds(me, notes(exists('notes', ['id', '!=', '$1.id'], ['text', '=', 'c'])), []);
    });

    test('cannot infer a hidden row by a path, nor by what the path is compared with', async () => {
      const { me } = await openAsMe();
      await expectIds(me, { collectionName: 'notes', where: [['person.name', '=', 'Bond']] }, []);
      await expectIds(me, { collectionName: 'notes', where: [['person.team.secret', '=', true]] }, []);
      await expectIds(me, { collectionName: 'notes', where: [['text', '>', '$0.person.name']] }, ['n1']);
      await expectIds(me, { collectionName: 'teams', where: [['people.notes.text', '=', 'c']] }, []);
    });

    test('gets no order from hidden rows', async () => {
      const { db, me } = await openAsMe();
      // Visible to me: the person of n1. Of n2 it is hidden, whatever its name.
      const query = { collectionName: 'notes', order: [['person.name', 'DESC']] };
      for (const name of ['A', 'Z']) {
        await db.update('people', 'bond', { name }, { skipRules: true });
        await expectIds(me, query, ['n1', 'n2']);
        await expectIds(me, { ...query, order: [['person.team.name', 'ASC']] }, ['n2', 'n1']);
      }
    });

    test('sees rows appear and vanish live as rules on other rows change', async () => {
      const { db, me } = await openAsMe();
      const live = watch(me, {
        collectionName: 'notes',
        select: ['id'],
        include: { person: { _extends: 'person', select: ['id'] } },
      });
      const found = watch(me, { collectionName: 'notes', select: ['id'], where: [['person.name', '=', 'Bond']] });
      expect(await live.current()).toEqual([
        { id: 'n1', person: { id: 'ada' } },
        { id: 'n2', person: null },
      ]);
      expect(await found.current()).toEqual([]);
      await db.update('teams', 'spies', { secret: false }, { skipRules: true });
      expect(await live.current()).toEqual([
        { id: 'n1', person: { id: 'ada' } },
        { id: 'n2', person: { id: 'bond' } },
      ]);
      expect(await found.current()).toEqual([{ id: 'n2' }]);
      await db.update('teams', 'open', { secret: true }, { skipRules: true });
      await db.update('notes', 'n2', (note) => void note['sharedWith'].delete('me'), { skipRules: true });
      expect(await live.current()).toEqual([{ id: 'n1', person: null }]);
      expect(await found.current()).toEqual([]);
    });

    test('is bound by the same rules in a transaction, on its own writes too', async () => {
      const { db } = await openAsMe();
      await db.transact(
        async (tx) => {
          await tx.insert('notes', { id: 'n4', personId: 'ada', text: 'd', sharedWith: new Set(['you']) });
          expect(await tx.count({ collectionName: 'notes' })).toBe(4);
        },
        { skipRules: true },
      );
      await (db.withSessionVars({ sub: 'me' }) as DB).transact(async (tx) => {
        expect(await tx.count({ collectionName: 'notes' })).toBe(2);
        expect(await tx.fetchById('notes', 'n4')).toBeNull();
      });
    });
  });
});
