import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TriplitError } from '../base/errors.ts';
import type { Change, DBChanges } from '../changes/types.ts';
import { decodeChanges, encodeChanges } from './changes-codec.ts';
import { entityText, joinChangesText } from './changes-text.ts';
import type { SuperJson } from './super-json.ts';

const captured = JSON.parse(
  readFileSync(new URL('../../../../tests/vectors/captured-changes.json', import.meta.url), 'utf8'),
) as { type: string; changes: SuperJson }[];

const plainChanges: DBChanges = {
  todos: { sets: new Map([['t1', { id: 't1', text: 'one' }]]), deletes: new Set(['t2']) },
};
const plainWire = {
  json: { todos: { sets: [['t1', { id: 't1', text: 'one' }]], deletes: ['t2'] } },
  meta: { values: { 'todos.sets': ['map'], 'todos.deletes': ['set'] }, v: 1 },
};

test('a change set travels as superjson and comes back the same', () => {
  expect(encodeChanges(plainChanges)).toEqual(plainWire);
  expect(decodeChanges(plainWire)).toEqual(plainChanges);
});

test('an empty change set has no meta', () => {
  expect(encodeChanges({})).toEqual({ json: {} });
  expect(decodeChanges({ json: {} })).toEqual({});
});

test('plain rows are neither copied on the way out nor on the way in', () => {
  const row = { id: 't1', nested: { a: [1] } };
  const wire = encodeChanges({ todos: { sets: new Map([['t1', row]]), deletes: new Set() } });
  expect((wire.json as any).todos.sets[0][1]).toBe(row);
  expect(decodeChanges(wire)['todos']?.sets.get('t1')).toBe(row);
});

test.each(captured)('captured $type $# decodes and encodes to what was sent', ({ changes }) => {
  const encoded = encodeChanges(decodeChanges(changes));
  // Senders of version 0 paths wrote no `v`.
  const expected = changes.meta ? { json: changes.json, meta: { values: changes.meta.values, v: 1 } } : changes;
  expect(encoded).toEqual(expected);
  if (changes.meta?.v === 1) expect(JSON.stringify(encoded)).toBe(JSON.stringify(changes));
});

test.each(captured)('captured $type $# is joined from entity texts to the same characters', ({ changes }) => {
  expect(textOf(decodeChanges(changes))).toBe(JSON.stringify(encodeChanges(decodeChanges(changes))));
});

describe('values that JSON cannot hold', () => {
  const special: Change = {
    id: 'f',
    absent: undefined,
    at: new Date('2024-01-02T03:04:05.678Z'),
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0],
    big: 12345678901234567890n,
    members: new Set(['a', new Map([['k', undefined]])]),
    'dotted.key\\with backslash': { 'a.b': undefined },
  };
  const changes: DBChanges = { 'a.b': { sets: new Map([['f', special]]), deletes: new Set() } };

  test('come back as they were', () => {
    const decoded = decodeChanges(JSON.parse(JSON.stringify(encodeChanges(changes))));
    expect(decoded).toStrictEqual(changes);
    expect(Object.is((decoded['a.b']!.sets.get('f')!['numbers'] as number[])[3], -0)).toBe(true);
  });

  test('are annotated by path: index of the pair, 1 for the value, then attribute names', () => {
    const wire = encodeChanges({
      free: { sets: new Map([['f', { id: 'f', u: undefined, o: { 'x.y': new Date(0) } }]]), deletes: new Set() },
    });
    expect(wire).toEqual({
      json: { free: { sets: [['f', { id: 'f', u: null, o: { 'x.y': '1970-01-01T00:00:00.000Z' } }]], deletes: [] } },
      meta: {
        values: {
          'free.sets': ['map', { '0.1.u': ['undefined'], '0.1.o.x\\.y': ['Date'] }],
          'free.deletes': ['set'],
        },
        v: 1,
      },
    });
  });

  test('nest: a set inside of a map', () => {
    const wire = encodeChanges({ c: { sets: new Map([['i', { s: new Set([1n]) }]]), deletes: new Set() } });
    expect((wire.meta!.values as any)['c.sets']).toEqual(['map', { '0.1.s': ['set', { '0': ['bigint'] }] }]);
  });
});

