/** Writes that version 1.1.10 of the published database gets wrong, on every storage and with an outbox too. */
import { describe, expect, test } from 'vitest';
import {
  DB,
  DBSerializationError,
  EntityNotFoundError,
  InvalidCollectionNameError,
  Schema as S,
  TransactionAlreadyCommittedError,
  WritePermissionError,
  EntityStoreWithOutbox,
} from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { expectResults, fill, onEveryStorage, watch } from './every-way.ts';

const [DAY_1, DAY_2, DAY_3] = ['2024-01-01', '2024-01-02', '2024-01-03'].map((day) => new Date(`${day}T00:00:00Z`)) as [
  Date,
  Date,
  Date,
];

const collections = S.Collections({
  items: {
    schema: S.Schema({
      id: S.Id(),
      text: S.Optional(S.String()),
      old: S.Optional(S.String()),
      list: S.Optional(S.Json()),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      days: S.Set(S.Date(), { default: S.Default.Set.empty() }),
      due: S.Optional(S.Date()),
    }),
  },
  strict: { schema: S.Schema({ id: S.Id(), place: S.Record({ city: S.String() }) }) },
  guarded: {
    schema: S.Schema({ id: S.Id(), owner: S.String() }),
    permissions: { user: { read: { filter: [true] }, delete: { filter: [['owner', '=', '$role.uid']] } } },
  },
});
const schema = { collections, roles: { user: { match: { sub: '$uid' } } } };
const items = { collectionName: 'items' };

