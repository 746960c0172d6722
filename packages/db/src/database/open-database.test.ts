/** Opening a database: what options mean, which schema is in force and where it is kept, and what is reported. */
import { describe, expect, test, vi } from 'vitest';
import { DBInitializationError, TriplitError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

const collections = S.Collections({
  todos: { schema: S.Schema({ id: S.Id(), text: S.String(), done: S.Boolean({ default: false }) }) },
  lists: { schema: S.Schema({ id: S.Id() }) },
});
const roles = { user: { match: { sub: '$id' } } };
const schema = { collections, roles };
const invalid = { collections: { todos: {} } } as never;
const withoutText = { collections: S.Collections({ todos: { schema: S.Schema({ id: S.Id() }) } }) };
const textAsNumber = {
  collections: S.Collections({ todos: { schema: S.Schema({ id: S.Id(), text: S.Number() }) } }),
};
async function contentOf(kv: BTreeKVStore): Promise<unknown[]> {
  const keys = [];
  for await (const [key] of kv.scan({ prefix: [] })) keys.push(key);
  return keys;
}

describe('new DB', () => {
  test('needs nothing', async () => {
    const db = new DB();
    expect(db.clientId).toBe('test-client');
    expect(db.clock.next()[2]).toBe('test-client');
    expect(db.schema).toBeUndefined();
    expect(db.systemVars).toEqual({ $global: {}, $session: {} });
    await db.insert('anything', { id: 'a' });
    expect(await db.fetch(db.query('anything'))).toEqual([{ id: 'a' }]);
  });

  test('takes what it is given, and ignores options that it does not know', () => {
    const kv = new BTreeKVStore();
    const db = new DB({ kv, clientId: 'me', variables: { a: 1 }, ivmOptions: {}, experimental: {} } as never);
    expect([db.kv, db.clientId, db.systemVars.$global]).toEqual([kv, 'me', { a: 1 }]);
    expect(new DB({ clientId: '' }).clientId).toBe('test-client');
  });

  test('keeps its schema in memory only', async () => {
    const kv = new BTreeKVStore();
    const db = new DB({ kv, schema });
    expect(db.getSchema()).toBe(schema);
    expect(await contentOf(kv)).toEqual([]);
    expect(await DB.getSchemaFromStorage(kv)).toBeUndefined();
  });

  test('refuses a schema that is none', () => {
    expect(() => new DB({ schema: invalid })).toThrow(DBInitializationError);
    expect(() => new DB({ schema: invalid })).toThrow('Failed to start DB because the current schema is invalid: ');
  });

  test('has methods that can be taken from it', () => {
    const { query, Query } = new DB({ schema });
    expect(query('todos')).toEqual(Query('todos'));
  });
});

describe('createDB', () => {
  test('without a schema opens with the stored one, if any, and changes nothing', async () => {
    const kv = new BTreeKVStore();
    const fresh = await createDB({ kv });
    expect(fresh.event).toEqual({ type: 'SUCCESS', change: undefined });
    expect(fresh.db.schema).toBeUndefined();
    await createDB({ kv, schema });
    const reopened = await createDB({ kv });
    expect(reopened.event).toEqual({ type: 'SUCCESS', change: undefined });
    expect(reopened.db.schema).toEqual(JSON.parse(JSON.stringify(schema)));
    expect(await DB.getSchemaFromStorage(kv)).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  test('stores the schema as one entity of a collection that can be fetched', async () => {
    const { db } = await createDB({ schema });
    const [row, ...others] = await db.fetch({ collectionName: '_metadata' } as never);
    expect(row).toEqual({ id: '_schema', ...JSON.parse(JSON.stringify(schema)) });
    expect(others).toEqual([]);
  });

  test('says what changed, or why nothing did and the old schema stays', async () => {
    const kv = new BTreeKVStore();
    const { db, event } = await createDB({ kv, schema });
    expect(event).toMatchObject({
      type: 'SUCCESS',
      change: { successful: true, code: 'SUCCESS', oldSchema: undefined },
    });
    await db.insert('todos', { text: 'a' });

    const failed = { type: 'SCHEMA_UPDATE_FAILED' };
    const stored = JSON.parse(JSON.stringify(schema));
    const refused = await createDB<any>({ kv, schema: textAsNumber });
    expect(refused.event).toMatchObject({ ...failed, change: { successful: false, code: 'EXISTING_DATA_MISMATCH' } });
    expect(refused.db.schema).toEqual(stored);
    const bad = await createDB<any>({ kv, schema: invalid });
    expect(bad.event).toMatchObject({ ...failed, change: { code: 'SCHEMA_INVALID' } });
    expect(bad.db.schema).toEqual(stored);

    await db.clear();
    const strict = { failOnBackwardsIncompatibleChange: true };
    const incompatible = await createDB<any>({ kv, schema: textAsNumber, ...strict });
    expect(incompatible.event).toMatchObject({ ...failed, change: { code: 'SCHEMA_COMPATIBILITY_MISMATCH' } });
    const accepted = await createDB<any>({ kv, schema: textAsNumber });
    expect(accepted.event).toMatchObject({ type: 'SUCCESS', change: { code: 'SUCCESS' } });
    expect((await DB.getSchemaFromStorage(kv))!.collections['todos']!.schema.properties['text']!.type).toBe('number');
  });

  test('reports an error after opening as an event, and rejects when nothing could be opened', async () => {
    const kv = new BTreeKVStore();
    const hostile = {
      collections,
      get roles(): never {
        throw new Error('late');
      },
    };
    expect((await createDB({ kv, schema: hostile as never })).event).toEqual({
      type: 'ERROR',
      error: new Error('late'),
    });
    const opening = createDB({ kv: 5 as never });
    await expect(opening).rejects.toThrow(TriplitError);
    await expect(opening).rejects.toThrow('Failed to create a DB instance: ');
  });
});

describe('overrideSchema', () => {
  test('never throws for what is wrong with a schema', async () => {
    const db = new DB<any>();
    for (const bad of [invalid, undefined, null, 5, { collections: 5 }]) {
      expect(await db.overrideSchema(bad as never)).toMatchObject({ successful: false, code: 'SCHEMA_INVALID' });
    }
    expect(db.schema).toBeUndefined();
  });

  test('with the same schema has nothing to do', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB({ kv, schema });
    const write = vi.spyOn(kv, 'applyEdits');
    expect(await db.overrideSchema(JSON.parse(JSON.stringify(schema)))).toMatchObject({ successful: true, diff: [] });
    expect(write).not.toHaveBeenCalled();
  });

  test('replaces the stored schema whole', async () => {
    const { db } = await createDB<any>({ schema });
    expect(await db.overrideSchema(withoutText)).toMatchObject({ successful: true });
    const [row] = await db.fetch({ collectionName: '_metadata' });
    expect(Object.keys(row!)).toEqual(['id', 'collections']);
    expect(Object.keys(row!['collections'])).toEqual(['todos']);
  });

  test('tells its listeners in turn, successful or not, each awaited', async () => {
    const db = new DB<any>();
    const calls: unknown[] = [];
    db.onSchemaChange(async ({ code }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      calls.push(['slow', code]);
    });
    const stop = db.onSchemaChange(({ code }) => void calls.push(['quick', code]));
    await db.overrideSchema(schema);
    await db.overrideSchema(invalid);
    stop();
    await db.overrideSchema(schema);
    expect(calls).toEqual([
      ['slow', 'SUCCESS'],
      ['quick', 'SUCCESS'],
      ['slow', 'SCHEMA_INVALID'],
      ['quick', 'SCHEMA_INVALID'],
      ['slow', 'SUCCESS'],
    ]);
  });

  test('tells all of them when one throws, and throws that error then', async () => {
    const db = new DB<any>();
    const other = vi.fn();
    db.onSchemaChange(() => {
      throw new Error('mine');
    });
    db.onSchemaChange(other);
    await expect(db.overrideSchema(schema)).rejects.toThrow('mine');
    expect(other).toHaveBeenCalledTimes(1);
    expect(db.schema).toEqual(schema);
  });
});

describe('getCollectionStats', () => {
  test('counts the collections of the schema, empty ones too', async () => {
    const db = new DB({ schema });
    await db.insert('lists', {});
    expect([...(await db.getCollectionStats())]).toEqual([
      ['todos', 0],
      ['lists', 1],
    ]);
  });

  test('without a schema counts what there is, by name', async () => {
    const db = new DB();
    for (const name of ['z', 'a', 'a', 'gone']) await db.insert(name, { id: `${name}${Math.random()}` });
    const [gone] = await db.fetch(db.query('gone'));
    await db.delete('gone', gone!['id']);
    expect([...(await db.getCollectionStats())]).toEqual([
      ['a', 2],
      ['z', 1],
    ]);
  });
});

describe('clear', () => {
  test('keeps the stored schema as it was, and nothing else', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB({ kv, schema });
    const metadata = await db.fetch({ collectionName: '_metadata' } as never);
    const commits = vi.fn();
    await db.insert('todos', { text: 'a' });
    await db.setMetadata(['k'], 1);
    db.onCommit(commits);
    await db.clear();
    expect(await db.fetch({ collectionName: '_metadata' } as never)).toEqual(metadata);
    expect(await db.count(db.query('todos'))).toBe(0);
    expect(await db.getMetadata(['k'])).toBeUndefined();
    expect(commits).not.toHaveBeenCalled();
  });

  test('in full leaves an empty store without schema', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB({ kv, schema });
    await db.insert('todos', { text: 'a' });
    await db.clear({ full: true });
    expect(await contentOf(kv)).toEqual([]);
    expect(db.schema).toBeUndefined();
  });
});

describe('a session', () => {
  test('is another handle on the same data, whose variables replace those of the handle that it came from', async () => {
    const db = new DB({ schema, variables: { g: 1 } });
    const first = db.withSessionVars({ sub: 'a', only: 'first' });
    const second = first.withSessionVars({ sub: 'b' });
    expect(second.systemVars).toEqual({ $global: { g: 1 }, $session: { sub: 'b' } });
    expect(first.session!.vars).toEqual({ sub: 'a', only: 'first' });
    expect(db.session).toBeUndefined();
    await second.insert('lists', { id: 'l' });
    expect(await db.fetchById('lists', 'l')).toEqual({ id: 'l' });
    db.updateGlobalVariables({ h: 2 });
    expect(first.systemVars.$global).toEqual({ h: 2 });
  });
});