test('before version 1 a lone backslash in a path stands for itself', () => {
  const wire = {
    json: { 'a\\b': { sets: [], deletes: ['x'] } },
    meta: { values: { 'a\\b.sets': ['map'], 'a\\b.deletes': ['set'] } },
  };
  expect(decodeChanges(wire)).toEqual({ 'a\\b': { sets: new Map(), deletes: new Set(['x']) } });
});

test('an annotation on the root itself is understood, and is not a change set', () => {
  expect(() => decodeChanges({ json: [], meta: { values: ['map'] } })).toThrow('not an object of collections');
});

test('the same object in two places arrives in both', () => {
  const wire = {
    json: {
      c: {
        sets: [
          ['a', { o: { x: 1 } }],
          ['b', { o: null }],
        ],
        deletes: [],
      },
    },
    meta: {
      values: { 'c.sets': ['map'], 'c.deletes': ['set'] },
      referentialEqualities: { 'c.sets.0.1.o': ['c.sets.1.1.o'] },
      v: 1,
    },
  };
  const { sets } = decodeChanges(wire)['c']!;
  expect(sets.get('b')).toEqual({ o: { x: 1 } });
  expect(sets.get('b')!['o']).toBe(sets.get('a')!['o']);
  const asTuple = { ...wire, meta: { ...wire.meta, referentialEqualities: [[], wire.meta.referentialEqualities] } };
  expect(decodeChanges(asTuple)['c']!.sets.get('b')).toEqual({ o: { x: 1 } });
});

test('the same row under two ids arrives under both', () => {
  const wire = {
    json: {
      c: {
        sets: [
          ['a', { x: 1 }],
          ['b', null],
        ],
        deletes: [],
      },
    },
    meta: {
      values: { 'c.sets': ['map'], 'c.deletes': ['set'] },
      referentialEqualities: { 'c.sets.0.1': ['c.sets.1.1'] },
    },
  };
  expect(decodeChanges(wire)['c']!.sets.get('b')).toEqual({ x: 1 });
});

const meta = { values: { 'c.sets': ['map'], 'c.deletes': ['set'] }, v: 1 };
const withSets = (sets: unknown, deletes: unknown = []): unknown => ({ json: { c: { sets, deletes } }, meta });
const proto = (text: string): unknown => JSON.parse(text) as unknown;

