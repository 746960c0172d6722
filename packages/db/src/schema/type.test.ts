import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { usePlatform } from '../base/platform.ts';
import {
  DBDeserializationError,
  DBSerializationError,
  JSONSerializationError,
  TriplitError,
  UnrecognizedAttributeTypeError,
} from '../base/errors.ts';
import { Schema as S } from './builder.ts';
import type { DataType } from './data-type.ts';
import { generateNanoid, generateUuidv7 } from './defaults.ts';
import * as Type from './type.ts';

const iso = '2020-01-01T00:00:00.000Z';
const insert = (type: Parameters<typeof Type.assignDefaults>[0], document: object) =>
  Type.encodeEntity(type, Type.assignDefaults(type, document));

describe('encoding', () => {
  it('takes what each type accepts', () => {
    expect(Type.encode(S.String(), 'a')).toBe('a');
    expect(Type.encode(S.Number(), NaN)).toBe(NaN);
    expect(Type.encode(S.Boolean(), false)).toBe(false);
    for (const date of [new Date(iso), iso, Date.parse(iso), '2020-01-01'])
      expect(Type.encode(S.Date(), date)).toBe(iso);
    expect(Type.encode(S.Set(S.Number()), new Set([1, 2]))).toEqual({ '1': true, '2': true });
    expect(Type.encode(S.Set(S.Date()), [new Date(iso)])).toEqual({ [iso]: true });
    expect(Type.encode(S.Set(S.String()), { a: false, b: true })).toEqual({ a: false, b: true });
    expect(Type.encode(S.Json(), { a: [1, null], gone: undefined })).toStrictEqual({ a: [1, null] });
    expect(Type.encode(S.Optional(S.String()), null)).toBeUndefined();
  });

  it.each<[string, DataType, unknown]>([
    ['a number for a string', S.String(), 1],
    ['a string outside the enum', S.String({ enum: ['a'] }), 'b'],
    ['a string for a number', S.Number(), '22'],
    ['a number for a boolean', S.Boolean(), 1],
    ['an invalid date', S.Date(), new Date(NaN)],
    ['a date beyond the calendar', S.Date(), 8.64e15 + 1],
    ['text that is no date', S.Date(), 'tomorrow-ish'],
    ['null for json', S.Json(), null],
    ['a function for json', S.Json(), () => 1],
    ['no set', S.Set(S.String()), 123],
    ['a null member', S.Set(S.String()), [null]],
    ['a member of another type', S.Set(S.Number()), new Set(['1'])],
    ['a member outside the enum', S.Set(S.String({ enum: ['a'] })), ['b']],
    ['a map with a key of another type', S.Set(S.Number()), { x: true }],
    ['a map without booleans', S.Set(S.String()), { x: 1 }],
    ['a scalar for a record', S.Record({}), 123],
    ['an array for a record', S.Record({}), []],
    ['an unknown property', S.Record({ a: S.String() }), { b: 1 }],
    ['an inherited name', S.Record({ a: S.String() }), { constructor: 1 }],
    ['null for what is required', S.Record({ a: S.String() }), { a: null }],
    ['undefined for what is required', S.Record({ a: S.String() }), { a: undefined }],
  ])('refuses %s', (_name, type, input) => {
    expect(() => Type.encode(type, input)).toThrow(DBSerializationError);
  });

  it('says which property failed and why', () => {
    const type = S.Record({ inner: S.Record({ n: S.Number() }) });
    expect(() => Type.encode(type, { inner: { n: '22' } })).toThrow(
      /as type: record \| Context: Could not encode property: 'inner'\. Error: .*Could not encode property: 'n'\. Error: .*Could not transform the data: 22 as type: number/,
    );
    expect(() => Type.encode(type, { other: 1 })).toThrow(/Context: Unrecognized property: other/);
  });

  it('never changes or shares its input', () => {
    const input = Object.freeze({ j: Object.freeze({ list: Object.freeze([1]) }), d: new Date(iso) });
    const encoded = Type.encode(S.Record({ j: S.Json(), d: S.Date() }), input) as any;
    expect(encoded).toEqual({ j: { list: [1] }, d: iso });
    expect(encoded.j).not.toBe(input.j);
    expect(encoded.j.list).not.toBe(input.j.list);
  });

  it('of a change keeps nulls, clears and partial sets', () => {
    const type = S.Schema({ id: S.Id(), a: S.Optional(S.String()), b: S.Optional(S.String()), s: S.Set(S.String()) });
    expect(Type.encodeChange(type, { a: null, b: undefined, s: ['x'] })).toStrictEqual({
      a: null,
      b: undefined,
      s: { x: true },
    });
  });
});

