/** The types that programs of Triplit 1.x import from this package, each with the form that they rely on. */
import { expectTypeOf, test } from 'vitest';
import type {
  CollectionQuery,
  CountOptions,
  DBChanges,
  DBInitializationEvent,
  DBSchema,
  FetchResult,
  KVStore,
  KVStoreTransaction,
  ModelPaths,
  Models,
  OrderStatement,
  QueryOrder,
  QueryWhere,
  ReadModel,
  Roles,
  ScanOptions,
  SchemaQuery,
  SessionRole,
  Timestamp,
  Triple,
  Tuple,
  TxStatus,
  ValueCursor,
  ViewEntity,
  WhereFilter,
  WriteModel,
} from './index.ts';
import { Schema as S } from './index.ts';

const collections = S.Collections({
  todos: { schema: S.Schema({ id: S.Id(), text: S.String(), done: S.Boolean({ default: false }) }) },
});
type M = typeof collections;

test('schemas and entities', () => {
  const roles: Roles = { user: { match: { sub: '$id' } } };
  expectTypeOf(collections).toExtend<Models>();
  expectTypeOf<{ collections: M; roles: typeof roles }>().toExtend<DBSchema>();
  expectTypeOf<ReadModel<M, 'todos'>>().toEqualTypeOf<{ id: string; text: string; done: boolean }>();
  expectTypeOf<{ text: string }>().toExtend<WriteModel<M, 'todos'>>();
  expectTypeOf<SessionRole>().toEqualTypeOf<{ readonly key: string; readonly roleVars: Record<string, any> }>();
});

test('queries', () => {
  expectTypeOf<{ collectionName: 'todos'; limit: 1 }>().toExtend<CollectionQuery<M, 'todos'>>();
  expectTypeOf<{ collectionName: 'todos' }>().toExtend<SchemaQuery<M>>();
  expectTypeOf<['text', '=', 'x']>().toExtend<WhereFilter<M, 'todos'>>();
  expectTypeOf<WhereFilter<M, 'todos'>[]>().toExtend<QueryWhere<M, 'todos'>>();
  expectTypeOf<['text', 'ASC']>().toExtend<OrderStatement<M, 'todos'>>();
  expectTypeOf<OrderStatement<M, 'todos'>[]>().toExtend<QueryOrder<M, 'todos'>>();
  expectTypeOf<(string | number | boolean | Date | null)[]>().toExtend<ValueCursor>();
  expectTypeOf<ModelPaths<M, 'todos'>>().toEqualTypeOf<'id' | 'text' | 'done'>();
  type Query = { collectionName: 'todos'; select: ['id'] };
  expectTypeOf<FetchResult<M, Query, 'one'>>().toEqualTypeOf<{ id: string } | null>();
  expectTypeOf<FetchResult<M, Query, 'many'>>().toEqualTypeOf<{ id: string }[]>();
});

test('changes', () => {
  expectTypeOf<{ todos: { sets: Map<string, { text: string }>; deletes: Set<string> } }>().toExtend<DBChanges>();
  expectTypeOf<Timestamp>().toExtend<readonly [number, number, string]>();
  expectTypeOf<Triple['attribute']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<ViewEntity>().toHaveProperty('subqueries');
  expectTypeOf<TxStatus>().toEqualTypeOf<'open' | 'committed' | 'cancelled'>();
  expectTypeOf<DBInitializationEvent['type']>().toEqualTypeOf<'SUCCESS' | 'SCHEMA_UPDATE_FAILED' | 'ERROR'>();
});

test('storage', () => {
  expectTypeOf<(string | number | boolean | null | object)[]>().toExtend<Tuple>();
  expectTypeOf<{ prefix: Tuple }>().toExtend<ScanOptions>();
  expectTypeOf<{ prefix: Tuple }>().toExtend<CountOptions>();
  expectTypeOf<KVStore['scope']>().returns.toEqualTypeOf<KVStore>();
  expectTypeOf<KVStore['transact']>().returns.toEqualTypeOf<KVStoreTransaction>();
  expectTypeOf<KVStoreTransaction['status']>().toEqualTypeOf<TxStatus>();
});
