import { describe, expectTypeOf, test } from 'vitest';
import type { CollectionQuery as UntypedQuery } from '../ast/query.ts';
import { Schema as S } from '../schema/builder.ts';
import type { Models } from '../schema/types.ts';
import { and, exists, or } from './filters.ts';
import type { QueryBuilder } from './query-builder.ts';
import type {
  CollectionQuery,
  FetchResult,
  ModelPaths,
  QueryResult,
  QueryWhere,
  SchemaPaths,
  SchemaQuery,
  WhereFilter,
} from './types.ts';

const schema = S.Collections({
  users: {
    schema: S.Schema({ id: S.Id(), name: S.String() }),
    relationships: { posts: S.RelationMany('posts', { where: [['authorId', '=', '$id']] }) },
  },
  posts: {
    schema: S.Schema({
      id: S.Id(),
      title: S.String({ nullable: true }),
      created: S.Date(),
      tags: S.Set(S.String()),
      meta: S.Optional(S.Record({ lang: S.String(), size: S.Record({ w: S.Number(), h: S.Number() }) })),
      data: S.Json(),
      authorId: S.String(),
      24: S.Boolean(),
    }),
    relationships: {
      author: S.RelationById('users', '$authorId'),
      comments: S.RelationMany('comments', { where: [['postId', '=', '$id']] }),
    },
  },
  comments: {
    schema: S.Schema({ id: S.Id(), postId: S.String(), text: S.String() }),
    relationships: { post: S.RelationById('posts', '$postId') },
  },
  plain: { schema: S.Schema({ id: S.Id() }) },
});
type M = typeof schema;

type Post = {
  id: string;
  title?: string | null | undefined;
  created: Date;
  tags: Set<string>;
  meta?: { lang: string; size: { w: number; h: number } } | null | undefined;
  data: any;
  authorId: string;
  24: boolean;
};
type User = { id: string; name: string };
type Comment = { id: string; postId: string; text: string };

declare const db: {
  query<CN extends keyof M & string>(collection: CN): QueryBuilder<M, CN>;
  fetch<Q extends SchemaQuery<M>>(query: Q): FetchResult<M, Q, 'many'>;
  fetchOne<Q extends SchemaQuery<M>>(query: Q): FetchResult<M, Q, 'one'>;
};
declare const open: {
  query<CN extends string>(collection: CN): QueryBuilder<Models, CN>;
  fetch<Q extends SchemaQuery>(query: Q): FetchResult<Models, Q, 'many'>;
};

describe('paths', () => {
  test('of mutually related collections stay finite', () => {
    const mutual = S.Collections({
      a: { schema: S.Schema({ id: S.Id() }), relationships: { b: S.RelationById('b', '$id') } },
      b: { schema: S.Schema({ id: S.Id() }), relationships: { a: S.RelationById('a', '$id') } },
    });
    expectTypeOf<ModelPaths<typeof mutual, 'a'>>().toEqualTypeOf<'id' | 'b.id' | `b.a.${string}`>();
  });

  test('lead into records and json, and for filters into relations', () => {
    type PostPaths =
      | 'id'
      | 'title'
      | 'created'
      | 'tags'
      | 'meta'
      | 'meta.lang'
      | 'meta.size'
      | 'meta.size.w'
      | 'meta.size.h'
      | 'data'
      | `data.${string}`
      | 'authorId'
      | '24';
    expectTypeOf<SchemaPaths<M, 'posts'>>().toEqualTypeOf<PostPaths>();
    expectTypeOf<ModelPaths<M, 'posts'>>().toEqualTypeOf<
      | PostPaths
      | 'author.id'
      | 'author.name'
      | `author.posts.${string}`
      | 'comments.id'
      | 'comments.postId'
      | 'comments.text'
      | `comments.post.${string}`
    >();
    expectTypeOf<ModelPaths<M, 'plain'>>().toEqualTypeOf<'id'>();
    expectTypeOf<ModelPaths>().toEqualTypeOf<string>();
  });
});

