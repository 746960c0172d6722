/**
 * Builds queries and inclusions step by step. A builder is what it builds: its own properties are the clauses, and every
 * method returns a new builder, so a builder can be kept, shared and extended.
 */
import type { Inclusion, OrderDirection } from '../ast/query.ts';
import { QueryClauseFormattingError } from '../base/errors.ts';
import type { CollectionNameFromModels, Models } from '../schema/types.ts';
import { addInclusion, appendOrder, appendWhere, cursorOf, replaceId } from './builder-clauses.ts';
import type { ModelPaths, RelationName, RelationTarget, SchemaPaths } from './path-types.ts';
import type {
  CollectionQuery,
  OperatorOf,
  OrderStatement,
  QueryAfter,
  QueryOrder,
  QueryWhere,
  RefSubquery,
  RelationExtension,
  SchemaQuery,
  ValueCursor,
  WhereFilter,
} from './types.ts';

export class QueryBuilder<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
  Q extends BuilderState = {},
> {
  readonly collectionName: CN;
  readonly select: SelectOf<Q>;
  readonly where: TypedWhenAdded;
  readonly limit: number | undefined;
  readonly order: TypedWhenAdded;
  readonly include: IncludeOf<Q>;
  readonly after: QueryAfter | undefined;
  readonly vars: Readonly<Record<string, unknown>> | undefined;

  constructor(collectionName: CN, initial: Partial<Omit<CollectionQuery<M, CN>, 'collectionName'>> = {}) {
    this.collectionName = collectionName;
    this.select = initial.select as SelectOf<Q>;
    this.where = initial.where;
    this.limit = initial.limit;
    this.order = initial.order;
    this.include = initial.include as IncludeOf<Q>;
    this.after = initial.after;
    this.vars = initial.vars;
  }

  /** The attributes to return. `[]` returns inclusions only; undefined returns everything. */
  Select<const S extends readonly SchemaPaths<M, CN>[] | undefined>(
    paths: S,
  ): QueryBuilder<M, CN, ReplaceSelect<Q, S>> {
    return this.#with({ select: paths });
  }

  /** Adds filters, all of which must hold: `('name', '=', 'x')`, or any number of filters, or one array of them. */
  Where(...filters: WhereInput<M, CN>): QueryBuilder<M, CN, Q> {
    return this.#with({ where: appendWhere(this.where, filters) });
  }

  /** Asks for one id instead of any that was asked for before. */
  Id(id: string): QueryBuilder<M, CN, Q> {
    return this.#with({ where: replaceId(this.where, id) });
  }

  /** Adds order clauses, the most significant first: `('name', 'ASC')`, or any number of clauses, or one array of them. */
  Order(...clauses: OrderInput<M, CN>): QueryBuilder<M, CN, Q> {
    return this.#with({ order: appendOrder(this.order, clauses) });
  }

  Limit(limit: number | undefined): QueryBuilder<M, CN, Q> {
    return this.#with({ limit });
  }

  /** Starts behind a cursor: one value per order clause, or the last entity of the page before. Call `Order` first. */
  After(cursor: ValueCursor | object | null | undefined, inclusive = false): QueryBuilder<M, CN, Q> {
    const values = cursorOf(cursor, {
      order: this.order,
      select: this.select as readonly string[] | undefined,
    });
    return this.#with({ after: values === undefined ? undefined : [values, inclusive] });
  }

  /** The values of `$query` variables. */
  Vars(vars: Readonly<Record<string, unknown>> | undefined): QueryBuilder<M, CN, Q> {
    return this.#with({ vars });
  }

  /** Returns related entities with each entity: a relation under its name, or under an alias, extended. */
  Include<R extends RelationName<M, CN>>(relation: R): QueryBuilder<M, CN, AddInclusion<Q, R, null>>;
  Include<A extends string, const I extends RefSubquery<M, CN>>(
    alias: A,
    relation: I | ((rel: RelationFactory<M, CN>) => I),
  ): QueryBuilder<M, CN, AddInclusion<Q, A, I>>;
  Include(alias: string, relation: unknown = null): unknown {
    return this.#include(alias, resolveRelation(alias, relation));
  }

  /** Returns the first entity of a subquery, or null, with each entity. `$1.path` in it is the outer entity. */
  SubqueryOne<A extends string, const S extends SchemaQuery<M>>(
    alias: A,
    query: S | ((sub: SubqueryFactory<M>) => S),
  ): QueryBuilder<M, CN, AddInclusion<Q, A, Subquery<S, 'one'>>> {
    return this.#include(alias, { subquery: resolveSubquery(alias, query), cardinality: 'one' });
  }

  /** Returns the entities of a subquery with each entity. `$1.path` in it is the outer entity. */
  SubqueryMany<A extends string, const S extends SchemaQuery<M>>(
    alias: A,
    query: S | ((sub: SubqueryFactory<M>) => S),
  ): QueryBuilder<M, CN, AddInclusion<Q, A, Subquery<S, 'many'>>> {
    return this.#include(alias, { subquery: resolveSubquery(alias, query), cardinality: 'many' });
  }

  #include<Next>(alias: string, inclusion: unknown): Next {
    return this.#with({ include: addInclusion(this.include as Include, alias, inclusion as Inclusion) });
  }

  #with<Next>(clauses: object): Next {
    return new QueryBuilder(this.collectionName as string, { ...this, ...clauses } as object) as Next;
  }
}

