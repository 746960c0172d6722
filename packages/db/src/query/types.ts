/**
 * Queries as applications write them, typed by a schema's collections. Everything here is assignable to the untyped
 * queries of `ast/query.ts`; without a schema (`Models`) any collection, path and operator is accepted.
 */
import type { Cardinality, CursorValue, Filter, OrderDirection, QueryCursor } from '../ast/query.ts';
import type { CollectionNameFromModels, IsSchemaless, Models } from '../schema/types.ts';
import type { ModelPaths, RelationName, RelationTarget, RelationshipPaths, SchemaPaths } from './path-types.ts';

export type { CollectionNameFromModels } from '../schema/types.ts';
export type { ModelPaths, RelationName, RelationshipPaths, SchemaPaths } from './path-types.ts';
export type { FetchResult, QueryResult } from './result-types.ts';

type Name<M extends Models> = CollectionNameFromModels<M>;

/** `is`: `=` `!=` and the orders; lists: `in` `nin`; text: `like` `nlike`; sets and json arrays: `has` `!has`. */
export type QueryOperator =
  | '='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'in'
  | 'nin'
  | 'like'
  | 'nlike'
  | 'has'
  | '!has'
  | 'isDefined';
export type OperatorOf<M extends Models> = IsSchemaless<M> extends true ? string : QueryOperator;

/** The value is compared in encoded or application form (Date), or is a variable such as `'$session.userId'`. */
export type TypedFilterStatement<M extends Models = Models, CN extends Name<M> = Name<M>> = readonly [
  path: ModelPaths<M, CN>,
  operator: OperatorOf<M>,
  value: unknown,
];
export interface TypedFilterGroup<M extends Models = Models, CN extends Name<M> = Name<M>> {
  readonly mod: 'and' | 'or';
  readonly filters: readonly WhereFilter<M, CN>[];
}
export interface SubQueryFilter<M extends Models = Models> {
  readonly exists: SchemaQuery<M>;
}
export interface RelationshipExistsFilter<M extends Models = Models, CN extends Name<M> = Name<M>> {
  readonly exists: { readonly _extends: RelationshipPaths<M, CN>; readonly where?: readonly Filter[] | undefined };
}
export type WhereFilter<M extends Models = Models, CN extends Name<M> = Name<M>> =
  | boolean
  | TypedFilterStatement<M, CN>
  | TypedFilterGroup<M, CN>
  | SubQueryFilter<M>
  | RelationshipExistsFilter<M, CN>;
/** All must hold. */
export type QueryWhere<M extends Models = Models, CN extends Name<M> = Name<M>> = readonly WhereFilter<M, CN>[];

export type OrderStatement<M extends Models = Models, CN extends Name<M> = Name<M>> = readonly [
  path: ModelPaths<M, CN>,
  direction: OrderDirection,
];
export type QueryOrder<M extends Models = Models, CN extends Name<M> = Name<M>> = readonly OrderStatement<M, CN>[];

/** One value per order clause. */
export type ValueCursor = readonly CursorValue[];
export type QueryAfter = QueryCursor;

/** A named relation under any alias, narrowed, ordered or extended. */
export interface RelationExtension<M extends Models, CN extends Name<M>, R extends string> {
  readonly _extends: R;
  readonly select?: readonly SchemaPaths<M, CN>[] | undefined;
  readonly where?: QueryWhere<M, CN> | undefined;
  readonly order?: QueryOrder<M, CN> | undefined;
  readonly limit?: number | undefined;
  readonly include?: QueryInclusions<M, CN> | undefined;
}
export type RefSubquery<M extends Models = Models, CN extends Name<M> = Name<M>> = {
  [R in RelationName<M, CN>]: RelationExtension<M, RelationTarget<M, CN, R>, R>;
}[RelationName<M, CN>];
/** An inclusion that needs no relation in the schema. */
export interface RelationSubquery<M extends Models = Models, C extends Cardinality = Cardinality> {
  readonly subquery: SchemaQuery<M>;
  readonly cardinality: C;
}
export interface QueryInclusions<M extends Models = Models, CN extends Name<M> = Name<M>> {
  readonly [alias: string]: true | null | RefSubquery<M, CN> | RelationSubquery<M>;
}

export interface CollectionQuery<M extends Models = Models, CN extends Name<M> = Name<M>> {
  readonly collectionName: CN;
  /** Absent: every attribute. Empty: only inclusions. */
  readonly select?: readonly SchemaPaths<M, CN>[] | undefined;
  readonly where?: QueryWhere<M, CN> | undefined;
  readonly order?: QueryOrder<M, CN> | undefined;
  readonly limit?: number | undefined;
  /** Needs an order. */
  readonly after?: QueryAfter | undefined;
  /** Values of the `$query` variables. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
  readonly include?: QueryInclusions<M, CN> | undefined;
}
/** A query of any collection of the schema. */
export type SchemaQuery<M extends Models = Models> =
  IsSchemaless<M> extends true ? CollectionQuery<M, Name<M>> : { [CN in Name<M>]: CollectionQuery<M, CN> }[Name<M>];
