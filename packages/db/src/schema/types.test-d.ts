import { describe, expectTypeOf, test } from 'vitest';
import { Schema as S } from './builder.ts';
import type {
  ClientSchema,
  CollectionNameFromModels,
  Decoded,
  Encoded,
  Models,
  ReadModel,
  UpdatePayload,
  WriteDecoded,
  WriteModel,
} from './types.ts';

const colours = ['red', 'green'] as const;
const filterFromElsewhere = ['id', '=', '$role.id'] as const;

const schema = S.Collections({
  users: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { posts: S.RelationMany('posts', { where: [['authorId', '=', '$id']], order: [['id', 'ASC']] }) },
  },
  posts: {
    schema: S.Schema({
      id: S.Id({ format: 'uuidv4' }),
      title: S.String({ nullable: true }),
      views: S.Number({ default: 0 }),
      draft: S.Boolean(),
      created: S.Date({ default: S.Default.now() }),
      colour: S.String({ enum: colours }),
      size: S.Optional(S.String({ enum: ['s', 'm'] })),
      tags: S.Set(S.String(), { default: S.Default.Set.empty() }),
      dates: S.Set(S.Date()),
      meta: S.Optional(S.Record({ lang: S.String({ default: 'en' }), 25: S.Number() })),
      data: S.Json(),
      authorId: S.String(),
      24: S.String(),
    }),
    relationships: {
      author: S.RelationById('users', '$authorId'),
      raw: { query: { collectionName: 'users', where: [['id', '=', '$authorId']] }, cardinality: 'one' },
    },
    permissions: {
      authenticated: { read: { filter: [true] }, insert: { filter: [filterFromElsewhere] } },
    },
  },
});
type M = typeof schema;

describe('entities', () => {
  test('are read as plain objects of decoded values', () => {
    expectTypeOf<ReadModel<M, 'users'>>().toEqualTypeOf<{ id: string; name: string }>();
    expectTypeOf<ReadModel<M, 'posts'>>().toEqualTypeOf<{
      id: string;
      title?: string | null | undefined;
      views: number;
      draft: boolean;
      created: Date;
      colour: 'red' | 'green';
      size?: 's' | 'm' | null | undefined;
      tags: Set<string>;
      dates: Set<Date>;
      meta?: { lang: string; 25: number } | null | undefined;
      data: any;
      authorId: string;
      24: string;
    }>();
  });

  test('may be inserted without what is optional or has a default', () => {
    expectTypeOf<WriteModel<M, 'posts'>>().toEqualTypeOf<{
      id?: string | null | undefined;
      title?: string | null | undefined;
      views?: number | null | undefined;
      draft: boolean;
      created?: Date | number | string | null | undefined;
      colour: 'red' | 'green';
      size?: 's' | 'm' | null | undefined;
      tags?: Set<string> | string[] | null | undefined;
      dates: Set<Date | number | string> | (Date | number | string)[];
      meta?: { lang?: string | null | undefined; 25: number } | null | undefined;
      data: any;
      authorId: string;
      24: string;
    }>();
  });

  test('are updated by a partial entity or a function', () => {
    type User = { id: string; name: string };
    expectTypeOf<UpdatePayload<M, 'users'>>().toEqualTypeOf<Partial<User> | ((entity: User) => void | Promise<void>)>();
  });

  test('are open objects when there is no schema', () => {
    expectTypeOf<ReadModel>().toEqualTypeOf<{ [x: string]: any }>();
    expectTypeOf<WriteModel<Models, string>>().toEqualTypeOf<{ [x: string]: any }>();
    expectTypeOf<CollectionNameFromModels>().toEqualTypeOf<string>();
    expectTypeOf<CollectionNameFromModels<M>>().toEqualTypeOf<'users' | 'posts'>();
  });
});

describe('data types', () => {
  test('have a decoded, a written and an encoded form', () => {
    const type = S.Record({ at: S.Date(), days: S.Set(S.Date()), n: S.Optional(S.Number()) });
    expectTypeOf<Decoded<typeof type>>().toEqualTypeOf<{ at: Date; days: Set<Date>; n?: number | null | undefined }>();
    expectTypeOf<Encoded<typeof type>>().toEqualTypeOf<{
      at: string;
      days: Record<string, boolean>;
      n?: number | null | undefined;
    }>();
    const numbers = S.Set(S.Number());
    expectTypeOf<WriteDecoded<typeof numbers>>().toEqualTypeOf<Set<number> | number[]>();
  });
});

describe('a schema', () => {
  test('can be used where any schema is asked for', () => {
    expectTypeOf(schema).toExtend<ClientSchema>();
    const plain = { notes: { schema: S.Schema({ id: S.Id(), text: S.String() }) } } satisfies ClientSchema;
    expectTypeOf<ReadModel<typeof plain, 'notes'>>().toEqualTypeOf<{ id: string; text: string }>();
  });

  test('keeps the cardinality and target of relations', () => {
    expectTypeOf<M['posts']['relationships']['author']['cardinality']>().toEqualTypeOf<'one'>();
    expectTypeOf<M['posts']['relationships']['raw']['cardinality']>().toEqualTypeOf<'one'>();
    expectTypeOf<M['posts']['relationships']['raw']['query']['collectionName']>().toEqualTypeOf<'users'>();
    expectTypeOf<M['users']['relationships']['posts']['query']['collectionName']>().toEqualTypeOf<'posts'>();
  });

  test('does not compile with mistakes', () => {
    // @ts-expect-error a collection needs an id
    S.Schema({ name: S.String() });
    // @ts-expect-error an id is a string
    S.Schema({ id: S.Number() });
    // @ts-expect-error a number is no data type
    S.Schema({ id: S.Id(), n: 1 });
    // @ts-expect-error a relation is no data type
    S.Schema({ id: S.Id(), author: S.RelationById('users', '$id') });
    // @ts-expect-error sets hold scalars
    S.Set(S.Json());
    S.Collections({
      a: {
        schema: S.Schema({ id: S.Id() }),
        // @ts-expect-error there is no collection nowhere
        relationships: { b: S.RelationById('nowhere', '$id') },
      },
    });
    S.Collections({
      a: {
        schema: S.Schema({ id: S.Id() }),
        // @ts-expect-error there is no collection nowhere
        relationships: { b: { query: { collectionName: 'nowhere' }, cardinality: 'one' } },
      },
    });
  });
});