export class RelationBuilder<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
  R extends string = string,
  Q extends BuilderState = {},
> {
  readonly _extends: R;
  readonly select: SelectOf<Q>;
  readonly where: TypedWhenAdded;
  readonly limit: number | undefined;
  readonly order: TypedWhenAdded;
  readonly include: IncludeOf<Q>;

  constructor(relation: R, initial: Partial<Omit<RelationExtension<M, CN, R>, '_extends'>> = {}) {
    this._extends = relation;
    this.select = initial.select as SelectOf<Q>;
    this.where = initial.where;
    this.limit = initial.limit;
    this.order = initial.order;
    this.include = initial.include as IncludeOf<Q>;
  }

  Select<const S extends readonly SchemaPaths<M, CN>[] | undefined>(
    paths: S,
  ): RelationBuilder<M, CN, R, ReplaceSelect<Q, S>> {
    return this.#with({ select: paths });
  }

  Where(...filters: WhereInput<M, CN>): RelationBuilder<M, CN, R, Q> {
    return this.#with({ where: appendWhere(this.where, filters) });
  }

  Id(id: string): RelationBuilder<M, CN, R, Q> {
    return this.#with({ where: replaceId(this.where, id) });
  }

  Order(...clauses: OrderInput<M, CN>): RelationBuilder<M, CN, R, Q> {
    return this.#with({ order: appendOrder(this.order, clauses) });
  }

  Limit(limit: number | undefined): RelationBuilder<M, CN, R, Q> {
    return this.#with({ limit });
  }

  Include<Name extends RelationName<M, CN>>(relation: Name): RelationBuilder<M, CN, R, AddInclusion<Q, Name, null>>;
  Include<A extends string, const I extends RefSubquery<M, CN>>(
    alias: A,
    relation: I | ((rel: RelationFactory<M, CN>) => I),
  ): RelationBuilder<M, CN, R, AddInclusion<Q, A, I>>;
  Include(alias: string, relation: unknown = null): unknown {
    return this.#include(alias, resolveRelation(alias, relation));
  }

  SubqueryOne<A extends string, const S extends SchemaQuery<M>>(
    alias: A,
    query: S | ((sub: SubqueryFactory<M>) => S),
  ): RelationBuilder<M, CN, R, AddInclusion<Q, A, Subquery<S, 'one'>>> {
    return this.#include(alias, { subquery: resolveSubquery(alias, query), cardinality: 'one' });
  }

  SubqueryMany<A extends string, const S extends SchemaQuery<M>>(
    alias: A,
    query: S | ((sub: SubqueryFactory<M>) => S),
  ): RelationBuilder<M, CN, R, AddInclusion<Q, A, Subquery<S, 'many'>>> {
    return this.#include(alias, { subquery: resolveSubquery(alias, query), cardinality: 'many' });
  }

  #include<Next>(alias: string, inclusion: unknown): Next {
    return this.#with({ include: addInclusion(this.include as Include, alias, inclusion as Inclusion) });
  }

  #with<Next>(clauses: object): Next {
    return new RelationBuilder(this._extends as string, { ...this, ...clauses } as object) as Next;
  }
}

