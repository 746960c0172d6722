import { expect, test } from 'vitest';
import { TriplitError } from '../base/errors.ts';
import { Schema as S } from '../schema/builder.ts';
import { deserializeEntity, deserializeFetchResult, serializeEntity, serializeFetchResult } from './result-json.ts';

const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), tags: S.Set(S.Date()) }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      due: S.Optional(S.Date()),
      listId: S.String(),
      place: S.Record({ seen: S.Date() }),
    }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});
const date = new Date('2024-01-02T03:04:05.678Z');
const iso = date.toISOString();

const results = () => [
  {
    id: 'l',
    tags: new Set([date]),
    todos: [{ id: 't', due: null, listId: 'l', place: { seen: date }, up: { id: 'l', tags: new Set([date]) } }],
    none: null,
  },
];
const json = () => [
  {
    id: 'l',
    tags: [iso],
    todos: [{ id: 't', due: null, listId: 'l', place: { seen: iso }, up: { id: 'l', tags: [iso] } }],
    none: null,
  },
];
const query = {
  collectionName: 'lists',
  include: {
    todos: { _extends: 'todos', include: { up: { _extends: 'list' } } },
    none: { subquery: { collectionName: 'todos' }, cardinality: 'one' as const },
  },
};

test('results become JSON and results again, through inclusions, in place', () => {
  const given = results();
  expect(serializeFetchResult(query, collections, given)).toBe(given);
  expect(given).toEqual(json());
  expect(deserializeFetchResult(query, collections, json())).toEqual(results());
  expect(JSON.parse(JSON.stringify(given))).toEqual(given);
});

test('entities that others hold, such as those of a live query, are not changed', () => {
  const given = results();
  const [entity] = given;
  serializeFetchResult(query, collections, given);
  expect(given[0]).not.toBe(entity);
  expect([entity]).toEqual(results());
  const single = { id: 'l', tags: new Set([date]) };
  serializeEntity(collections.lists.schema, single);
  expect(single.tags).toEqual(new Set([date]));
});

test('without a schema nothing changes', () => {
  const given = [{ id: 'l', due: iso }];
  expect(deserializeFetchResult({ collectionName: 'x' }, undefined, given)).toBe(given);
  expect(given).toEqual([{ id: 'l', due: iso }]);
});

test('single entities go by the type of their collection', () => {
  expect(serializeEntity(collections.lists.schema, { id: 'l', tags: new Set([date]) })).toEqual({
    id: 'l',
    tags: [iso],
  });
  expect(deserializeEntity(collections.lists.schema, { id: 'l', tags: [iso] })).toEqual({
    id: 'l',
    tags: new Set([date]),
  });
});

test('an inclusion that names no relation is refused', () => {
  const bad = { collectionName: 'lists', include: { owner: null } };
  expect(() => serializeFetchResult(bad, collections, [])).toThrow(TriplitError);
  expect(() => serializeFetchResult(bad, collections, [])).toThrow("there is no relation 'owner'");
});