onEveryStorage((openDatabase) => {
  describe('delete and insert of one id', () => {
    test('in one transaction leave nothing of the old entity, neither inside nor after', async () => {
      const db = openDatabase(schema);
      await fill(db, { items: [{ id: 'a', old: 'x', tags: new Set(['t']) }] });
      const live = watch(db, items);
      await live.current();
      const renewed = { id: 'a', text: 'new', tags: new Set(), days: new Set() };
      await db.transact(async (tx) => {
        await tx.delete('items', 'a');
        expect(await tx.fetchById('items', 'a')).toBeNull();
        await tx.insert('items', { id: 'a', text: 'new' });
        expect(await tx.fetchById('items', 'a')).toEqual(renewed);
      });
      expect(await live.current()).toEqual([renewed]);
      await expectResults(db, items, [renewed]);
      await expectResults(db, { ...items, where: [['tags', 'has', 't']] }, []);
      await expectResults(db, { ...items, where: [['old', '=', 'x']] }, []);
    });

    test('in two commits between two deliveries leave nothing of the old entity', async () => {
      const db = openDatabase(schema);
      await fill(db, { items: [{ id: 'a', old: 'x' }] });
      const live = watch(db, { ...items, select: ['id', 'old', 'text'] });
      await live.current();
      await db.delete('items', 'a');
      await db.insert('items', { id: 'a', text: 'new' });
      expect(await live.current()).toEqual([{ id: 'a', text: 'new' }]);
    });
  });

  test('array edits in a transaction add up, over stored and over pending arrays', async () => {
    const db = openDatabase(schema);
    await fill(db, { items: [{ id: 'a', list: [1, 2, 3] }] });
    await db.transact(async (tx) => {
      await tx.update('items', 'a', (item) => void item['list'].push(4));
      await tx.update('items', 'a', (item) => void (item['list'][0] = 0));
      await tx.insert('items', { id: 'b', list: ['x'] });
      await tx.update('items', 'b', (item) => void item['list'].push('y'));
      expect((await tx.fetchById('items', 'a'))!['list']).toEqual([0, 2, 3, 4]);
      expect((await tx.fetchById('items', 'b'))!['list']).toEqual(['x', 'y']);
    });
    expect((await db.fetchById('items', 'a'))!['list']).toEqual([0, 2, 3, 4]);
    expect((await db.fetchById('items', 'b'))!['list']).toEqual(['x', 'y']);
    await db.update('items', 'b', (item) => void item['list'].splice(0, 1));
    expect((await db.fetchById('items', 'b'))!['list']).toEqual(['y']);
  });

  test('an assigned set of dates replaces the old one, and its members are dates', async () => {
    const db = openDatabase(schema);
    await fill(db, { items: [{ id: 'a', days: new Set([DAY_1, DAY_2]) }] });
    await db.update('items', 'a', (item) => void (item['days'] = new Set([DAY_2, DAY_3])));
    expect((await db.fetchById('items', 'a'))!['days']).toEqual(new Set([DAY_2, DAY_3]));
    await db.update('items', 'a', (item) => void item['days'].delete(DAY_2));
    expect((await db.fetchById('items', 'a'))!['days']).toEqual(new Set([DAY_3]));
  });

  test('an array assigned to a set in an update replaces it', async () => {
    const db = openDatabase(schema);
    await fill(db, { items: [{ id: 'a', tags: new Set(['x', 'y']) }] });
    await db.update('items', 'a', (item) => void (item['tags'] = ['y', 'z']));
    expect((await db.fetchById('items', 'a'))!['tags']).toEqual(new Set(['y', 'z']));
  });

  test('a patch is not changed by being applied, and may be frozen', async () => {
    const db = openDatabase(schema);
    await fill(db, { items: [{ id: 'a' }] });
    const patch = Object.freeze({ due: DAY_1, tags: new Set(['x']), list: Object.freeze([1]) });
    await db.update('items', 'a', patch);
    expect(patch).toEqual({ due: DAY_1, tags: new Set(['x']), list: [1] });
    expect(await db.fetchById('items', 'a')).toMatchObject({ due: DAY_1, tags: new Set(['x']), list: [1] });
  });

  test('a patch of a missing entity shows no phantom, in its transaction or after', async () => {
    const db = openDatabase(schema);
    await db.transact(async (tx) => {
      await tx.update('items', 'ghost', { text: 'boo' });
      expect(await tx.fetch(items)).toEqual([]);
      expect(await tx.fetchById('items', 'ghost')).toBeNull();
      await expect(tx.update('items', 'ghost', (item) => void (item['text'] = 'x'))).rejects.toThrow(
        EntityNotFoundError,
      );
    });
    await expectResults(db, items, []);
  });

  test('writes to a collection that the schema does not know are refused', async () => {
    const db = openDatabase(schema);
    await expect(db.insert('nope', { id: 'a' })).rejects.toThrow(InvalidCollectionNameError);
    await expect(db.update('nope', 'a', { b: 1 })).rejects.toThrow(InvalidCollectionNameError);
    await expect(db.delete('nope', 'a')).rejects.toThrow(InvalidCollectionNameError);
    await expect(db.transact((tx) => tx.insert('nope', { id: 'a' }))).rejects.toThrow(InvalidCollectionNameError);
    const changes = { nope: { sets: new Map([['a', { id: 'a' }]]), deletes: new Set<string>() } };
    await expect(db.applyChanges(changes, { skipRules: true })).rejects.toThrow(InvalidCollectionNameError);
    expect([...(await db.getCollectionStats()).keys()]).not.toContain('nope');
  });

  test('a required record that is missing or null is a serialization error', async () => {
    const db = openDatabase(schema);
    await expect(db.insert('strict', { id: 'a' })).rejects.toThrow(DBSerializationError);
    await expect(db.insert('strict', { id: 'a', place: null })).rejects.toThrow(DBSerializationError);
    await expect(db.insert('strict', { id: 'a', place: 7 })).rejects.toThrow(DBSerializationError);
    await expectResults(db, { collectionName: 'strict' }, []);
  });

  test('an id that is a number is refused, with a schema and without', async () => {
    const db = openDatabase(schema);
    await expect(db.insert('items', { id: 7 })).rejects.toThrow(DBSerializationError);
    await expect(openDatabase().insert('free', { id: 7 })).rejects.toThrow('must be a string');
  });

  test('a transaction that was committed refuses writes rather than lose them', async () => {
    const db = openDatabase(schema);
    const stale = await db.transact(async (tx) => tx);
    await expect(stale.insert('items', { id: 'a' })).rejects.toThrow(TransactionAlreadyCommittedError);
    await expect(stale.delete('items', 'a')).rejects.toThrow(TransactionAlreadyCommittedError);
  });

  test('deleting a missing entity under a rule harms nothing; deleting what one may not is refused', async () => {
    const db = openDatabase(schema);
    await fill(db, { guarded: [{ id: 'g', owner: 'you' }] });
    const me = db.withSessionVars({ sub: 'me' }) as DB;
    await expect(me.delete('guarded', 'missing')).resolves.toBeUndefined();
    await expect(me.delete('guarded', 'g')).rejects.toThrow(WritePermissionError);
    await expectResults(me, { collectionName: 'guarded' }, [{ id: 'g', owner: 'you' }]);
  });

  test('what a fetch without a schema returns is not what is stored', async () => {
    const db = openDatabase();
    await db.insert('free', { id: 'a', nested: { list: [1], deep: { n: 1 } } });
    const [entity] = await db.fetch({ collectionName: 'free' });
    entity!['nested'].deep.n = 2;
    entity!['nested'].list.push(2);
    expect(await db.fetchById('free', 'a')).toEqual({ id: 'a', nested: { list: [1], deep: { n: 1 } } });
  });
});

test('array edits over a pending array keep an array, in an outbox too', async () => {
  const db = new DB({
    schema: schema as unknown as DBSchema,
    entityStore: new EntityStoreWithOutbox(),
  }) as unknown as DB;
  await db.insert('items', { id: 'a', list: [1] });
  await db.update('items', 'a', (item) => void item['list'].push(2));
  await db.update('items', 'a', (item) => void item['list'].push(3));
  expect((await db.fetchById('items', 'a'))!['list']).toEqual([1, 2, 3]);
  await db.delete('items', 'a');
  await db.insert('items', { id: 'a', text: 'new' });
  expect(await db.fetchById('items', 'a')).toEqual({ id: 'a', text: 'new', tags: new Set(), days: new Set() });
});

test('a role pattern of null matches null alone, and a nested pattern does not match a null claim', () => {
  const roles = { none: { match: { org: null } }, nested: { match: { org: { id: '$id' } } } };
  const db = new DB({ schema: { collections: {}, roles } as unknown as DBSchema });
  const rolesOf = (vars: Record<string, unknown>) =>
    db.withSessionVars(vars).session!.roles!.map(({ key, roleVars }) => [key, roleVars]);
  expect(rolesOf({ org: null })).toEqual([['none', {}]]);
  expect(rolesOf({ org: { id: 'o' } })).toEqual([['nested', { id: 'o' }]]);
  expect(rolesOf({})).toEqual([]);
});
