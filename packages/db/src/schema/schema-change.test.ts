import { describe, expect, it } from 'vitest';
import type { CollectionQuery } from '../ast/query.ts';
import { Schema as S } from './builder.ts';
import type { DataType } from './data-type.ts';
import { diffSchemas } from './diff-schemas.ts';
import { logSchemaChangeViolations } from './log-schema-change.ts';
import { relationAt, typeAtPath } from './paths.ts';
import type { SchemaChange } from './schema-change.ts';
import { getBackwardsIncompatibleEdits, getSchemaDiffIssues } from './schema-issues.ts';
import type { DBSchema } from './types.ts';

const of = (properties: Record<string, DataType>, more: object = {}): DBSchema => ({
  collections: { c: { schema: S.Schema({ id: S.Id(), ...properties }), ...more } },
});
const attribute = (name: string | string[], rest: object) => ({
  _diff: 'collectionAttribute',
  collection: 'c',
  attribute: [name].flat(),
  ...rest,
});

describe('diffSchemas', () => {
  it('finds nothing between equal schemas, built or from JSON', () => {
    const schema = of(
      { a: S.String(), at: S.Date({ default: S.Default.now() }) },
      { relationships: { r: S.RelationMany('c', {}) } },
    );
    expect(diffSchemas(schema, JSON.parse(JSON.stringify(schema)))).toEqual([]);
  });

  it('lists added, removed and changed attributes in order', () => {
    const a = of({ gone: S.String(), r: S.Record({ x: S.String() }), at: S.Date() });
    const b = of({
      r: S.Record({ x: S.Number(), y: S.String() }),
      at: S.Date({ nullable: true, default: S.Default.now() }),
      added: S.Number(),
    });
    expect(diffSchemas(a, b)).toEqual([
      attribute('gone', { type: 'delete', dataType: S.String() }),
      attribute(['r', 'x'], { type: 'update', changes: { type: 'number', config: {} } }),
      attribute(['r', 'y'], { type: 'insert', dataType: S.String(), isNewCollection: false }),
      attribute('at', {
        type: 'update',
        changes: { config: { nullable: true, default: { func: 'now', args: null } } },
      }),
      attribute('added', { type: 'insert', dataType: S.Number(), isNewCollection: false }),
    ]);
  });

  it('lists every attribute of a new or removed collection', () => {
    const empty: DBSchema = { collections: {} };
    expect(diffSchemas(empty, of({}, { permissions: {} }))).toEqual([
      attribute('id', { type: 'insert', dataType: S.Id(), isNewCollection: true }),
      { _diff: 'collectionPermissions', collection: 'c' },
    ]);
    expect(diffSchemas(of({}), empty)).toEqual([
      attribute('id', {
        type: 'delete',
        dataType: { type: 'string', config: { nullable: false, default: { args: null, func: 'nanoid' } } },
      }),
    ]);
  });

  it('tells narrowed enums, other items and other types apart', () => {
    const changes = (a: DataType, b: DataType) => (diffSchemas(of({ a }), of({ a: b }))[0] as any)?.changes;
    expect(changes(S.String(), S.String({ enum: ['a'] }))).toEqual({ config: { enum: ['a'] } });
    expect(changes(S.String({ enum: ['a', 'b'] }), S.String({ enum: ['a'] }))).toEqual({ config: { enum: ['a'] } });
    expect(changes(S.String({ enum: ['a'] }), S.String({ enum: ['a', 'b'] }))).toEqual({ config: {} });
    expect(changes(S.String({ enum: ['a'] }), S.String())).toEqual({ config: {} });
    expect(changes(S.Set(S.String()), S.Set(S.Number()))).toEqual({ items: { type: 'number' }, config: {} });
    expect(changes(S.Optional(S.String()), S.String())).toEqual({ config: { optional: false } });
    expect(changes(S.Record({ x: S.String() }), S.Record({ x: S.String() }, { nullable: true }))).toBeUndefined();
  });

  it('notices relations, permissions and roles', () => {
    const relations = (query: object) => of({}, { relationships: { r: S.RelationMany('c', query) } });
    expect(diffSchemas(relations({}), relations({ limit: 1 }))).toEqual([
      { _diff: 'collectionRelationships', collection: 'c' },
    ]);
    expect(diffSchemas(of({}), of({}, { permissions: {} }))).toEqual([
      { _diff: 'collectionPermissions', collection: 'c' },
    ]);
    expect(diffSchemas(of({}), { ...of({}), roles: {} })).toEqual([{ _diff: 'roles' }]);
  });
});

