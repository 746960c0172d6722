/**
 * Generators of schemas' data, queries and histories for the oracle. One fixed family of collections (lists, todos,
 * users with set, number, nullable and relation attributes) keeps shrunk cases readable; everything else is random.
 */
import fc from 'fast-check';
import { Schema as S } from '@triplit/db';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const TAGS = ['x', 'y', 'z'] as const;

export const collections = S.Collections({
  users: {
    schema: S.Schema({
      id: S.Id(),
      name: S.String(),
      age: S.Optional(S.Number()),
      tags: S.Set(S.String()),
      bossId: S.Optional(S.String()),
    }),
    relationships: {
      boss: S.RelationById('users', '$bossId'),
      lists: S.RelationMany('lists', { where: [['ownerId', '=', '$id']] }),
      todos: S.RelationMany('todos', { where: [['authorId', '=', '$id']], order: [['rank', 'DESC']] }),
    },
  },
  lists: {
    schema: S.Schema({
      id: S.Id(),
      title: S.String(),
      ownerId: S.Optional(S.String()),
      memberIds: S.Set(S.String()),
      open: S.Boolean(),
    }),
    relationships: {
      owner: S.RelationById('users', '$ownerId'),
      members: S.RelationMany('users', { where: [['id', 'in', '$memberIds']] }),
      todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }),
    },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      rank: S.Optional(S.Number()),
      done: S.Boolean(),
      listId: S.Optional(S.String()),
      authorId: S.Optional(S.String()),
    }),
    relationships: {
      list: S.RelationById('lists', '$listId'),
      author: S.RelationById('users', '$authorId'),
      siblings: S.RelationMany('todos', { where: [['listId', '=', '$listId']] }),
      ownedBelow: S.RelationMany('todos', { where: [['rank', '<', '$rank']] }),
    },
  },
});

export type CollectionName = keyof typeof collections;
export const collectionNames = Object.keys(collections) as CollectionName[];

const id = fc.constantFrom(...IDS);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.oneof({ weight: 4, arbitrary: value }, fc.constant(null), fc.constant(undefined));
const small = fc.integer({ min: 0, max: 4 });
const text = fc.constantFrom('ant', 'Bee', 'cat', 'dog');
const tags = fc.uniqueArray(fc.constantFrom(...TAGS)).map((list) => new Set<string>(list));
const memberIds = fc.uniqueArray(id, { maxLength: 3 }).map((list) => new Set<string>(list));

const attributes: Record<CollectionName, Record<string, fc.Arbitrary<unknown>>> = {
  users: { name: text, age: optional(small), tags, bossId: optional(id) },
  lists: { title: text, ownerId: optional(id), memberIds, open: fc.boolean() },
  todos: { text, rank: optional(small), done: fc.boolean(), listId: optional(id), authorId: optional(id) },
};

export type Operation =
  | { kind: 'insert'; collection: CollectionName; document: Record<string, unknown> }
  | { kind: 'update'; collection: CollectionName; id: string; patch: Record<string, unknown> }
  | { kind: 'delete'; collection: CollectionName; id: string };

const operation: fc.Arbitrary<Operation> = fc.constantFrom(...collectionNames).chain((collection) =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({ id, ...attributes[collection] })
        .map((document): Operation => ({ kind: 'insert', collection, document })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(id, fc.record(attributes[collection], { requiredKeys: [] }))
        .map(([entityId, patch]): Operation => ({
          kind: 'update',
          collection,
          id: entityId,
          patch: withoutUndefined(patch),
        })),
    },
    { weight: 2, arbitrary: id.map((entityId): Operation => ({ kind: 'delete', collection, id: entityId })) },
  ),
);

/** A history: transactions of a few operations each. */
export const history = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });

type Json = Record<string, unknown>;
const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
const listOperator = fc.constantFrom('in', 'nin');