describe('results', () => {
  test('are the whole entities by default', () => {
    expectTypeOf(db.fetch(db.query('posts'))).toEqualTypeOf<Post[]>();
    expectTypeOf(db.fetchOne(db.query('users').Where('name', '=', 'x'))).toEqualTypeOf<User | null>();
    expectTypeOf(db.fetch({ collectionName: 'users' })).toEqualTypeOf<User[]>();
  });

  test('have the selected attributes only', () => {
    expectTypeOf(db.fetch(db.query('posts').Select(['id', 'title']))).toEqualTypeOf<
      { id: string; title?: string | null | undefined }[]
    >();
    expectTypeOf(db.fetch(db.query('posts').Select([]))).toEqualTypeOf<{}[]>();
    expectTypeOf(db.fetch(db.query('users').Select(undefined))).toEqualTypeOf<User[]>();
    expectTypeOf(db.fetch(db.query('posts').Select(['meta.size.w', 'data.x', '24']))).toEqualTypeOf<
      { meta?: { size: { w: number } } | null | undefined; data: any; 24: boolean }[]
    >();
    expectTypeOf(db.fetch({ collectionName: 'users', select: ['name'] })).toEqualTypeOf<{ name: string }[]>();
  });

  test('have inclusions by the cardinality of the relation', () => {
    expectTypeOf(db.fetch(db.query('users').Include('posts'))).toEqualTypeOf<
      { id: string; name: string; posts: Post[] }[]
    >();
    expectTypeOf(db.fetch(db.query('comments').Select(['id']).Include('post'))).toEqualTypeOf<
      { id: string; post: Post | null }[]
    >();
    expectTypeOf(db.fetch({ collectionName: 'users', select: ['id'], include: { posts: true } })).toEqualTypeOf<
      { id: string; posts: Post[] }[]
    >();
  });

  test('have extended inclusions under their alias, at any depth', () => {
    const expected =
      expectTypeOf<{ id: string; first: { id: string; writer: User | null; comments: Comment[] }[] }[]>();
    expected.toEqualTypeOf(
      db.fetch(
        db
          .query('users')
          .Select(['id'])
          .Include('first', (rel) =>
            rel('posts')
              .Select(['id'])
              .Limit(1)
              .Include('writer', (inner) => inner('author'))
              .Include('comments'),
          ),
      ),
    );
    expected.toEqualTypeOf(
      db.fetch({
        collectionName: 'users',
        select: ['id'],
        include: {
          first: {
            _extends: 'posts',
            select: ['id'],
            limit: 1,
            include: { writer: { _extends: 'author' }, comments: true },
          },
        },
      }),
    );
    expected.toEqualTypeOf(
      db.fetch(
        db
          .query('users')
          .Select(['id'])
          .Include('first', {
            _extends: 'posts',
            select: ['id'],
            include: { writer: { _extends: 'author' }, comments: null },
          }),
      ),
    );
  });

  test('have subqueries', () => {
    expectTypeOf(
      db.fetch(
        db
          .query('plain')
          .SubqueryOne('user', (sub) => sub('users').Select(['name']))
          .SubqueryMany(
            'comments',
            db.query('comments').Include('post', (rel) => rel('post').Select(['id'])),
          ),
      ),
    ).toEqualTypeOf<
      {
        id: string;
        user: { name: string } | null;
        comments: { id: string; postId: string; text: string; post: { id: string } | null }[];
      }[]
    >();
    expectTypeOf(
      db.fetch({
        collectionName: 'plain',
        include: { user: { subquery: { collectionName: 'users', select: ['id'] }, cardinality: 'one' } },
      }),
    ).toEqualTypeOf<{ id: string; user: { id: string } | null }[]>();
  });

  test('let an alias replace an attribute', () => {
    expectTypeOf(db.fetch(db.query('users').Include('name', (rel) => rel('posts').Select(['id'])))).toEqualTypeOf<
      { id: string; name: { id: string }[] }[]
    >();
  });

  test('take selections that were written down elsewhere', () => {
    const paths = ['id', 'meta.lang'] as const;
    const readonlyPaths: ReadonlyArray<'id' | 'authorId'> = ['id'];
    expectTypeOf(db.fetch(db.query('posts').Select(paths))).toEqualTypeOf<
      { id: string; meta?: { lang: string } | null | undefined }[]
    >();
    expectTypeOf(db.fetch(db.query('posts').Select(readonlyPaths))).toEqualTypeOf<{ id: string; authorId: string }[]>();
  });

  test('have only inclusions when nothing is selected', () => {
    expectTypeOf(db.fetch(db.query('posts').Select([]).Include('author'))).toEqualTypeOf<{ author: User | null }[]>();
  });

  test('are open objects without a schema', () => {
    expectTypeOf(open.fetch(open.query('any').Select(['x']).Include('y'))).toEqualTypeOf<{ [x: string]: any }[]>();
    expectTypeOf<QueryResult<Models, { collectionName: 'x' }>>().toEqualTypeOf<{ [x: string]: any }>();
  });

  test('can be named', () => {
    const query = db.query('comments').Include('post', (rel) => rel('post').Select(['title']));
    expectTypeOf<QueryResult<M, typeof query>>().toEqualTypeOf<{
      id: string;
      postId: string;
      text: string;
      post: { title?: string | null | undefined } | null;
    }>();
  });
});

