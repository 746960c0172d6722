/** What the compiler knows of a database: names, documents, updates and results follow from the schema. */
import { describe, expectTypeOf, test } from 'vitest';
import { Schema as S } from '../schema/builder.ts';
import type { Roles, UpdatePayload } from '../schema/types.ts';
import { DB } from './database.ts';

const kinds = ['urgent', 'calm'] as const;
const collections = S.Collections({
  lists: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { todos: S.RelationMany('todos', { where: [['listId', '=', '$id']] }) },
  },
  todos: {
    schema: S.Schema({
      id: S.Id(),
      text: S.String(),
      kind: S.String({ enum: kinds }),
      due: S.Date({ nullable: true }),
      done: S.Boolean({ default: false }),
      tags: S.Set(S.Number()),
      place: S.Optional(S.Record({ city: S.String(), zip: S.Optional(S.Number()) })),
      data: S.Json(),
      42: S.String(),
      listId: S.String(),
    }),
    relationships: { list: S.RelationById('lists', '$listId') },
  },
});
interface Todo {
  id: string;
  text: string;
  kind: 'urgent' | 'calm';
  due?: Date | null | undefined;
  done: boolean;
  tags: Set<number>;
  place?: { city: string; zip?: number | null | undefined } | null | undefined;
  data: any;
  42: string;
  listId: string;
}
const db = new DB({ schema: { collections } });
const schemaless = new DB();
const document = { text: '', kind: 'calm' as const, tags: [1], data: 1, 42: '', listId: '' };

describe('with a schema', () => {
  test('collections are called by the names of the schema', () => {
    expectTypeOf(db.query).parameter(0).toEqualTypeOf<'lists' | 'todos'>();
    expectTypeOf(db.delete).parameter(0).toEqualTypeOf<'lists' | 'todos'>();
    // @ts-expect-error -- there is no such collection
    void db.fetchById('users', 'x');
    // @ts-expect-error -- there is no such collection
    void db.insert('users', {});
    // @ts-expect-error -- there is no such collection
    void db.update('users', 'x', {});
    // @ts-expect-error -- there is no such collection
    void db.fetch({ collectionName: 'users' });
  });

  test('an insert takes what is written and resolves to what is read', () => {
    expectTypeOf(db.insert('todos', document)).resolves.toEqualTypeOf<Todo>();
    expectTypeOf(
      db.insert('todos', { ...document, due: 5, tags: new Set([1]), done: null }),
    ).resolves.toEqualTypeOf<Todo>();
    // @ts-expect-error -- a required attribute is missing
    void db.insert('todos', { ...document, listId: undefined });
    // @ts-expect-error -- not one of the options
    void db.insert('todos', { ...document, kind: 'other' });
  });

  test('an update takes a partial entity, or a function of exactly the entity that is read', () => {
    void db.update('todos', 'x', { text: '', due: null });
    void db.update('todos', 'x', (todo) => {
      expectTypeOf(todo).toEqualTypeOf<Todo>();
    });
    void db.update('todos', 'x', async (todo) => void todo.tags.add(3));
    expectTypeOf<UpdatePayload<typeof collections, 'lists'>>().toEqualTypeOf<
      Partial<{ id: string; name: string }> | ((entity: { id: string; name: string }) => void | Promise<void>)
    >();
    // @ts-expect-error -- no text
    void db.update('todos', 'x', { text: 5 });
  });

  test('an entity in an updater is changed by the types that are read', () => {
    void db.update('todos', 'x', (todo) => {
      todo.due = new Date();
      todo.due = null;
      delete todo.place;
      todo.tags = new Set([1]);
      todo.data.any.thing = 1;
      // @ts-expect-error -- a date is read as a Date
      todo.due = 'tomorrow';
      // @ts-expect-error -- not one of the options
      todo.kind = 'other';
      // @ts-expect-error -- what is required cannot be taken away
      delete todo.text;
      // @ts-expect-error -- it is required
      todo.text = null;
      // @ts-expect-error -- relations are no attributes
      todo.list = null;
    });
    // @ts-expect-error -- there is no such attribute
    void db.update('todos', 'x', { nope: 1 });
  });

  test('a fetch gives a list, fetchOne and fetchById an entity or null', () => {
    expectTypeOf(db.fetch(db.query('todos'))).resolves.toEqualTypeOf<Todo[]>();
    expectTypeOf(db.fetchOne(db.query('todos'))).resolves.toEqualTypeOf<Todo | null>();
    expectTypeOf(db.fetchById('todos', 'x')).resolves.toEqualTypeOf<Todo | null>();
    expectTypeOf(db.count(db.query('todos'))).resolves.toEqualTypeOf<number>();
  });

  test('a selection leaves the selected paths, an inclusion adds the related entities', () => {
    expectTypeOf(db.fetch(db.query('todos').Select(['id', 'place.city']).Include('list'))).resolves.toEqualTypeOf<
      {
        id: string;
        place?: { city: string } | null | undefined;
        list: { id: string; name: string } | null;
      }[]
    >();
    expectTypeOf(db.fetch(db.query('lists').Select([]).Include('todos'))).resolves.toEqualTypeOf<{ todos: Todo[] }[]>();
    // @ts-expect-error -- there is no such relation
    db.query('todos').Include('owner');
    // @ts-expect-error -- a relation is no attribute
    db.query('todos').Select(['list']);
  });

  test('a transaction and a subscription know the same', () => {
    expectTypeOf(
      db.transact(async (tx) => {
        expectTypeOf(tx.fetchById('todos', 'x')).resolves.toEqualTypeOf<Todo | null>();
        expectTypeOf(tx.insert('todos', document)).resolves.toEqualTypeOf<Todo>();
        void tx.update('todos', 'x', (todo) => {
          expectTypeOf(todo).toEqualTypeOf<Todo>();
        });
        // @ts-expect-error -- there is no such collection
        await tx.delete('users', 'x');
        return 42;
      }),
    ).resolves.toEqualTypeOf<number>();
    db.subscribe(db.query('todos').Where('list.name', '=', 'Home'), (todos) =>
      expectTypeOf(todos).toEqualTypeOf<Todo[]>(),
    );
  });
});