test.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'changes'],
  ['a list', []],
  ['no json', {}],
  ['meta that is no object', { json: {}, meta: 1 }],
  ['collections that are no object', { json: [] }],
  ['a collection without annotations', { json: { c: { sets: [], deletes: [] } } }],
  ['sets without deletes', { json: { c: { sets: [] } }, meta: { values: { 'c.sets': ['map'] } } }],
  ['an entry that is no pair', withSets([['a']])],
  ['an id that is no text', withSets([[1, {}]])],
  ['a deleted id that is no text', withSets([], [1])],
  ['a row that is text', withSets([['a', 'b']])],
  ['a row that is null', withSets([['a', null]])],
  ['a row that is a list', withSets([['a', []]])],
  ['a row with another id', withSets([['a', { id: 'b' }]])],
  ['__proto__ in a row', withSets([['a', proto('{"__proto__":{"polluted":1}}')]])],
  ['__proto__ deep in a row', withSets([['a', { x: [proto('{"y":{"__proto__":{"polluted":1}}}')] }]])],
  [
    '__proto__ as collection',
    proto(
      '{"json":{"__proto__":{"sets":[],"deletes":[]}},"meta":{"values":{"__proto__.sets":["map"],"__proto__.deletes":["set"]}}}',
    ),
  ],
  [
    'constructor as collection',
    {
      json: { constructor: { sets: [], deletes: [] } },
      meta: { values: { 'constructor.sets': ['map'], 'constructor.deletes': ['set'] } },
    },
  ],
  [
    'a path through __proto__',
    { json: { c: { sets: [], deletes: [] } }, meta: { values: { '__proto__.polluted': ['undefined'] } } },
  ],
  ['a path through constructor', { json: { c: {} }, meta: { values: { 'c.constructor.prototype': ['undefined'] } } }],
  ['a path that leads nowhere', { json: {}, meta: { values: { 'x.y.z': ['map'] } } }],
  ['a path with a stray backslash', { json: {}, meta: { values: { 'x\\y': ['map'] }, v: 1 } }],
  ['an unknown annotation', { json: { c: 1 }, meta: { values: { c: ['symbol'] } } }],
  ['a regular expression', { json: { c: '/(a+)+$/' }, meta: { values: { c: ['regexp'] } } }],
  ['an annotation with arguments', { json: { c: 1 }, meta: { values: { c: [['class', 'Evil']] } } }],
  ['a map that is no list', { json: { c: { sets: {}, deletes: [] } }, meta }],
  ['a date that is none', { json: { c: 'x' }, meta: { values: { c: ['Date'] } } }],
  ['a bigint that is none', { json: { c: '1e9' }, meta: { values: { c: ['bigint'] } } }],
  ['a bigint without end', { json: { c: '9'.repeat(100_000) }, meta: { values: { c: ['bigint'] } } }],
  ['a number that is none', { json: { c: '12' }, meta: { values: { c: ['number'] } } }],
  ['annotations of the wrong shape', { json: { c: 1 }, meta: { values: { c: 'map' } } }],
  [
    'a row that contains itself',
    {
      ...(withSets([['a', { o: { p: 1 } }]]) as object),
      meta: { ...meta, referentialEqualities: { 'c.sets.0.1': ['c.sets.0.1.o.p'] } },
    },
  ],
  ['changes that contain themselves', { json: {}, meta: { referentialEqualities: [['c']] } }],
  [
    'an equality that leads nowhere',
    { ...(withSets([]) as object), meta: { ...meta, referentialEqualities: { 'c.sets.7.1': ['c'] } } },
  ],
  [
    'an equality that replaces an id',
    {
      ...(withSets([
        ['a', {}],
        ['b', {}],
      ]) as object),
      meta: { ...meta, referentialEqualities: { 'c.sets.0.1': ['c.sets.1.0'] } },
    },
  ],
  [
    'an equality into __proto__',
    {
      ...(withSets([['a', { o: {} }]]) as object),
      meta: { ...meta, referentialEqualities: { 'c.sets.0.1.o': ['c.__proto__'] } },
    },
  ],
  ['nesting without end', withSets([['a', { j: JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown }]])],
])('%s is refused with a TriplitError', (_, wire) => {
  const before = Object.keys(Object.prototype);
  expect(() => decodeChanges(wire)).toThrow(TriplitError);
  expect(Object.keys(Object.prototype)).toEqual(before);
  expect(({} as any).polluted).toBeUndefined();
});

test('equalities that double at each level are refused before they fill the memory', () => {
  const levels = 40;
  const json: Record<string, unknown> = { l0: [0, 0] };
  const referentialEqualities: Record<string, string[]> = {};
  for (let level = 1; level < levels; level++) {
    json[`l${level}`] = [0, 0];
    referentialEqualities[`l${level - 1}`] = [`l${level}.0`, `l${level}.1`];
  }
  expect(() => decodeChanges({ json, meta: { referentialEqualities } })).toThrow('too much data');
});