const statement = (collection: CollectionName): fc.Arbitrary<unknown> => {
  const shared = [
    fc.tuple(fc.constant('id'), fc.constantFrom('=', '!=', '>'), id),
    fc.tuple(fc.constant('id'), listOperator, fc.uniqueArray(id, { maxLength: 4 })),
  ];
  switch (collection) {
    case 'users':
      return fc.oneof(
        ...shared,
        fc.tuple(fc.constant('name'), comparison, text),
        fc.tuple(fc.constant('name'), fc.constantFrom('like', 'nlike'), fc.constantFrom('%a%', 'b__', '%')),
        fc.tuple(fc.constant('age'), comparison, fc.oneof(small, fc.constant(null))),
        fc.tuple(fc.constant('age'), fc.constant('isDefined'), fc.boolean()),
        fc.tuple(fc.constant('tags'), fc.constantFrom('has', '!has', '=', '!='), fc.constantFrom(...TAGS)),
        fc.tuple(fc.constant('tags'), listOperator, fc.uniqueArray(fc.constantFrom(...TAGS))),
        fc.tuple(fc.constantFrom('boss.name', 'lists.title', 'todos.list.title'), comparison, text),
        fc.tuple(fc.constant('boss.boss.age'), comparison, small),
      );
    case 'lists':
      return fc.oneof(
        ...shared,
        fc.tuple(fc.constant('title'), comparison, text),
        fc.tuple(fc.constant('open'), fc.constantFrom('=', '!='), fc.boolean()),
        fc.tuple(fc.constant('ownerId'), comparison, fc.oneof(id, fc.constant(null))),
        fc.tuple(fc.constant('memberIds'), fc.constantFrom('has', '!has'), id),
        fc.tuple(fc.constantFrom('owner.name', 'members.name', 'members.boss.name'), comparison, text),
        fc.tuple(fc.constant('todos.rank'), comparison, small),
        fc.constant({ exists: { collectionName: 'users', where: [['lists.title', '=', '$1.title']] } }),
      );
    case 'todos':
      return fc.oneof(
        ...shared,
        fc.tuple(fc.constant('text'), comparison, text),
        fc.tuple(fc.constant('rank'), comparison, fc.oneof(small, fc.constant(null))),
        fc.tuple(fc.constant('done'), fc.constantFrom('=', '!='), fc.boolean()),
        fc.tuple(fc.constantFrom('listId', 'authorId'), fc.constantFrom('=', '!='), fc.oneof(id, fc.constant(null))),
        fc.tuple(fc.constantFrom('list.title', 'author.name', 'list.owner.name', 'author.boss.name'), comparison, text),
        fc.tuple(fc.constant('list.members.tags'), fc.constant('has'), fc.constantFrom(...TAGS)),
        fc.tuple(fc.constant('siblings.rank'), comparison, small),
        fc.constant({
          exists: {
            collectionName: 'todos',
            where: [
              ['rank', '>', '$1.rank'],
              ['listId', '=', '$1.listId'],
            ],
          },
        }),
        fc.constant({ exists: { collectionName: 'lists', where: [['open', '=', true]] } }),
        fc.constant({
          exists: {
            collectionName: 'lists',
            where: [
              ['id', '=', '$1.listId'],
              {
                exists: {
                  collectionName: 'users',
                  where: [
                    ['id', '=', '$2.authorId'],
                    ['id', '=', '$1.ownerId'],
                  ],
                },
              },
            ],
          },
        }),
      );
  }
};

const filter = (collection: CollectionName, depth = 0): fc.Arbitrary<unknown> =>
  depth >= 2
    ? statement(collection)
    : fc.oneof(
        { weight: 5, arbitrary: statement(collection) },
        { weight: 1, arbitrary: fc.boolean() },
        {
          weight: 2,
          arbitrary: fc.record({
            mod: fc.constantFrom('and', 'or'),
            filters: fc.array(
              fc.constant(null).chain(() => filter(collection, depth + 1)),
              { maxLength: 3 },
            ),
          }),
        },
      );

const orderPaths: Record<CollectionName, readonly string[]> = {
  users: ['name', 'age', 'id', 'boss.name', 'boss.boss.age'],
  lists: ['title', 'open', 'ownerId', 'owner.name', 'owner.boss.name'],
  todos: ['text', 'rank', 'done', 'list.title', 'author.age', 'list.owner.name'],
};

const includes: Record<CollectionName, readonly [name: string, target: CollectionName][]> = {
  users: [
    ['boss', 'users'],
    ['lists', 'lists'],
    ['todos', 'todos'],
  ],
  lists: [
    ['owner', 'users'],
    ['members', 'users'],
    ['todos', 'todos'],
  ],
  todos: [
    ['list', 'lists'],
    ['author', 'users'],
    ['siblings', 'todos'],
    ['ownedBelow', 'todos'],
  ],
};

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const clauses = (collection: CollectionName, depth: number): fc.Arbitrary<Json> =>
  fc
    .record({
      where: maybe(fc.array(filter(collection), { maxLength: 3 })),
      order: maybe(
        fc.uniqueArray(fc.tuple(fc.constantFrom(...orderPaths[collection]), fc.constantFrom('ASC', 'DESC')), {
          minLength: 1,
          maxLength: 2,
          selector: ([path]) => path,
        }),
      ),
      limit: maybe(fc.integer({ min: 0, max: 4 })),
      include: depth >= 2 ? fc.constant(undefined) : maybe(inclusion(collection, depth)),
    })
    .map(withoutUndefined);

const inclusion = (collection: CollectionName, depth: number): fc.Arbitrary<Json> =>
  fc
    .uniqueArray(fc.constantFrom(...includes[collection]), { minLength: 1, maxLength: 2 })
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map(([name, target]) =>
          clauses(target, depth + 1).map((extra): [string, unknown] => [name, { _extends: name, ...extra }]),
        ),
      ),
    )
    .map((entries) => Object.fromEntries(entries) as Json);

/** A query over one of the collections, as an application would write it. */
export const query: fc.Arbitrary<Json> = fc
  .constantFrom(...collectionNames)
  .chain((collection) => clauses(collection, 0).map((rest) => ({ collectionName: collection, ...rest })));

function withoutUndefined(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