describe('incompatible edits', () => {
  const optional = (type: DataType) => S.Optional(type);
  const constraints = (a: Record<string, DataType>, b: Record<string, DataType>) =>
    getBackwardsIncompatibleEdits(diffSchemas(of(a), of(b))).map((edit) => edit.dataConstraint);

  it.each<[string, Record<string, DataType>, Record<string, DataType>, string[]]>([
    ['an optional attribute removed', { a: optional(S.String()) }, {}, ['attribute_is_empty']],
    ['a required attribute removed', { a: S.String() }, {}, ['collection_is_empty']],
    ['optional to required', { a: optional(S.String()) }, { a: S.String() }, ['attribute_has_no_undefined']],
    ['another type', { a: S.String() }, { a: S.Number() }, ['attribute_is_empty']],
    ['other set items', { a: S.Set(S.String()) }, { a: S.Set(S.Number()) }, ['attribute_is_empty']],
    ['a required attribute added', {}, { a: S.String({ default: 'x' }) }, ['collection_is_empty']],
    ['nullable to required', { a: S.String({ nullable: true }) }, { a: S.String() }, ['attribute_has_no_null']],
    ['an enum added', { a: S.String() }, { a: S.String({ enum: ['x'] }) }, ['attribute_satisfies_enum']],
    ['an optional attribute added', {}, { a: optional(S.Record({ b: S.String() })) }, []],
    ['required to optional', { a: S.String() }, { a: optional(S.String()) }, []],
    ['another default', { a: S.String({ default: 'x' }) }, { a: S.String({ default: 'y' }) }, []],
    ['a wider enum', { a: S.String({ enum: ['x'] }) }, { a: S.String({ enum: ['x', 'y'] }) }, []],
  ])('%s', (_name, a, b, expected) => {
    expect(constraints(a, b)).toEqual(expected);
  });

  it('are checked against the data, and say what would help', async () => {
    const queries: CollectionQuery[] = [];
    const fetch = async (query: CollectionQuery) => {
      queries.push(query);
      return query.where?.length ? [] : [{ id: '1' }];
    };
    const diff = diffSchemas(of({ a: optional(S.String()) }), of({ b: S.String() }));
    const issues = await getSchemaDiffIssues(fetch, diff);
    expect(issues.map(({ violatesExistingData, cure }) => [violatesExistingData, cure])).toEqual([
      [false, "set 'a' to null in all entities in 'c'"],
      [true, "make 'b' of 'c' optional or delete all entities in 'c'"],
    ]);
    expect(queries).toEqual([
      { collectionName: 'c', select: ['id'], where: [['a', 'isDefined', true]], limit: 1 },
      { collectionName: 'c', select: ['id'], where: [], limit: 1 },
    ]);
  });
});

describe('logging a schema change', () => {
  const report = (change: Partial<SchemaChange>, force = false) => {
    const lines: string[] = [];
    const logger = {
      info: (text: string) => lines.push(`info ${text}`),
      error: (text: string) => lines.push(`error ${text}`),
    };
    const base = { message: '', diff: [], issues: [], oldSchema: undefined, newSchema: of({}) };
    logSchemaChangeViolations({ ...base, ...change } as SchemaChange, { logger, forcePrintIssues: force });
    return lines;
  };

  it('says one line for success or a message, and lists issues otherwise', async () => {
    const diff = diffSchemas(of({ a: S.String() }), of({}));
    const issues = await getSchemaDiffIssues(async () => [1], diff);
    expect(report({ successful: true, code: 'SUCCESS' })).toEqual([]);
    expect(report({ successful: true, code: 'SUCCESS', diff })).toEqual(['info Schema updated.']);
    expect(report({ successful: false, code: 'SCHEMA_INVALID', message: 'why' })).toEqual([
      'error Schema update failed: why',
    ]);
    expect(report({ successful: false, code: 'EXISTING_DATA_MISMATCH', diff, issues })).toEqual([
      "error Schema update failed:\nCollection 'c':\n  'a': removed a required attribute. Fix: make 'a' of 'c' optional or delete all entities in 'c'.",
    ]);
    expect(report({ successful: true, code: 'SUCCESS', diff, issues }, true)).toHaveLength(2);
  });
});

describe('paths', () => {
  const { collections } = of(
    { r: S.Record({ x: S.Record({ y: S.String() }) }), data: S.Json(), tags: S.Set(S.String()) },
    { relationships: { parent: S.RelationById('c', '$id') } },
  );

  it('lead through records and into json, but not into anything else', () => {
    expect(typeAtPath(collections, 'c', 'r.x.y')?.type).toBe('string');
    expect(typeAtPath(collections, 'c', 'r')?.type).toBe('record');
    expect(typeAtPath(collections, 'c', 'data.any.0.thing')?.type).toBe('json');
    for (const path of ['tags.x', 'id.length', 'parent', 'parent.id', 'constructor', '', 'r.x.z']) {
      expect(typeAtPath(collections, 'c', path)).toBeUndefined();
    }
    expect(typeAtPath(collections, 'toString', 'id')).toBeUndefined();
  });

  it('find relations by name', () => {
    expect(relationAt(collections, 'c', 'parent')?.cardinality).toBe('one');
    expect(relationAt(collections, 'c', 'toString')).toBeUndefined();
    expect(relationAt(collections, 'nowhere', 'parent')).toBeUndefined();
  });
});
