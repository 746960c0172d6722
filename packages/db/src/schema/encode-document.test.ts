import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignDefaults } from './assign.ts';
import { Schema as S } from './builder.ts';
import type { RecordType } from './data-type.ts';
import { encodeDocument } from './encode-document.ts';
import { encodeEntity } from './encode.ts';

const type = S.Schema({
  id: S.Id(),
  text: S.String(),
  kind: S.String({ enum: ['a', 'b'], default: 'a' }),
  rank: S.Number({ default: 3 }),
  done: S.Optional(S.Boolean()),
  due: S.Date({ nullable: true }),
  tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
  place: S.Optional(S.Record({ city: S.String({ default: 'Bonn' }), zip: S.Optional(S.Number()) })),
  data: S.Optional(S.Json()),
}) as unknown as RecordType;

test('fills in defaults and encodes', () => {
  const due = new Date('2024-01-02T03:04:05.678Z');
  expect(encodeDocument(type, { id: '1', text: 'milk', due, tags: new Set(['x']), place: { zip: 5 } })).toEqual({
    id: '1',
    text: 'milk',
    kind: 'a',
    rank: 3,
    due: '2024-01-02T03:04:05.678Z',
    tags: { x: true },
    place: { city: 'Bonn', zip: 5 },
  });
});

test('shares nothing with the document', () => {
  const document = { id: '1', text: 'milk', due: null, data: { list: [1] } };
  const row = encodeDocument(type, document);
  document.data.list.push(2);
  expect(row['data']).toEqual({ list: [1] });
});

const orOdd = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    fc.constantFrom<unknown>(null, undefined, 0, -0, '', 'zzz', true, {}, [], new Date(0), new Date(NaN), new Set([1])),
  );
const document = fc.record(
  {
    // A generated id is another each time.
    id: fc.oneof(fc.string(), fc.constantFrom<unknown>(null, 7)),
    text: orOdd(fc.string()),
    kind: orOdd(fc.constantFrom('a', 'b')),
    rank: orOdd(fc.double()),
    done: orOdd(fc.boolean()),
    due: orOdd(fc.date()),
    tags: orOdd(fc.array(fc.string()).map((list) => new Set(list))),
    place: orOdd(fc.record({ city: orOdd(fc.string()), zip: orOdd(fc.nat()), other: fc.nat() }, { requiredKeys: [] })),
    data: orOdd(fc.jsonValue()),
    undeclared: fc.nat(),
  },
  { requiredKeys: ['id'] },
);

test('gives what assigning defaults and encoding property by property gives, errors included', () => {
  const outcome = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return (error as Error).message;
    }
  };
  fc.assert(
    fc.property(document, (given) => {
      const frozen = Object.freeze({ ...given });
      expect(outcome(() => encodeDocument(type, frozen))).toEqual(
        outcome(() => encodeEntity(type, assignDefaults(type, frozen))),
      );
    }),
    { numRuns: 2_000 },
  );
});