describe('inserting', () => {
  const type = S.Schema({
    id: S.Id(),
    name: S.String({ default: 'anonymous' }),
    address: S.Record({ city: S.String({ default: 'Paris' }), zip: S.Optional(S.String()) }),
    extra: S.Optional(S.Record({ lang: S.String({ default: 'en' }) })),
    tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
    note: S.String({ nullable: true, default: 'none' }),
    nothing: S.String({ nullable: true, default: null }),
    24: S.Optional(S.Record({ 25: S.Number() })),
  });

  it('fills defaults at every level and drops what is not declared', () => {
    const document = Object.freeze({
      id: '1',
      address: Object.freeze({ unknown: 1 }),
      24: { 25: 1, 26: 2 },
      unknown: 1,
    });
    expect(insert(type, document)).toStrictEqual({
      id: '1',
      name: 'anonymous',
      address: { city: 'Paris' },
      tags: {},
      note: 'none',
      24: { 25: 1 },
    });
  });

  it('keeps an explicit null and never puts a default in its place', () => {
    const address = { city: 'Rome' };
    expect(insert(type, { id: '1', address, note: null, extra: null })).toMatchObject({ note: null, extra: null });
    expect(() => insert(type, { id: '1', address, name: null })).toThrow(DBSerializationError);
    expect(() => insert(type, { id: '1', address: null })).toThrow(DBSerializationError);
    expect(() => insert(type, { id: '1', address: 5 })).toThrow(DBSerializationError);
  });

  it('leaves out a required record that is missing, for the check at commit', () => {
    const encoded = insert(type, { id: '1' });
    expect(encoded).not.toHaveProperty('address');
    expect(Type.validateEncoded(type, encoded)).toEqual({
      valid: false,
      error: 'Property address is invalid: Encoded value undefined is not valid for type record.',
    });
    expect(Type.validateEncoded(type, encoded, { partial: true })).toEqual({ valid: true });
  });

  it('uses literal defaults without sharing them', () => {
    const shared = { a: [1] };
    const withJson = S.Record({ j: S.Json({ default: shared }), s: S.Set(S.String(), { default: ['x'] }) });
    const encoded = insert(withJson, {});
    expect(encoded).toEqual({ j: { a: [1] }, s: { x: true } });
    expect(encoded['j']).not.toBe(shared);
  });
});

describe('default functions', () => {
  let restore = () => {};
  afterEach(() => restore());

  it('take time and randomness from the platform', () => {
    let byte = 0;
    restore = usePlatform({
      now: () => Date.parse(iso),
      randomBytes: (bytes) => bytes.fill(byte++),
      randomUuid: () => 'a-uuid',
    });
    const type = S.Record({
      at: S.Date({ default: S.Default.now() }),
      text: S.String({ default: S.Default.now() }),
      id: S.String({ default: S.Default.Id.nanoid(5) }),
      legacy: S.String({ default: { func: 'uuid', args: null } }),
      v4: S.String({ default: S.Default.Id.uuidv4() }),
      v7: S.String({ default: S.Default.Id.uuidv7() }),
    });
    expect(insert(type, {})).toEqual({
      at: iso,
      text: iso,
      id: 'AAAAA',
      legacy: 'BBBBBBBBBBBBBBBBBBBBB',
      v4: 'a-uuid',
      v7: '016f5e66-e800-7202-8202-020202020202',
    });
  });

  it('make ids that look as promised', () => {
    expect(generateNanoid()).toMatch(/^[\w-]{21}$/);
    expect(generateUuidv7()).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(Array.from({ length: 1000 }, () => generateNanoid())).size).toBe(1000);
  });
});

