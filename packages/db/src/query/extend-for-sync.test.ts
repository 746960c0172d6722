import { expect, test } from 'vitest';
import type { PreparedQuery } from '../ast/query.ts';
import {
  createQueryWithExistsAddedToIncludes,
  createQueryWithRelationalOrderAddedToIncludes,
  extendForSync,
  hasSubqueryFilterAtAnyLevel,
  hasSubqueryOrderAtAnyLevel,
} from './extend-for-sync.ts';

const profiles: PreparedQuery = { collectionName: 'profiles', where: [['id', '=', '$1.profileId']] };
const users: PreparedQuery = { collectionName: 'users', where: [['id', '=', '$1.authorId'], { exists: profiles }] };
const usersExtended: PreparedQuery = {
  ...users,
  include: { '_exists-0': { subquery: profiles, cardinality: 'one' } },
};

test('each exists filter becomes a hidden inclusion, also in groups and inside each other', () => {
  const query: PreparedQuery = {
    collectionName: 'posts',
    where: [['a', '=', 1], { mod: 'or', filters: [true, { exists: users }] }, { exists: profiles }],
  };
  const text = JSON.stringify(query);
  expect(createQueryWithExistsAddedToIncludes(query).include).toEqual({
    '_exists-0': { subquery: usersExtended, cardinality: 'one' },
    '_exists-1': { subquery: profiles, cardinality: 'one' },
  });
  expect(JSON.stringify(query)).toBe(text);
});

test('inclusions are extended too, and keep their place', () => {
  const query: PreparedQuery = {
    collectionName: 'posts',
    include: { author: { subquery: users, cardinality: 'many' } },
  };
  expect(createQueryWithExistsAddedToIncludes(query).include).toEqual({
    author: { subquery: usersExtended, cardinality: 'many' },
  });
});

test('each relational order becomes an inclusion under its path', () => {
  const relation = { subquery: users, cardinality: 'one' } as const;
  const query: PreparedQuery = {
    collectionName: 'posts',
    order: [
      ['author.name', 'ASC', relation],
      ['id', 'ASC'],
    ],
  };
  expect(createQueryWithRelationalOrderAddedToIncludes(query).include).toEqual({ 'author.name': relation });
  expect(extendForSync(query).include).toEqual({ 'author.name': { subquery: usersExtended, cardinality: 'one' } });
  expect(hasSubqueryOrderAtAnyLevel(query)).toBe(true);
  expect(hasSubqueryFilterAtAnyLevel(query)).toBe(true);
});

test('a query without relations stays as it is', () => {
  const query: PreparedQuery = { collectionName: 'posts', where: [['a', '=', 1]], order: [['a', 'ASC']] };
  expect(extendForSync(query)).toEqual(query);
  expect(hasSubqueryFilterAtAnyLevel(query)).toBe(false);
  expect(hasSubqueryOrderAtAnyLevel(query)).toBe(false);
});