describe('queries', () => {
  const posts = db.query('posts');
  const condition = ['author.name', '=', 'x'] as const;

  test('take every form of filter and order', () => {
    posts
      .Where('title', 'like', 'x%')
      .Where(['title', '=', 'x'])
      .Where(condition)
      .Where([condition, ['created', '>', new Date()]])
      .Where(or([condition, and([['meta.lang', '=', 'en'], true]), exists('author.posts')]), true)
      .Where(exists('comments', { where: [['text', '=', 'x']] }))
      .Where({ exists: db.query('users').Where('id', '=', '$1.authorId') })
      .Where({ exists: { collectionName: 'users', where: [['name', '=', 'x']] } })
      .Where(undefined)
      .Where()
      .Where('author.posts.title', '=', '$session.x')
      .Order('author.name', 'ASC')
      // Further than two steps any text will do: the compiler does not follow relations for ever.
      .Order('author.posts.author.name', 'ASC')
      .Order(['created', 'DESC'], ['data.a.b', 'ASC'])
      .Order([['created', 'DESC']])
      .Order(undefined)
      .After([1, null, 'x', new Date(), true], true)
      .After({ id: '1' })
      .After(undefined);
    expectTypeOf(posts.Where)
      .parameter(0)
      .toEqualTypeOf<ModelPaths<M, 'posts'> | WhereFilter<M, 'posts'> | QueryWhere<M, 'posts'> | undefined>();
    expectTypeOf(posts.Select).parameter(0).toEqualTypeOf<readonly SchemaPaths<M, 'posts'>[] | undefined>();
  });

  test('are queries, typed and untyped', () => {
    const built = posts.Select(['id']).Include('author').Where('id', '=', 'x').Limit(1);
    expectTypeOf(built).toExtend<CollectionQuery<M, 'posts'>>();
    expectTypeOf(built).toExtend<SchemaQuery<M>>();
    expectTypeOf<CollectionQuery>().toExtend<SchemaQuery>();
    expectTypeOf<UntypedQuery>().toExtend<CollectionQuery>();
    expectTypeOf(open.query('x')).toExtend<CollectionQuery>();
  });

  test('do not compile with mistakes', () => {
    // @ts-expect-error there is no such collection
    db.query('nowhere');
    // @ts-expect-error there is no such attribute
    posts.Where('nope', '=', 1);
    // @ts-expect-error there is no such operator
    posts.Where('title', 'is', 'x');
    // @ts-expect-error there is no such attribute of the relation
    posts.Where('author.nope', '=', 1);
    // @ts-expect-error a filter has three parts
    posts.Where(['title', '=']);
    // @ts-expect-error there is no such attribute inside the group
    posts.Where(or([['nope', '=', 1]]));
    // @ts-expect-error there is no such relation
    posts.Where(exists('nope'));
    // @ts-expect-error there is no such direction
    posts.Order('title', 'UP');
    // @ts-expect-error there is no such attribute
    posts.Order('nope', 'ASC');
    // @ts-expect-error there is no such attribute
    posts.Select(['nope']);
    // @ts-expect-error relations are included, not selected
    posts.Select(['author.name']);
    // @ts-expect-error there is no such relation
    posts.Include('nope');
    // @ts-expect-error an attribute is no relation
    posts.Include('title');
    // @ts-expect-error there is no such relation
    posts.Include('x', (rel) => rel('nope'));
    // @ts-expect-error there is no such attribute in the related collection
    posts.Include('author', (rel) => rel('author').Select(['title']));
    // @ts-expect-error there is no such relation of the related collection
    posts.Include('author', (rel) => rel('author').Include('author'));
    // @ts-expect-error there is no such attribute in the related collection
    posts.Include('author', (rel) => rel('author').Where('title', '=', 'x'));
    // @ts-expect-error there is no such attribute in the related collection
    posts.Include('author', (rel) => rel('author').Order('title', 'ASC'));
    // @ts-expect-error there is no such collection
    posts.SubqueryOne('x', (sub) => sub('nowhere'));
    // @ts-expect-error there is no such attribute in that collection
    posts.SubqueryMany('x', (sub) => sub('users').Where('title', '=', 'x'));
    // @ts-expect-error a set is not reached into, as a record is
    posts.Where('tags.x', '=', true);
    // @ts-expect-error there is no such attribute
    db.fetch({ collectionName: 'users', select: ['title'] });
    // @ts-expect-error there is no such attribute
    db.fetch({ collectionName: 'users', order: [['title', 'ASC']] });
    // @ts-expect-error there is no such direction
    db.fetch({ collectionName: 'users', order: [['name', 'UP']] });
    // @ts-expect-error there is no such relation
    db.fetch({ collectionName: 'users', include: { x: { _extends: 'nope' } } });
    // @ts-expect-error there is no such attribute in the related collection
    db.fetch({ collectionName: 'users', include: { x: { _extends: 'posts', select: ['name'] } } });
    // @ts-expect-error there is no such collection
    db.fetch({ collectionName: 'nowhere' });
    // @ts-expect-error there is no such attribute
    db.fetch({ collectionName: 'users', where: [['title', '=', 'x']] });
  });
});