test('decoding leaves the input as it was', () => {
  const wire = {
    json: { c: { sets: [['a', { d: '1970-01-01T00:00:00.000Z' }]], deletes: [] } },
    meta: { values: { 'c.sets': ['map', { '0.1.d': ['Date'] }], 'c.deletes': ['set'] }, v: 1 },
  };
  const before = JSON.stringify(wire);
  expect(decodeChanges(wire)['c']!.sets.get('a')).toEqual({ d: new Date(0) });
  expect(JSON.stringify(wire)).toBe(before);
});

test('what cannot travel is refused when encoding', () => {
  const rowWith = (value: unknown): DBChanges => ({ c: { sets: new Map([['a', { value }]]), deletes: new Set() } });
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  for (const value of [() => 1, Symbol('s'), new (class Point {})(), loop, JSON.parse('{"__proto__":1}')]) {
    expect(() => encodeChanges(rowWith(value))).toThrow(TriplitError);
  }
});

const key = fc.oneof(fc.string(), fc.constantFrom('a.b', 'a\\b', '\\.', 'constructor', '0', ''));
const safeKey = key.filter((name) => name !== '__proto__');
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: true }),
  fc.bigInt(),
);
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(safeKey, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
}));
const row = fc.dictionary(safeKey, anyValue, { noNullPrototype: true }).map(({ id: _, ...rest }) => rest);
const collectionName = key.filter((name) => !(name in Object.prototype));
const anyChanges: fc.Arbitrary<DBChanges> = fc.dictionary(
  collectionName,
  fc
    .record({
      sets: fc.array(fc.tuple(fc.string(), row), { maxLength: 4 }).map((entries) => new Map<string, Change>(entries)),
      deletes: fc.array(fc.string(), { maxLength: 4 }).map((ids) => new Set(ids)),
    })
    .map((entry) => ({ ...entry })),
  { maxKeys: 3, noNullPrototype: true },
);

test('law: any change set survives the wire', () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      // Not toStrictEqual, which trips over keys named "constructor".
      deepStrictEqual(decodeChanges(JSON.parse(JSON.stringify(encodeChanges(changes)))), changes);
    }),
  );
});

test('law: joined entity texts equal the encoded change set', () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      expect(textOf(changes)).toBe(JSON.stringify(encodeChanges(changes)));
    }),
  );
});

test('law: garbage is refused with a TriplitError and nothing else', () => {
  const annotation = fc.constantFrom('map', 'set', 'undefined', 'Date', 'number', 'bigint', 'regexp');
  const path = fc.constantFrom(
    'c',
    'c.sets',
    'c.deletes',
    'c.sets.0',
    'c.sets.0.1',
    '0.1',
    '0',
    '1',
    'c.__proto__',
    '__proto__',
    'x.y',
    '\\',
  );
  const tree = fc.oneof(
    fc.tuple(annotation),
    fc.tuple(annotation, fc.dictionary(path, fc.tuple(annotation))),
    fc.jsonValue(),
  );
  const wire = fc.record(
    {
      json: fc.oneof(
        fc.jsonValue(),
        fc.record({ c: fc.record({ sets: fc.jsonValue(), deletes: fc.jsonValue() }) }),
        fc.constant({ c: { sets: [['a', { x: [] }]], deletes: ['b'] } }),
      ),
      meta: fc.record(
        {
          values: fc.oneof(fc.dictionary(path, tree), tree),
          referentialEqualities: fc.oneof(fc.dictionary(path, fc.array(path)), fc.jsonValue()),
          v: fc.constantFrom(0, 1),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['json'] },
  );
  fc.assert(
    fc.property(wire, (input) => {
      try {
        decodeChanges(input);
      } catch (error) {
        expect(error).toBeInstanceOf(TriplitError);
      }
    }),
    { numRuns: 2000 },
  );
});

function textOf(changes: DBChanges): string {
  return joinChangesText(
    Object.entries(changes).map(
      ([name, { sets, deletes }]) =>
        [name, [...sets].map(([id, change]) => [id, entityText(change)] as const), deletes] as const,
    ),
  );
}