describe('without a schema', () => {
  test('any collection and any entity will do', () => {
    expectTypeOf(schemaless.query).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(schemaless.update).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(schemaless.delete).parameter(0).toEqualTypeOf<string>();
    void schemaless.update('anything', 'x', { a: 1 });
    void schemaless.update('anything', 'x', (entity) => void (entity['a'] = 1));
    expectTypeOf(schemaless.insert('anything', { a: 1 })).resolves.toEqualTypeOf<{ [x: string]: any }>();
    expectTypeOf(schemaless.fetch(schemaless.query('anything'))).resolves.toEqualTypeOf<{ [x: string]: any }[]>();
    expectTypeOf(schemaless.fetchOne(schemaless.query('anything'))).resolves.toEqualTypeOf<{
      [x: string]: any;
    } | null>();
  });
});

describe('a schema', () => {
  test('has relations to collections that exist only', () => {
    S.Collections({
      posts: {
        schema: S.Schema({ id: S.Id(), authorId: S.String() }),
        relationships: {
          // @ts-expect-error -- there is no collection of users
          author: S.RelationById('users', '$authorId'),
        },
      },
    });
  });

  test('has an id, and data types only', () => {
    // @ts-expect-error -- no id
    S.Schema({ name: S.String() });
    // @ts-expect-error -- a number is no type
    S.Schema({ id: S.Id(), size: 5 });
  });

  test('takes permission filters that were written down elsewhere', () => {
    const own = ['ownerId', '=', '$role.id'] as const;
    const roles: Roles = { user: { match: { sub: '$id' } } };
    const made = S.Collections({
      notes: {
        schema: S.Schema({ id: S.Id(), ownerId: S.String() }),
        permissions: { user: { read: { filter: [own] }, insert: { filter: [own, true] } } },
      },
    });
    expectTypeOf(new DB({ schema: { collections: made, roles } }).fetchById('notes', 'x')).resolves.toEqualTypeOf<{
      id: string;
      ownerId: string;
    } | null>();
  });
});
