/** When a session may write: each operation by its own rule, on the state after the whole transaction. */
import { describe, expect, test } from 'vitest';
import type { Filter } from '../ast/query.ts';
import { WritePermissionError } from '../base/errors.ts';
import type { DBChanges } from '../changes/types.ts';
import { DB } from '../database/database.ts';
import { exists } from '../query/filters.ts';
import { Schema as S } from '../schema/builder.ts';
import type { CollectionPermissions } from '../schema/types.ts';

const roles = { user: { match: { sub: '$uid' } }, editor: { match: { editor: true } } };
type Permissions = Record<string, CollectionPermissions>;
const to = (...filter: Filter[]) => ({ filter });
const all = to(true);
const free: CollectionPermissions = { read: all, insert: all, update: all, delete: all };

function open({ notes, people }: { notes?: Permissions; people?: Permissions } = {}) {
  const collections = S.Collections({
    notes: {
      schema: S.Schema({ id: S.Id(), owner: S.Optional(S.String()), text: S.Optional(S.String()) }),
      relationships: { person: S.RelationById('people', '$owner') },
      ...(notes && { permissions: notes }),
    },
    people: {
      schema: S.Schema({ id: S.Id(), hidden: S.Boolean({ default: false }) }),
      relationships: { notes: S.RelationMany('notes', { where: [['owner', '=', '$id']] }) },
      ...(people && { permissions: people }),
    },
  });
  const db = new DB({ schema: { collections, roles }, variables: { open: true, list: ['a', 'b'] } });
  return { db, me: db.withSessionVars({ sub: 'me', team: { lead: 'boss' } }) };
}
const past = { skipRules: true };
const mine: Filter = ['owner', '=', '$role.uid'];

describe('a write', () => {
  test('is free without permissions, with a session and without', async () => {
    const { db, me } = open();
    for (const handle of [db, me]) {
      await handle.insert('notes', { id: 'n' });
      await handle.update('notes', 'n', { text: 'x' });
      await handle.delete('notes', 'n');
    }
  });

  test.each<[string, Permissions]>([
    ['nothing', {}],
    ['another role', { editor: free }],
    ['another operation', { user: { read: all, postUpdate: all } }],
    ['a permission without filter', { user: { insert: {}, update: {}, delete: {} } }],
    ['a filter that is empty', { user: { insert: to(), update: to(), delete: to() } }],
    ['a filter that is false', { user: { insert: to(true, false), update: to(false), delete: to(false) } }],
  ])('is denied by %s, also without a session', async (_name, notes) => {
    const { db, me } = open({ notes });
    await db.insert('notes', { id: 'n', text: 'x' }, past);
    for (const handle of [db, me]) {
      await expect(handle.insert('notes', { id: 'new' })).rejects.toThrow(WritePermissionError);
      await expect(handle.update('notes', 'n', { text: 'y' })).rejects.toThrow(WritePermissionError);
      await expect(handle.delete('notes', 'n')).rejects.toThrow(WritePermissionError);
    }
    expect(await db.fetch(db.query('notes'), past)).toEqual([{ id: 'n', text: 'x' }]);
  });

  test('is refused in words that programs and people can use', async () => {
    const { db } = open({ notes: { user: { read: all } } });
    const session = db.withSessionVars({ sub: 'me', editor: true });
    const failure = await session.insert('notes', { id: 'n' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'WritePermissionError', status: 401, collection: 'notes', entityId: 'n' });
    expect((failure as Error).message).toBe(
      "'insert' permission for the collection 'notes' prevented the insertion of the entity with id 'n'. The provided session roles were [user, editor].",
    );
    await expect(db.insert('notes', { id: 'n' })).rejects.toThrow('The provided session roles were [].');
    await db.insert('notes', { id: 'n', text: 'x' }, past);
    await expect(session.update('notes', 'n', { text: 'y' })).rejects.toThrow(/'update' permission .* the update of/);
    await expect(session.delete('notes', 'n')).rejects.toThrow(/'delete' permission .* the deletion of/);
  });

  test('takes its whole transaction with it', async () => {
    const { db, me } = open({ notes: { user: { ...free, insert: to(mine) } } });
    const transaction = me.transact(async (tx) => {
      await tx.insert('people', { id: 'p' });
      await tx.insert('notes', { id: 'n', owner: 'other' });
    });
    await expect(transaction).rejects.toThrow(WritePermissionError);
    expect(await db.fetch(db.query('people'))).toEqual([]);
  });

  test('by several roles may do what any of them may', async () => {
    const notes = { user: { ...free, insert: to(mine) }, editor: { insert: to(['text', '=', 'edited']) } } as const;
    const { db, me } = open({ notes });
    const both = db.withSessionVars({ sub: 'me', editor: true });
    await both.insert('notes', { id: '1', owner: 'me' });
    await both.insert('notes', { id: '2', text: 'edited' });
    await expect(both.insert('notes', { id: '3', text: 'mine' })).rejects.toThrow(WritePermissionError);
    await expect(me.insert('notes', { id: '3', text: 'edited' })).rejects.toThrow(WritePermissionError);
  });

  test('follows the roles of the schema in force', async () => {
    const { db, me } = open({ notes: { user: free } });
    await me.insert('notes', { id: '1' });
    await db.overrideSchema({ ...db.schema!, roles: { user: { match: { sub: 'somebody' } } } });
    await expect(me.insert('notes', { id: '2' })).rejects.toThrow(WritePermissionError);
  });

  test.each(['insert', 'update', 'delete', 'transact'] as const)('past rules: %s', async (operation) => {
    const { db } = open({ notes: {} });
    await db.insert('notes', { id: 'n' }, past);
    if (operation === 'insert') await db.insert('notes', { id: 'm' }, past);
    if (operation === 'update') await db.update('notes', 'n', { text: 'x' }, past);
    if (operation === 'delete') await db.delete('notes', 'n', past);
    if (operation === 'transact')
      await db.transact(async (tx) => {
        expect(await tx.fetchById('notes', 'n')).not.toBeNull();
        await tx.update('notes', 'n', { text: 'x' });
      }, past);
    expect(await db.fetch(db.query('notes'))).toEqual([]);
  });
});

