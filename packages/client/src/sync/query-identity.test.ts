import { QueryBuilder } from '@triplit/db';
import { expect, test } from 'vitest';
import { identifyQuery } from './query-identity.ts';

const text = (query: object): string => identifyQuery(query as never).text;

test('a built query and the plain object that it stands for are the same', () => {
  const built = new QueryBuilder('todos').Where('done', '=', false).Order('rank', 'ASC');
  expect(text(built)).toBe(text({ order: [['rank', 'ASC']], where: [['done', '=', false]], collectionName: 'todos' }));
});

test('empty clauses and unknown keys do not count, an empty selection does', () => {
  expect(text({ collectionName: 'a', where: [], include: {}, traceId: 1 })).toBe(text({ collectionName: 'a' }));
  expect(text({ collectionName: 'a', select: [] })).not.toBe(text({ collectionName: 'a' }));
});

test('values of different types differ, a date and its text do not', () => {
  const where = (value: unknown): string => text({ collectionName: 'a', where: [['x', '=', value]] });
  expect(where(1)).not.toBe(where('1'));
  expect(where(new Date(0))).toBe(where('1970-01-01T00:00:00.000Z'));
});

test('sets are sent as lists', () => {
  expect(identifyQuery({ collectionName: 'a', where: [['x', 'in', new Set([1, 2])]] }).params).toEqual({
    collectionName: 'a',
    where: [['x', 'in', [1, 2]]],
  });
});

test('the id of a query is the one that other implementations compute', () => {
  expect(identifyQuery({ collectionName: 'todos' }).hash).toBe('610015113');
  expect(identifyQuery({ collectionName: 'todos', limit: 10, order: [['created', 'DESC']] }).hash).toBe('1082859122');
});
