/**
 * What a query returns, as types: the selected attributes plus the inclusions, fully expanded. Recursion follows the
 * inclusions that the query really has.
 */
import type { Cardinality } from '../ast/query.ts';
import type { CollectionNameFromModels, Expand, IsSchemaless, Models, ReadModel } from '../schema/types.ts';
import type { RelationCardinality, RelationTarget } from './path-types.ts';

/** `'many'`: the entities. `'one'`: an entity or null. */
export type FetchResult<M extends Models, Q, C = 'many'> = C extends 'one'
  ? QueryResult<M, Q> | null
  : QueryResult<M, Q>[];

/** One entity as the query returns it. */
export type QueryResult<M extends Models, Q> =
  IsSchemaless<M> extends true
    ? { [x: string]: any }
    : Q extends { readonly collectionName: infer CN extends CollectionNameFromModels<M> }
      ? Result<M, CN, Clause<Q, 'select'>, Clause<Q, 'include'>>
      : never;

type Clause<Q, K extends string> = K extends keyof Q ? Q[K] : undefined;

type Result<M extends Models, CN extends CollectionNameFromModels<M>, Select, Include> =
  HasInclusions<Include> extends true
    ? WithInclusions<Selection<ReadModel<M, CN>, Select>, Inclusions<M, CN, Include>>
    : Selection<ReadModel<M, CN>, Select>;

/** False for no inclusions, and for queries whose inclusions are unknown at compile time. */
type HasInclusions<Include> = [Include] extends [object]
  ? string extends keyof Include
    ? false
    : keyof Include extends never
      ? false
      : true
  : false;

type WithInclusions<T, I> = Expand<{ [K in keyof T as K extends keyof I ? never : K]: T[K] } & I>;

type Selection<T, Select> = [Select] extends [readonly (infer Path)[]]
  ? string extends Path
    ? T
    : SelectPaths<T, Path & string>
  : T;

type SelectPaths<T, Path extends string> = Expand<{
  [K in keyof T as [PathsFrom<K, Path>] extends [never] ? never : K]: K extends string | number
    ? `${K}` extends Path
      ? T[K]
      : 0 extends 1 & T[K]
        ? any
        : SelectPaths<NonNullable<T[K]>, PathsInside<K, Path>> | Extract<T[K], null | undefined>
    : never;
}>;
type PathsFrom<K, Path extends string> = K extends string | number ? Extract<Path, `${K}` | `${K}.${string}`> : never;
type PathsInside<K extends string | number, Path extends string> = Path extends `${K}.${infer Rest}` ? Rest : never;

type Inclusions<M extends Models, CN extends CollectionNameFromModels<M>, Include> = {
  -readonly [Alias in keyof Include]: InclusionResult<M, CN, Alias, Include[Alias]>;
};

type InclusionResult<M extends Models, CN extends CollectionNameFromModels<M>, Alias, I> = I extends true | null
  ? RelationResult<M, CN, Alias, undefined, undefined>
  : I extends { readonly _extends: infer R }
    ? RelationResult<M, CN, R, Clause<I, 'select'>, Clause<I, 'include'>>
    : I extends { readonly subquery: infer Q; readonly cardinality: infer C }
      ? FetchResult<M, Q, C extends Cardinality ? C : 'many'>
      : never;

type RelationResult<M extends Models, CN extends CollectionNameFromModels<M>, R, Select, Include> =
  RelationCardinality<M, CN, R> extends 'one'
    ? Result<M, RelationTarget<M, CN, R>, Select, Include> | null
    : Result<M, RelationTarget<M, CN, R>, Select, Include>[];
