/** Replacing the schema of a database that has data: what is compared, what is probed, what is refused, what stays. */
import { describe, expect, test, vi } from 'vitest';
import { DBInitializationError, TriplitError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import type { DataType } from '../schema/data-type.ts';
import { diffSchemas } from '../schema/diff-schemas.ts';
import type { CollectionPermissions, DBSchema } from '../schema/types.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';

type Properties = Record<string, DataType>;
const of = (properties: Properties, more: object = {}): DBSchema => ({
  collections: { c: { schema: S.Schema({ id: S.Id(), ...properties }), ...more } },
});
async function filled(schema: DBSchema, ...documents: object[]): Promise<DB<any>> {
  const { db } = await createDB<any>({ schema });
  for (const [index, document] of documents.entries())
    await db.insert('c', { id: String(index), ...document }, { skipRules: true });
  return db;
}

const x = { a: 'x' };
const edits: [name: string, from: Properties, to: Properties, constraint: string, good: object, bad: object][] = [
  ['an optional attribute removed', { a: S.Optional(S.String()) }, {}, 'attribute_is_empty', { a: null }, x],
  ['a required attribute removed', { a: S.String({ nullable: false }) }, {}, 'collection_is_empty', {}, x],
  ['optional to required', { a: S.Optional(S.String()) }, { a: S.String() }, 'attribute_has_no_undefined', x, {}],
  [
    'nullable to required',
    { a: S.String({ nullable: true }) },
    { a: S.String() },
    'attribute_has_no_null',
    x,
    { a: null },
  ],
  [
    'nullable to optional: each flag counts by itself',
    { a: S.String({ nullable: true }) },
    { a: S.Optional(S.String()) },
    'attribute_has_no_null',
    x,
    {},
  ],
  ['another type', { a: S.Optional(S.String()) }, { a: S.Optional(S.Date()) }, 'attribute_is_empty', {}, x],
  [
    'other items of a set',
    { a: S.Optional(S.Set(S.String())) },
    { a: S.Optional(S.Set(S.Number())) },
    'attribute_is_empty',
    {},
    { a: ['x'] },
  ],
  ['a required attribute added, with a default', {}, { b: S.String({ default: 'd' }) }, 'collection_is_empty', {}, {}],
  [
    'one added inside a record',
    { r: S.Record({}) },
    { r: S.Record({ b: S.String() }) },
    'collection_is_empty',
    { r: {} },
    { r: {} },
  ],
  [
    'an enum added',
    { a: S.String() },
    { a: S.String({ enum: ['x', 'y'] }) },
    'attribute_satisfies_enum',
    x,
    { a: 'z' },
  ],
  [
    'an enum narrowed',
    { a: S.Optional(S.String({ enum: ['x', 'z'] })) },
    { a: S.Optional(S.String({ enum: ['x'] })) },
    'attribute_satisfies_enum',
    {},
    { a: 'z' },
  ],
];

describe('an edit that could break data', () => {
  const permissions = { nobody: { read: { filter: [false] } } } satisfies Record<string, CollectionPermissions>;
  describe.each([
    ['', {}],
    [' under permissions', { permissions }],
  ])('%s', (_name, more) => {
    test.each(edits)('%s: is refused when data contradicts it', async (_edit, from, to, dataConstraint, _good, bad) => {
      const db = await filled(of(from, more), bad);
      const [oldSchema, newSchema] = [db.schema!, of(to, more)];
      const before = await db.fetch({ collectionName: 'c' }, { skipRules: true });
      expect(await db.overrideSchema(newSchema)).toMatchObject({
        successful: false,
        code: 'EXISTING_DATA_MISMATCH',
        diff: diffSchemas(oldSchema, newSchema),
        issues: [{ dataConstraint, violatesExistingData: true, cure: expect.any(String), issue: expect.any(String) }],
        oldSchema,
        newSchema,
      });
      expect(db.schema).toEqual(oldSchema);
      expect(await db.fetch({ collectionName: 'c' }, { skipRules: true })).toEqual(before);
    });

    test.each(edits)(
      '%s: passes when nothing does, unless told otherwise',
      async (_edit, from, to, constraint, good) => {
        const documents = constraint === 'collection_is_empty' ? [] : [good];
        const strict = await filled(of(from, more), ...documents);
        expect(await strict.overrideSchema(of(to, more), { failOnBackwardsIncompatibleChange: true })).toMatchObject({
          successful: false,
          code: 'SCHEMA_COMPATIBILITY_MISMATCH',
          issues: [{ dataConstraint: constraint, violatesExistingData: false }],
        });
        expect(strict.schema).toEqual(of(from, more));
        const db = await filled(of(from, more), ...documents);
        expect(await db.overrideSchema(of(to, more))).toMatchObject({
          successful: true,
          code: 'SUCCESS',
          issues: [{ dataConstraint: constraint, violatesExistingData: false }],
        });
        expect(db.schema).toEqual(of(to, more));
      },
    );
  });
});

test.each<[string, DBSchema, DBSchema]>([
  [
    'a new collection',
    of({}),
    { collections: { ...of({}).collections, d: { schema: S.Schema({ id: S.Id(), a: S.Date() }) } } },
  ],
  ['a new optional attribute', of({}), of({ a: S.Optional(S.Record({ b: S.String() })) })],
  ['required to optional', of({ a: S.String() }), of({ a: S.Optional(S.String()) })],
  ['required to nullable', of({ a: S.String() }), of({ a: S.String({ nullable: true }) })],
  ['another default', of({ a: S.String({ default: 'x' }) }), of({ a: S.String({ default: 'y' }) })],
  ['an enum widened', of({ a: S.String({ enum: ['x'] }) }), of({ a: S.String({ enum: ['y', 'x'] }) })],
  ['an enum removed', of({ a: S.String({ enum: ['x'] }) }), of({ a: S.String() })],
  ['a relation', of({}), of({}, { relationships: { r: S.RelationById('c', '$id') } })],
  ['permissions', of({}), of({}, { permissions: {} })],
  ['roles', of({}), { ...of({}), roles: { r: { match: {} } } }],
])('%s is no issue, whatever there is', async (_name, from, to) => {
  const db = await filled(from, { a: 'x' });
  const change = await db.overrideSchema(to, { failOnBackwardsIncompatibleChange: true });
  expect(change).toMatchObject({ successful: true, code: 'SUCCESS', issues: [] });
  expect(change.diff).not.toEqual([]);
  expect(db.schema).toEqual(to);
});

test('a schema that is not valid, or the same, changes nothing', async () => {
  const db = await filled(of({ a: S.String() }), x);
  const schema = db.schema;
  expect(await db.overrideSchema({ collections: 1 } as never)).toMatchObject({
    successful: false,
    code: 'SCHEMA_INVALID',
    message: 'schema collections definition is invalid: collections is not an object',
    diff: [],
    issues: [],
  });
  expect(await db.overrideSchema(of({ a: S.String() }))).toMatchObject({ successful: true, code: 'SUCCESS', diff: [] });
  expect(db.schema).toBe(schema);
});

test('a database without a schema takes any, with what it has', async () => {
  const db = new DB<any>();
  await db.insert('c', { id: '1', a: 'x', b: 'y' });
  expect(await db.overrideSchema(of({ a: S.String() }))).toMatchObject({
    successful: true,
    diff: [],
    issues: [],
    oldSchema: undefined,
  });
  expect(await db.fetch({ collectionName: 'c' })).toEqual([{ id: '1', a: 'x' }]);
});

test('what the schema no longer has is not read; data stays as it was', async () => {
  const db = await filled(of({ name: S.Optional(S.String()), a: S.String() }), { name: 'n', a: 'x' });
  await db.update('c', '0', { name: null });
  await db.overrideSchema(of({ a: S.String() }));
  expect(await db.fetch({ collectionName: 'c' })).toEqual([{ id: '0', a: 'x' }]);
  await db.overrideSchema(of({ a: S.String(), added: S.Optional(S.String({ default: 'd' })) }));
  expect(await db.fetch({ collectionName: 'c' })).toEqual([{ id: '0', a: 'x' }]);
});

test('every attempt is told, successful or not, until the listener leaves', async () => {
  const db = await filled(of({ a: S.Optional(S.String()) }), x);
  const told = vi.fn<(change: { code: string }) => Promise<void>>(async () => {});
  const stop = db.onSchemaChange(told);
  await db.overrideSchema(of({}));
  await db.overrideSchema({} as never);
  await db.overrideSchema(of({ a: S.Optional(S.String()), b: S.Optional(S.String()) }));
  stop();
  await db.overrideSchema(of({ a: S.Optional(S.String()) }));
  expect(told.mock.calls.map(([change]) => change.code)).toEqual([
    'EXISTING_DATA_MISMATCH',
    'SCHEMA_INVALID',
    'SUCCESS',
  ]);
});

describe('the stored schema', () => {
  const schema = of(
    { at: S.Date({ default: S.Default.now() }), kind: S.String({ enum: ['a', 'b'] }), note: S.Optional(S.String()) },
    {
      relationships: { self: S.RelationById('c', '$id') },
      permissions: { authenticated: { read: { filter: [true] } } },
    },
  );

  test('is one entity of plain JSON that can be read, and comes back when nothing else is given', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB<any>({
      kv,
      schema: { ...schema, roles: { authenticated: { match: { sub: '$sub' } } } },
    });
    const json = JSON.parse(JSON.stringify(db.schema)) as DBSchema;
    expect(await db.fetchById('_metadata', '_schema')).toEqual({ id: '_schema', ...json });
    expect(await DB.getSchemaFromStorage(kv)).toEqual(json);
    expect(json.collections['c']!.schema.properties['kind']).toEqual({ type: 'string', config: { enum: ['a', 'b'] } });
    expect(json.collections['c']!.schema.properties['note']).toEqual({ type: 'string', config: { optional: true } });
    const { db: again, event } = await createDB<any>({ kv });
    expect(event).toEqual({ type: 'SUCCESS', change: undefined });
    expect(again.schema).toEqual(json);
    expect(again.getSchema()).toBe(again.schema);
  });

  test('is replaced whole', async () => {
    const kv = new BTreeKVStore();
    await createDB({ kv, schema: { ...schema, roles: { r: { match: {} } } } });
    const next = of({ self: S.Optional(S.String()), ...schema.collections['c']!.schema.properties });
    const { event } = await createDB({ kv, schema: next });
    expect(event.type).toBe('SUCCESS');
    expect(await DB.getSchemaFromStorage(kv)).toEqual(JSON.parse(JSON.stringify(next)));
  });

  test('is none as long as none was given', async () => {
    const kv = new BTreeKVStore();
    expect(await DB.getSchemaFromStorage(kv)).toBeUndefined();
    expect((await createDB({ kv })).db.schema).toBeUndefined();
  });

  test('that is not valid keeps the database from opening', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB<any>({ kv, schema: of({}) });
    await db['updateSchema']({ collections: { c: { schema: 5 } } } as never);
    await expect(createDB({ kv })).rejects.toThrow(TriplitError);
  });

  test('may be replaced past all checks, as programs of Triplit 1.x do', async () => {
    const kv = new BTreeKVStore();
    const { db } = await createDB<any>({ kv, schema: of({ a: S.String() }) });
    await db.insert('c', { id: '1', a: 'x' });
    await db['updateSchema'](of({ b: S.Optional(S.String()) }));
    expect(await db.fetch({ collectionName: 'c' })).toEqual([{ id: '1' }]);
    expect(await DB.getSchemaFromStorage(kv)).toEqual(JSON.parse(JSON.stringify(db.schema)));
  });

  test('is judged by a database that is opened with it', () => {
    expect(() => new DB({ schema: { collections: { _c: {} } } as never })).toThrow(DBInitializationError);
    expect(() => new DB({ schema: { collections: { _c: {} } } as never })).toThrow(
      /Context: .*: schema collections definition is invalid: "_c" is not a valid collection name/,
    );
  });
});
