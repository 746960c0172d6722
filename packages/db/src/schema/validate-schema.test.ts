import { describe, expect, it } from 'vitest';
import { Schema as S } from './builder.ts';
import { validateSchema } from './validate-schema.ts';

const id = S.Id();
const withSchema = (schema: unknown) => validateSchema({ collections: { c: { schema } } });
const withProperty = (type: unknown) => withSchema({ type: 'record', properties: { id, a: type } });
const withRelation = (name: string, relation: unknown) =>
  validateSchema({
    collections: { c: { schema: S.Schema({ id, a: S.String() }), relationships: { [name]: relation } } },
  });
const withPermissions = (permissions: unknown) =>
  validateSchema({ collections: { c: { schema: S.Schema({ id }), permissions } } });

const C = 'schema collections definition is invalid: ';
const IN_C = `${C}"c" is not a valid collection: `;
const S_ = `${IN_C}collection schema is invalid: `;
const P = `${S_}type record property "a" is invalid: `;
const R = 'schema roles definition is invalid: ';
const L = `${IN_C}collection relationships is invalid: `;
const Q = `${IN_C}collection permissions is invalid: `;
const CHARACTERS = 'contains invalid characters - only alphanumeric characters and underscores are allowed.';

describe('validateSchema', () => {
  it('finds nothing to say about a valid schema', () => {
    const schema = {
      collections: S.Collections({
        users: {
          schema: S.Schema({ id: S.Id({ format: 'uuidv7' }), name: S.String({ default: 'x', enum: ['x'] }) }),
          permissions: {},
        },
        posts: {
          schema: S.Schema({
            id,
            24: S.Optional(S.Number()),
            _internal: S.Date({ default: S.Default.now() }),
            at: S.Date({ default: '2020-01-01' }),
            tags: S.Set(S.String(), { default: ['a'] }),
            r: S.Record({ data: S.Json({ default: { a: 1 } }) }),
            author_id: S.String({ default: S.Default.Id.nanoid(4) }),
          }),
          relationships: { author: S.RelationById('users', '$author_id') },
          permissions: { anyone: { read: { filter: [true] }, postUpdate: {} } },
        },
      }),
      roles: { anyone: { match: {} } },
    };
    expect(validateSchema(schema)).toBeUndefined();
    expect(validateSchema(JSON.parse(JSON.stringify(schema)))).toBeUndefined();
    expect(withProperty({ type: 'string' })).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [undefined, 'schema is not defined'],
    ['x', 'schema is not an object'],
    [{}, `${C}collections is not defined`],
    [{ collections: 1 }, `${C}collections is not an object`],
    [{ collections: { '': {} } }, `${C}"" is not a valid collection name: collection name is empty`],
    [
      { collections: { _c: {} } },
      `${C}"_c" is not a valid collection name: collection name cannot start with an underscore`,
    ],
    [
      { collections: { '1c': {} } },
      `${C}"1c" is not a valid collection name: collection name cannot start with a numeric character`,
    ],
    [{ collections: { 'a-b': {} } }, `${C}"a-b" is not a valid collection name: collection name ${CHARACTERS}`],
    [{ collections: { c: undefined } }, `${IN_C}collection is not defined`],
    [{ collections: { c: 1 } }, `${IN_C}collection is not an object`],
    [[], 'schema is not an object'],
    [{ collections: [] }, `${C}collections is not an object`],
    [{ roles: [], collections: 1 }, `${R}roles is not an object`],
    [{ roles: { '': {} } }, `${R}role "" is invalid: role name is empty`],
    [{ roles: { '1r': {} } }, `${R}role "1r" is invalid: role name cannot start with a numeric character`],
    [{ roles: { 'a b': {} } }, `${R}role "a b" is invalid: role name ${CHARACTERS}`],
    [{ collections: { c: { schema: 1, relationships: 1, permissions: 1 } } }, `${S_}schema is not an object`],
    [{ roles: 1 }, `${R}roles is not an object`],
    [{ roles: { _r: {} } }, `${R}role "_r" is invalid: role name cannot start with an underscore`],
    [{ roles: { r: null } }, `${R}role "r" is invalid: role is not defined`],
    [{ roles: { r: 1 } }, `${R}role "r" is invalid: role is not an object`],
    [{ roles: { r: {} } }, `${R}role "r" is invalid: matcher is not defined`],
    [{ roles: { r: { match: 1 } } }, `${R}role "r" is invalid: matcher is not an object`],
  ])('says of %j: %s', (schema, fault) => {
    expect(validateSchema(schema)).toBe(fault);
  });

  it.each<[unknown, string]>([
    [undefined, `${S_}schema is not defined`],
    ['x', `${S_}schema is not an object`],
    [S.String(), `${S_}not a record type`],
    [{ type: 'record' }, `${S_}type record is missing properties`],
    [{ type: 'record', properties: 5 }, `${S_}type record properties is not an object`],
    [
      { type: 'record', properties: { id: { type: 'string', config: { nullable: 5 } } } },
      `${S_}type record property "id" is invalid: type string is invalid: option nullable is invalid`,
    ],
    [S.Record({}), `${S_}primary key field "id" is not defined`],
    [S.Record({ id: S.Number() }), `${S_}primary key field "id" is invalid: not a string type`],
    [S.Record({ 'a b': S.String() }), `${S_}type record property "a b" is invalid: property name ${CHARACTERS}`],
    [S.Record({ '': S.String() }), `${S_}type record property "" is invalid: property name is empty`],
  ])('says of the collection schema %j: %s', (schema, fault) => {
    expect(withSchema(schema)).toBe(fault);
  });

  const config = (type: object, extra: object) => ({ ...type, config: extra });
  const D = 'option default is invalid: ';
  const NOT_SERIALIZED = `${D}default value could not be serialized to type`;
  it.each<[unknown, string]>([
    [undefined, `${P}type is not defined`],
    [1, `${P}type is not a DataType`],
    [{ type: 'text' }, `${P}type "text" is not recognized`],
    [S.RelationById('c', '$id'), `${P}type "undefined" is not recognized`],
    [config(S.String(), null as unknown as object), `${P}type string is invalid: type config is not an object`],
    [config(S.String(), { nullable: 1 }), `${P}type string is invalid: option nullable is invalid`],
    [config(S.Set(S.String()), { optional: 'yes' }), `${P}type set is invalid: option optional is invalid`],
    [
      config(S.Record({}), { default: {} }),
      `${P}type record is invalid: ${D}default value cannot be set for record types`,
    ],
    [config(S.Boolean(), { default: 1 }), `${P}type boolean is invalid: ${NOT_SERIALIZED}`],
    [config(S.Date(), { default: true }), `${P}type date is invalid: ${NOT_SERIALIZED}`],
    [config(S.Number(), { default: '1' }), `${P}type number is invalid: ${NOT_SERIALIZED}`],
    [config(S.Set(S.String()), { default: 1 }), `${P}type set is invalid: ${NOT_SERIALIZED}`],
    [S.String({ enum: ['a'], default: 'b' }), `${P}type string is invalid: ${NOT_SERIALIZED}`],
    [{ type: 'set' }, `${P}type set is missing items`],
    [{ type: 'set', items: { type: 'x' } }, `${P}type set items is invalid: type "x" is not recognized`],
    [{ type: 'set', items: S.Json() }, `${P}type set items must be a primitive type`],
    [config(S.String(), { enum: 'a' }), `${P}type string enum is not an array`],
    [config(S.String(), { enum: [1] }), `${P}type string enum value is not a string`],
    [S.Record({ b: { type: 'x' } as any }), `${P}type record property "b" is invalid: type "x" is not recognized`],
  ])('says of the attribute %j: %s', (type, fault) => {
    expect(withProperty(type)).toBe(fault);
  });

  it('judges default functions', () => {
    const bad = [
      config(S.String(), { default: { func: 'random' } }),
      config(S.Number(), { default: { func: 'now' } }),
      config(S.Date(), { default: { func: 'now', args: [1] } }),
      config(S.Number(), { default: { func: 'nanoid' } }),
      config(S.String(), { default: { func: 'nanoid', args: 5 } }),
      config(S.String(), { default: { func: 'uuid', args: ['5'] } }),
      config(S.String(), { default: { func: 'Set.empty' } }),
      config(S.Set(S.String()), { default: { func: 'Set.empty', args: [1] } }),
    ];
    for (const type of bad) expect(withProperty(type)).toContain(`${D}default value is invalid: `);
  });

  const query = { collectionName: 'c' };
  it.each<[string, unknown, string]>([
    ['', {}, 'relationship name is empty'],
    ['1r', {}, 'relationship name cannot start with a numeric character'],
    ['a.b', {}, `relationship name ${CHARACTERS}`],
    ['_r', {}, 'relationship name cannot start with an underscore'],
    ['a', {}, 'relationship name matches a property name'],
    ['r', undefined, 'relationship is not defined'],
    ['r', 1, 'relationship is not an object'],
    ['r', { query }, 'cardinality is not defined'],
    ['r', { query, cardinality: 'few' }, 'cardinality is invalid'],
    ['r', { cardinality: 'one' }, 'query is not defined'],
    ['r', { cardinality: 'one', query: 1 }, 'query is not an object'],
  ])('says of the relation %s %j: %s', (name, relation, fault) => {
    expect(withRelation(name, relation)).toBe(`${L}relationship "${name}" is invalid: ${fault}`);
  });

  it.each<[unknown, string]>([
    [1, 'permissions is not an object'],
    [{ r: 1 }, 'permissions for role "r" is invalid: not an object'],
    [
      { r: { read: 1 } },
      'permissions for role "r" is invalid: "read" permission is invalid: permission is not an object',
    ],
    [
      { r: { insert: 1 } },
      'permissions for role "r" is invalid: insert permission is invalid: permission is not an object',
    ],
    [null, 'permissions is not an object'],
    [
      { r: { read: {}, postUpdate: [] } },
      'permissions for role "r" is invalid: postUpdate permission is invalid: permission is not an object',
    ],
  ])('says of the permissions %j: %s', (permissions, fault) => {
    expect(withPermissions(permissions)).toBe(`${Q}${fault}`);
  });

  it('ends for whatever nests without end, and never throws', () => {
    const cyclic: Record<string, unknown> = { type: 'record' };
    cyclic['properties'] = { inner: cyclic };
    expect(withProperty(cyclic)).toMatch(/type record property "inner" is invalid: records nest more than 100 levels/);
    let deep: unknown = ['a', '=', 1];
    for (let level = 0; level < 20_000; level++) deep = { mod: 'and', filters: [deep] };
    expect(withPermissions({ r: { read: { filter: [deep] } } })).toMatch(
      /^schema is not JSON: .*cyclic or nested deeper/,
    );
    const pattern: Record<string, unknown> = {};
    pattern['again'] = pattern;
    expect(validateSchema({ collections: {}, roles: { r: { match: pattern } } })).toMatch(/^schema is not JSON: /);
  });

  it('takes nothing that cannot be stored and sent', () => {
    for (const value of [5n, () => 1, Symbol('x'), new Map()])
      expect(withPermissions({ r: { read: { filter: [['a', '=', value]] } } })).toMatch(/^schema is not JSON: /);
  });
});
