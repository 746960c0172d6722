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

  test('have these three forms by type', () => {
    type Forms<T> = [read: Decoded<T>, written: WriteDecoded<T>, encoded: Encoded<T>];
    const types = {
      text: S.String(),
      colour: S.String({ enum: colours }),
      number: S.Number(),
      boolean: S.Boolean(),
      date: S.Date(),
      json: S.Json(),
      dates: S.Set(S.Date()),
      options: S.Set(S.String({ enum: ['a', 'b'] })),
      record: S.Record({ deep: S.Record({ at: S.Date() }) }),
    };
    type T = typeof types;
    expectTypeOf<Forms<T['text']>>().toEqualTypeOf<[string, string, string]>();
    type Colour = 'red' | 'green';
    expectTypeOf<Forms<T['colour']>>().toEqualTypeOf<[Colour, Colour, Colour]>();
    expectTypeOf<Forms<T['number']>>().toEqualTypeOf<[number, number, number]>();
    expectTypeOf<Forms<T['boolean']>>().toEqualTypeOf<[boolean, boolean, boolean]>();
    type DateInput = Date | number | string;
    expectTypeOf<Forms<T['date']>>().toEqualTypeOf<[Date, DateInput, string]>();
    expectTypeOf<Forms<T['json']>>().toEqualTypeOf<[any, any, any]>();
    expectTypeOf<Forms<T['dates']>>().toEqualTypeOf<
      [Set<Date>, Set<DateInput> | DateInput[], Record<string, boolean>]
    >();
    expectTypeOf<Forms<T['options']>>().toEqualTypeOf<
      [Set<'a' | 'b'>, Set<'a' | 'b'> | ('a' | 'b')[], Record<string, boolean>]
    >();
    expectTypeOf<Forms<T['record']>>().toEqualTypeOf<
      [{ deep: { at: Date } }, { deep: { at: DateInput } }, { deep: { at: string } }]
    >();
  });
});

describe('a key', () => {
  const type = S.Schema({
    id: S.Id(),
    plain: S.String(),
    never: S.String({ nullable: false }),
    nullable: S.Date({ nullable: true }),
    optional: S.Optional(S.Set(S.String())),
    byDefault: S.Boolean({ default: true }),
    byFunction: S.Date({ default: S.Default.now() }),
    noDefault: S.Number({ default: null }),
    both: S.Number({ nullable: true, default: 1 }),
    record: S.Record({ inner: S.String({ default: 'x' }), rest: S.Optional(S.Record({ deep: S.Boolean() })) }),
    maybe: S.Record({ inner: S.Number() }, { nullable: true }),
    24: S.Optional(S.Number()),
  });

  test('may be missing when it is read if it is nullable or optional', () => {
    expectTypeOf<Decoded<typeof type>>().toEqualTypeOf<{
      id: string;
      plain: string;
      never: string;
      nullable?: Date | null | undefined;
      optional?: Set<string> | null | undefined;
      byDefault: boolean;
      byFunction: Date;
      noDefault: number;
      both?: number | null | undefined;
      record: { inner: string; rest?: { deep: boolean } | null | undefined };
      maybe?: { inner: number } | null | undefined;
      24?: number | null | undefined;
    }>();
  });

  test('may be missing when it is inserted if it has a default as well', () => {
    expectTypeOf<WriteDecoded<typeof type>>().toEqualTypeOf<{
      id?: string | null | undefined;
      plain: string;
      never: string;
      nullable?: Date | number | string | null | undefined;
      optional?: Set<string> | string[] | null | undefined;
      byDefault?: boolean | null | undefined;
      byFunction?: Date | number | string | null | undefined;
      noDefault: number;
      both?: number | null | undefined;
      record: { inner?: string | null | undefined; rest?: { deep: boolean } | null | undefined };
      maybe?: { inner: number } | null | undefined;
      24?: number | null | undefined;
    }>();
  });

  test('is encoded under the condition under which it is read', () => {
    expectTypeOf<Encoded<typeof type>>().toEqualTypeOf<{
      id: string;
      plain: string;
      never: string;
      nullable?: string | null | undefined;
      optional?: Record<string, boolean> | null | undefined;
      byDefault: boolean;
      byFunction: string;
      noDefault: number;
      both?: number | null | undefined;
      record: { inner: string; rest?: { deep: boolean } | null | undefined };
      maybe?: { inner: number } | null | undefined;
      24?: number | null | undefined;
    }>();
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

  test('takes filters written down elsewhere, one by one or as a list, also of relations', () => {
    const filters = [filterFromElsewhere, true, ['author.name', '!=', 'x']] as const;
    const withFilters = S.Collections({
      users: { schema: S.Schema({ id: S.Id(), name: S.String() }) },
      posts: {
        schema: S.Schema({ id: S.Id(), authorId: S.String() }),
        relationships: { author: S.RelationById('users', '$authorId') },
        permissions: {
          r: { read: { filter: filters }, postUpdate: { filter: [['id', '=', '$prev.id']] }, delete: {} },
        },
      },
    });
    expectTypeOf<ReadModel<typeof withFilters, 'posts'>>().toEqualTypeOf<{ id: string; authorId: string }>();
  });

  test('does not compile with mistakes', () => {
    // @ts-expect-error a default fits its type
    S.Number({ default: 'x' });
    // @ts-expect-error options of an enum are strings
    S.String({ enum: [1] });
    // @ts-expect-error records have no default
    S.Record({}, { default: {} });
    // @ts-expect-error there are three formats of ids
    S.Id({ format: 'ulid' });
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