export function queryBuilder<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
>(collectionName: CN): QueryBuilder<M, CN> {
  return new QueryBuilder<M, CN>(collectionName);
}

export function relationBuilder<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
  const R extends string = string,
>(relation: R): RelationBuilder<M, CN, R> {
  return new RelationBuilder<M, CN, R>(relation);
}

/** An inclusion is given as such, or as a function of a factory of builders. */
function resolveRelation(alias: string, relation: unknown): unknown {
  return typeof relation === 'function'
    ? built(alias, (relation as (rel: typeof relationBuilder) => unknown)(relationBuilder))
    : relation;
}

function resolveSubquery(alias: string, query: unknown): unknown {
  return typeof query === 'function'
    ? built(alias, (query as (sub: typeof queryBuilder) => unknown)(queryBuilder))
    : query;
}

/** A function in braces that forgets to return what it has built would include nothing, and nobody would notice. */
function built(alias: string, result: unknown): unknown {
  if (result !== undefined) return result;
  throw new QueryClauseFormattingError('include', alias, 'The function must return the builder.');
}

/**
 * Filters and orders are checked where they are added. Their types are not kept: to compare a builder's with those of
 * every collection of a schema would cost the compiler most of a second for each query.
 */
type TypedWhenAdded = readonly any[] | undefined;
type Include = Readonly<Record<string, Inclusion>> | undefined;

/** What a builder knows at compile time: the clauses that decide the type of results. */
export interface BuilderState {
  readonly select?: unknown;
  readonly include?: unknown;
}
type SelectOf<Q> = Q extends { readonly select: infer S } ? S : undefined;
type IncludeOf<Q> = Q extends { readonly include: infer I } ? I : undefined;

interface ReplaceSelect<Q, S> {
  readonly select: S;
  readonly include: IncludeOf<Q>;
}
interface AddInclusion<Q, Alias extends string, I> {
  readonly select: SelectOf<Q>;
  readonly include: WithInclusion<IncludeOf<Q> extends undefined ? {} : IncludeOf<Q>, Alias, I>;
}
type WithInclusion<Include, Alias extends string, I> = {
  readonly [A in Alias | keyof Include]: A extends Alias ? I : A extends keyof Include ? Include[A] : never;
};
interface Subquery<S, C> {
  readonly subquery: S;
  readonly cardinality: C;
}

export type WhereInput<M extends Models, CN extends CollectionNameFromModels<M>> =
  | [path: ModelPaths<M, CN>, operator: OperatorOf<M>, value: unknown]
  | [filters: QueryWhere<M, CN>]
  | [filter?: WhereFilter<M, CN> | undefined, ...more: WhereFilter<M, CN>[]];

export type OrderInput<M extends Models, CN extends CollectionNameFromModels<M>> =
  | [path: ModelPaths<M, CN>, direction: OrderDirection]
  | [clauses: QueryOrder<M, CN>]
  | [clause?: OrderStatement<M, CN> | undefined, ...more: OrderStatement<M, CN>[]];

/** Starts a builder for a relation of the outer collection. */
export type RelationFactory<M extends Models, CN extends CollectionNameFromModels<M>> = <R extends RelationName<M, CN>>(
  relation: R,
) => RelationBuilder<M, RelationTarget<M, CN, R>, R>;

/** Starts a builder for any collection. */
export type SubqueryFactory<M extends Models> = <CN extends CollectionNameFromModels<M>>(
  collectionName: CN,
) => QueryBuilder<M, CN>;