describe('an update', () => {
  test('is judged by the entity as it was, and then by what it became', async () => {
    const { db, me } = open({ notes: { user: { ...free, update: to(mine), postUpdate: to(['text', '!=', 'bad']) } } });
    await db.insert('notes', { id: 'n', owner: 'me', text: 'x' }, past);
    await expect(me.update('notes', 'n', { text: 'bad' })).rejects.toThrow(/'postUpdate' permission/);
    await me.update('notes', 'n', { owner: 'other' });
    await expect(me.update('notes', 'n', { owner: 'me' })).rejects.toThrow(/'update' permission/);
  });

  test('may be kept from changing an attribute, set or not, and not from writing the same value', async () => {
    const { db, me } = open({ notes: { user: { ...free, postUpdate: to(['owner', '=', '$prev.owner']) } } });
    await db.insert('notes', { id: 'n', owner: 'me', text: 'x' }, past);
    await db.insert('notes', { id: 'unset', text: 'x' }, past);
    await me.update('notes', 'n', { owner: 'me', text: 'y' });
    await me.update('notes', 'unset', { text: 'y' });
    await expect(me.update('notes', 'n', { owner: 'other' })).rejects.toThrow(WritePermissionError);
    await expect(me.update('notes', 'unset', { owner: 'me' })).rejects.toThrow(WritePermissionError);
  });

  test('is what inserting an entity that is there needs', async () => {
    const { db, me } = open({ notes: { user: { ...free, insert: to(false), update: to(mine) } } });
    await db.insert('notes', { id: 'n', owner: 'me' }, past);
    await db.insert('notes', { id: 'o', owner: 'other' }, past);
    await me.insert('notes', { id: 'n', text: 'x' });
    await expect(me.insert('notes', { id: 'o', text: 'x' })).rejects.toThrow(/'update' permission/);
  });

  test('of nothing is not judged: a missing entity, or no change', async () => {
    const { db, me } = open({ notes: { user: { ...free, update: to(false) } } });
    await db.insert('notes', { id: 'n', text: 'x' }, past);
    await me.update('notes', 'missing', { text: 'y' });
    await me.update('notes', 'n', { text: 'x' });
    await me.delete('notes', 'missing');
  });

  test('is granted by a role with a postUpdate, not by one that has none', async () => {
    const notes = { user: { ...free, postUpdate: to(false) }, editor: free };
    const { db } = open({ notes });
    await db.insert('notes', { id: 'n' }, past);
    const both = db.withSessionVars({ sub: 'me', editor: true });
    await expect(both.update('notes', 'n', { text: 'x' })).rejects.toThrow(/'postUpdate' permission/);
    await db.withSessionVars({ editor: true }).update('notes', 'n', { text: 'x' });
  });
});

describe('the state after the transaction', () => {
  const notes: Permissions = { user: { ...free, insert: to(exists('person') as Filter) } };

  test('has what the transaction itself wrote, in any order', async () => {
    const { db, me } = open({ notes });
    await expect(me.insert('notes', { owner: 'me' })).rejects.toThrow(WritePermissionError);
    await me.transact(async (tx) => {
      await tx.insert('notes', { id: 'n', owner: 'me' });
      await tx.insert('people', { id: 'me' });
    });
    const again = me.transact(async (tx) => {
      await tx.insert('notes', { owner: 'me' });
      await tx.delete('people', 'me');
    });
    await expect(again).rejects.toThrow(WritePermissionError);
    expect(await db.fetchById('people', 'me', past)).not.toBeNull();
  });

  test('has an entity that was deleted and inserted anew: both are judged', async () => {
    const replace = async (handle: ReturnType<typeof open>['me']) =>
      handle.transact(async (tx) => {
        await tx.delete('notes', 'n');
        await tx.insert('notes', { id: 'n', owner: 'me' });
      });
    for (const [rules, allowed] of [
      [{ ...free, delete: to(mine), insert: to(mine), update: to(false) }, false],
      [{ ...free, delete: all, insert: to(mine), update: to(false) }, true],
    ] as const) {
      const { db, me } = open({ notes: { user: rules } });
      await db.insert('notes', { id: 'n', owner: 'other' }, past);
      if (allowed) await replace(me);
      else await expect(replace(me)).rejects.toThrow(/'delete' permission/);
    }
  });

  test('is looked at with read permissions: what is hidden does not exist, what cannot be written does', async () => {
    const people: Permissions = { user: { read: to(['hidden', '=', false]), insert: to(false) } };
    const { db, me } = open({ notes, people });
    await db.insert('people', { id: 'me', hidden: true }, past);
    await expect(me.insert('notes', { owner: 'me' })).rejects.toThrow(WritePermissionError);
    await db.update('people', 'me', { hidden: false }, past);
    await me.insert('notes', { owner: 'me' });
  });
});