describe('decoding', () => {
  const type = S.Schema({
    id: S.Id(),
    at: S.Date(),
    days: S.Set(S.Date()),
    numbers: S.Set(S.Number()),
    flags: S.Set(S.Boolean()),
    note: S.Optional(S.String()),
    meta: S.Record({ at: S.Optional(S.Date()) }),
    data: S.Json(),
  });
  const row = {
    id: '1',
    at: iso,
    days: { [iso]: true },
    numbers: { '1': true, '2': false },
    flags: { true: true },
    note: null,
    meta: { at: iso, unknown: 1 },
    data: { at: iso, list: [1] },
    unknown: 1,
  };

  it('gives Dates and Sets of live members and hides what is not declared', () => {
    expect(Type.compileDecoder(type)(row)).toStrictEqual({
      id: '1',
      at: new Date(iso),
      days: new Set([new Date(iso)]),
      numbers: new Set([1]),
      flags: new Set([true]),
      note: null,
      meta: { at: new Date(iso) },
      data: { at: iso, list: [1] },
    });
  });

  it('skips absent attributes and shares nothing with the row', () => {
    const decoded = Type.compileDecoder(type)({ id: '1', data: row.data });
    expect(Object.keys(decoded)).toEqual(['id', 'data']);
    expect((decoded['data'] as any).list).not.toBe(row.data.list);
  });

  it('refuses values of another type and names the property', () => {
    expect(() => Type.compileDecoder(type)({ id: 1 })).toThrow(DBDeserializationError);
    expect(() => Type.compileDecoder(type)({ meta: { at: 1 } })).toThrow(/'meta'.*'at'/);
    expect(() => Type.decode(S.String(), null)).toThrow(DBDeserializationError);
    expect(() => Type.decode(S.Date(), 'x')).toThrow(DBDeserializationError);
    expect(Type.decode(S.Optional(S.String()), null)).toBe(null);
  });

  it('treats names that every object inherits as names like any other', () => {
    const odd = S.Record({
      constructor: S.Optional(S.String()),
      toString: S.Optional(S.String()),
      ['__proto__']: S.Json(),
    });
    expect(Type.decode(odd, {})).toStrictEqual({});
    const encoded = Type.encode(odd, JSON.parse('{"constructor":"c","__proto__":{"polluted":1}}'));
    const decoded = Type.decode(odd, encoded) as object;
    expect(Object.keys(decoded).sort()).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });
});

describe('any value of any type', () => {
  const scalars: [DataType, fc.Arbitrary<unknown>][] = [
    [S.String(), fc.string()],
    [S.Number(), fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0))],
    [S.Boolean(), fc.boolean()],
    [S.Date(), fc.date({ noInvalidDate: true })],
  ];
  const typed = fc.oneof(
    ...scalars.map(([type, value]) => fc.tuple(fc.constant(type), value)),
    ...scalars.map(([type, value]) =>
      fc.tuple(
        fc.constant(S.Set(type as any) as DataType),
        fc.uniqueArray(value, { selector: (v) => (v instanceof Date ? v.getTime() : v) }).map((all) => new Set(all)),
      ),
    ),
    fc.tuple(
      fc.constant<DataType>(S.Json()),
      // What JSON text can say: it has no -0, which the test below is about.
      fc
        .jsonValue()
        .filter((value) => value !== null)
        .map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    ),
    fc.tuple(fc.constant<DataType>(S.Optional(S.String())), fc.constant(null)),
  );
  const record = fc.dictionary(fc.stringMatching(/^[a-zA-Z0-9_]{1,8}$/), typed, { noNullPrototype: true });

  it('comes back from encoding and decoding, and from JSON', () => {
    fc.assert(
      fc.property(record, (members) => {
        const type = S.Record(
          Object.fromEntries(Object.entries(members).map(([key, [memberType]]) => [key, memberType])),
        );
        const value = Object.fromEntries(Object.entries(members).map(([key, [, member]]) => [key, member]));
        const encoded = Type.encodeEntity(type, value);
        expect(Type.validateEncoded(type, encoded)).toEqual({ valid: true });
        expect(Type.decode(type, encoded)).toEqual(value);
        const json = Type.serialize(type, encoded, 'encoded');
        expect(Type.serialize(type, Type.decode(type, encoded), 'decoded')).toEqual(json);
        expect(Type.deserialize(type, JSON.parse(JSON.stringify(json)), 'encoded')).toEqual(
          Type.deserialize(type, json, 'encoded'),
        );
        expect(Type.serialize(type, Type.deserialize(type, json, 'decoded'), 'decoded')).toEqual(json);
      }),
    );
  });

  it('in json has no negative zero, in memory as little as on disk', () => {
    expect(Type.encode(S.Json(), -0)).toBe(0);
    expect(Type.decode(S.Json(), Type.encode(S.Json(), { list: [-0, 1] }))).toStrictEqual({ list: [0, 1] });
  });

  it('is encoded or refused with a TriplitError, whatever it is', () => {
    const types = [
      S.String(),
      S.Number(),
      S.Date(),
      S.Json(),
      S.Set(S.Date()),
      S.Record({ a: S.Set(S.String()) }),
      S.Boolean(),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom<DataType>(...types),
        fc.anything({ withDate: true, withSet: true, withNullPrototype: true, withBigInt: true }),
        (type, value) => {
          try {
            Type.encode(type, value);
          } catch (error) {
            expect(error).toBeInstanceOf(TriplitError);
          }
        },
      ),
    );
  });
});

describe('the JSON form', () => {
  const type = S.Record({ at: S.Date(), tags: S.Set(S.String()), note: S.Optional(S.String()) });

  it('has sets as arrays and leaves out what has no value', () => {
    expect(Type.serialize(type, { at: new Date(iso), tags: new Set(['a']), note: null }, 'decoded')).toStrictEqual({
      at: iso,
      tags: ['a'],
    });
    expect(Type.serialize(type, { at: iso, tags: { a: true, b: false } }, 'encoded')).toEqual({ at: iso, tags: ['a'] });
    expect(Type.deserialize(type, { at: iso, tags: ['a'] }, 'decoded')).toEqual({
      at: new Date(iso),
      tags: new Set(['a']),
    });
    expect(Type.deserialize(type, { at: iso, tags: ['a'] }, 'encoded')).toEqual({ at: iso, tags: { a: true } });
  });

  it('refuses unknown keys and wrong values', () => {
    expect(() => Type.serialize(type, { other: 1 }, 'decoded')).toThrow(JSONSerializationError);
    expect(() => Type.deserialize(type, { other: 1 }, 'decoded')).toThrow(/Unrecognized property: other/);
    expect(() => Type.deserialize(type, { at: 5, tags: [] }, 'decoded')).toThrow(TriplitError);
    expect(() => Type.deserialize(type, { at: iso, tags: [1] }, 'decoded')).toThrow(TriplitError);
  });
});

describe('a type that does not exist', () => {
  const type = { type: 'text' } as unknown as DataType;
  it.each<[string, () => unknown]>([
    ['encode', () => Type.encode(type, 1)],
    ['decode', () => Type.decode(type, 1)],
    ['validateEncoded', () => Type.validateEncoded(type, 1)],
    ['serialize', () => Type.serialize(type, 1, 'decoded')],
    ['deserialize', () => Type.deserialize(type, 1, 'encoded')],
    ['supportedOperations', () => Type.supportedOperations(type)],
  ])('is named by %s', (_name, use) => {
    expect(use).toThrow(UnrecognizedAttributeTypeError);
    expect(use).toThrow(/text is not recognized. Valid types are: string, number, boolean, date, set, json, record/);
  });
});