describe('a variable in a permission', () => {
  test.each<[string, Filter, object, object]>([
    ['of a role', ['owner', '=', '$role.uid'], { owner: 'me' }, { owner: 'you' }],
    ['of the token', ['owner', '=', '$token.sub'], { owner: 'me' }, { owner: 'you' }],
    ['deep in the session', ['owner', '=', '$session.team.lead'], { owner: 'boss' }, { owner: 'me' }],
    ['of the database, a list', ['owner', 'in', '$global.list'], { owner: 'b' }, { owner: 'c' }],
    ['of the row itself', ['owner', '=', '$text'], { owner: 'x', text: 'x' }, { owner: 'x', text: 'y' }],
    ['that is not there, which only no value equals', ['owner', '=', '$role.typo'], {}, { owner: 'me' }],
    ['of the row before, of which an insert has none', ['owner', '=', '$prev.owner'], {}, { owner: 'me' }],
  ])('%s', async (_name, filter, good, bad) => {
    const { me } = open({ notes: { user: { ...free, insert: to(filter) } } });
    await me.insert('notes', good);
    await expect(me.insert('notes', bad)).rejects.toThrow(WritePermissionError);
  });

  test('of a query opens what is shared by link', async () => {
    const { db, me } = open({ notes: { user: { read: to(['text', '=', '$query.link']) } } });
    await db.insert('notes', { id: 'n', text: 'secret' }, past);
    const ids = async (link: string) => (await me.fetch(me.query('notes').Vars({ link }))).map((note) => note.id);
    expect([await ids('secret'), await ids('guess')]).toEqual([['n'], []]);
    expect(await me.fetch(me.query('notes'))).toEqual([]);
  });

  test('changes with the global variables', async () => {
    const { db, me } = open({ notes: { user: { ...free, insert: to(['text', '=', '$global.word']) } } });
    db.updateGlobalVariables({ word: 'x' });
    await me.insert('notes', { text: 'x' });
    db.updateGlobalVariables({ word: 'y' });
    await expect(me.insert('notes', { text: 'x' })).rejects.toThrow(WritePermissionError);
  });
});

test('an unset attribute may be inserted and yet not be readable', async () => {
  const { me } = open({ notes: { user: { read: to(mine), insert: all } } });
  await me.insert('notes', { id: 'n' });
  expect(await me.fetchById('notes', 'n')).toBeNull();
});

test('a session handle has its own variables, which replace those of another', async () => {
  const { db, me } = open();
  expect(db.session).toBeUndefined();
  expect(db.systemVars).toMatchObject({ $global: { open: true }, $session: {} });
  const other = me.withSessionVars({ editor: true });
  expect(other.systemVars.$session).toEqual({ editor: true });
  expect(other.session!.roles.map((role) => role.key)).toEqual(['editor']);
  await other.insert('people', { id: 'p' });
  expect(await db.fetchById('people', 'p')).not.toBeNull();
});

describe('against the schema', () => {
  const one = (collection: string, id: string, change: object): DBChanges => ({
    [collection]: { sets: new Map([[id, { ...change }]]), deletes: new Set() },
  });

  test('a write is refused in words that name the entity', async () => {
    const { db } = open();
    await expect(db.applyChanges(one('other', 'n', { id: 'n' }))).rejects.toMatchObject({
      name: 'InvalidCollectionNameError',
      message: expect.stringContaining("Collection 'other' does not exist in the schema"),
    });
    await expect(db.applyChanges(one('notes', 'n', { id: 'n', text: 5 }))).rejects.toMatchObject({
      name: 'DBSerializationError',
      collection: 'notes',
      entityId: 'n',
      message: expect.stringMatching(
        /type: record.*Property text is invalid: Encoded value 5 is not valid for type string/s,
      ),
    });
  });

  test('an update is judged by what it changes, not by what was there before the schema', async () => {
    const db = new DB();
    await db.insert('notes', { id: 'n', text: 5 });
    await db.overrideSchema({ collections: open().db.schema!.collections, roles });
    await db.applyChanges(one('notes', 'n', { owner: 'me' }));
    await expect(db.applyChanges(one('notes', 'n', { text: 6 }))).rejects.toThrow(/Encoded value 6/);
    await db.applyChanges(one('notes', 'n', { text: 'x' }));
    expect(await db.fetchById('notes', 'n')).toEqual({ id: 'n', owner: 'me', text: 'x' });
  });
});