describe('validateEncoded', () => {
  const type = S.Record({ at: S.Date(), kind: S.String({ enum: ['a'] }), tags: S.Set(S.Number()), data: S.Json() });
  it('looks at the JSON kind alone, not at enums, formats, members and unknown keys', () => {
    const odd = { at: 'soon', kind: 'b', tags: { x: 'y' }, data: null, unknown: 1 };
    expect(Type.validateEncoded(type, odd)).toEqual({ valid: true });
  });
  it.each([
    [{ at: 5 }, 'Property at is invalid: Encoded value 5 is not valid for type date.'],
    [{ kind: null }, 'Property kind is invalid: Encoded value null is not valid for type string.'],
    [{ tags: [] }, 'Property tags is invalid: Encoded value [] is not valid for type set<number>.'],
    [{ tags: 'x' }, 'Property tags is invalid: Encoded value x is not valid for type set<number>.'],
    [{ tags: null }, 'Property tags is invalid: Encoded value null is not valid for type set<number>.'],
    [[], 'Encoded value [] is not valid for type record.'],
    [null, 'Encoded value null is not valid for type record.'],
    [5, 'Encoded value 5 is not valid for type record.'],
  ])('refuses %j', (odd, error) => {
    expect(Type.validateEncoded(type, odd, { partial: true })).toEqual({ valid: false, error });
  });
  it.each<[DataType, unknown, boolean]>([
    [S.Number(), 1, true],
    [S.Number(), '1', false],
    [S.Boolean(), false, true],
    [S.Boolean(), 0, false],
    [S.Optional(S.Boolean()), null, true],
    [S.Optional(S.Boolean()), 'x', false],
    [S.Optional(S.Boolean()), undefined, true],
    [S.Boolean(), undefined, false],
    [S.Json(), null, true],
    [S.Json(), undefined, false],
    [S.Record({ inner: S.Record({ n: S.Number() }) }), { inner: { n: 1 } }, true],
    [S.Record({ inner: S.Record({ n: S.Number() }) }), { inner: { n: 'x' } }, false],
    [S.Record({ toString: S.String() }), {}, false],
    [S.Record({ toString: S.Json() }), {}, false],
  ])('%# of %j is %j', (type, encoded, valid) => {
    expect(Type.validateEncoded(type, encoded).valid).toBe(valid);
  });
});

describe('members of sets', () => {
  it('are keys and come back', () => {
    const members: [DataType, unknown, string][] = [
      [S.String(), 'a', 'a'],
      [S.Number(), 5, '5'],
      [S.Boolean(), false, 'false'],
      [S.Date(), new Date(iso), iso],
    ];
    for (const [items, member, key] of members) {
      expect(Type.collectionKeyEncode(items as any, member)).toBe(key);
      expect(Type.collectionKeyDecode(items as any, key)).toEqual(member);
    }
    expect(() => Type.collectionKeyEncode(S.Json() as any, {})).toThrow(TriplitError);
    expect(() => Type.collectionKeyDecode(S.Record({}) as any, 'x')).toThrow(TriplitError);
  });
});

describe('predicates', () => {
  it('know what may be missing, what a set can hold and what can have a default', () => {
    const types = [S.String(), S.Number(), S.Boolean(), S.Date(), S.Set(S.Date()), S.Json(), S.Record({})];
    expect(types.map(Type.isPrimitiveType)).toEqual([true, true, true, true, false, false, false]);
    expect(types.map(Type.hasConfigurableDefault)).toEqual([true, true, true, true, true, true, false]);
    expect([S.Optional(S.Date()), S.Date({ nullable: true }), S.Date({ default: 0 })].map(Type.isOptional)).toEqual([
      true,
      true,
      false,
    ]);
    expect(Type.defaultValue(S.Record({ a: S.String({ default: 'x' }), b: S.Number() }))).toEqual({ a: 'x' });
  });
});

describe('supportedOperations', () => {
  const comparisons = ['=', '!=', '<', '>', '<=', '>='];
  it.each<[string, DataType, string[]]>([
    ['string', S.String(), [...comparisons, 'in', 'nin', 'like', 'nlike', 'isDefined']],
    ['number', S.Number(), [...comparisons, 'in', 'nin', 'isDefined']],
    ['boolean', S.Boolean(), [...comparisons, 'isDefined']],
    ['date', S.Date(), [...comparisons, 'isDefined']],
    ['json', S.Json(), [...comparisons, 'in', 'nin', 'like', 'nlike', 'has', '!has', 'isDefined']],
    ['record', S.Record({}), ['isDefined']],
    [
      'set of numbers',
      S.Set(S.Number()),
      ['has', '!has', 'isDefined', ...comparisons, 'in', 'nin'].map((operator) => `SET_${operator}`),
    ],
  ])('of a %s', (_name, type, expected) => {
    expect([...Type.supportedOperations(type)].sort()).toEqual([...expected].sort());
  });

  it('lists the operators of each type, prefixed on sets', () => {
    expect(Type.supportedOperations(S.Boolean())).toEqual(['=', '!=', '<', '>', '<=', '>=', 'isDefined']);
    expect(Type.supportedOperations(S.Record({}))).toEqual(['isDefined']);
    expect(new Set(Type.supportedOperations(S.Set(S.Date())))).toEqual(
      new Set(['SET_has', 'SET_!has', 'SET_isDefined', 'SET_=', 'SET_!=', 'SET_<', 'SET_>', 'SET_<=', 'SET_>=']),
    );
    expect(Type.supportedOperations(S.String())).toContain('like');
    expect(Type.supportedOperations(S.Json())).toContain('!has');
  });
});

describe('equal', () => {
  it('compares flags, defaults, enums, items and properties', () => {
    expect(Type.equal(S.String(), JSON.parse(JSON.stringify(S.String())))).toBe(true);
    expect(Type.equal(S.String({ nullable: false }), S.String())).toBe(true);
    expect(Type.equal(S.String({ nullable: true }), S.String())).toBe(false);
    expect(Type.equal(S.String({ enum: ['a', 'b'] }), S.String({ enum: ['b', 'a'] }))).toBe(true);
    expect(Type.equal(S.String({ enum: ['a'] }), S.String({ enum: ['a', 'b'] }))).toBe(false);
    expect(Type.equal(S.Date({ default: S.Default.now() }), S.Date({ default: S.Default.now() }))).toBe(true);
    expect(
      Type.equal(S.String({ default: S.Default.Id.nanoid(4) }), S.String({ default: S.Default.Id.nanoid(5) })),
    ).toBe(false);
    expect(Type.equal(S.Json({ default: { a: [1] } }), S.Json({ default: { a: [1] } }))).toBe(true);
    expect(Type.equal(S.Json({ default: { a: [1] } }), S.Json({ default: { a: [2] } }))).toBe(false);
    expect(Type.equal(S.Set(S.String()), S.Set(S.Number()))).toBe(false);
    expect(Type.equal(S.Record({ a: S.String() }, { nullable: true }), S.Record({ a: S.String() }))).toBe(true);
    expect(Type.equal(S.Record({ a: S.String() }), S.Record({ b: S.String() }))).toBe(false);
  });
});

describe('struct', () => {
  it('is the skeleton of a record', () => {
    expect(Type.struct(S.Record({ a: S.String(), r: S.Record({ b: S.Number() }) }))).toStrictEqual({
      a: undefined,
      r: { b: undefined },
    });
  });
});
