/**
 * Queries as plain data, in two forms: as an application writes them (`CollectionQuery`) and as every consumer below
 * reads them (`PreparedQuery`: validated, relations expanded to subqueries, static variables replaced). Both are typed
 * loosely here; `query/types.ts` types the first by a schema.
 */
export type FilterOperator = string;

/** `[path, operator, value]`. The value is in encoded form, or a variable such as `$1.authorId`. */
export type FilterStatement = readonly [path: string, operator: FilterOperator, value: unknown];
export interface FilterGroup<F> {
  readonly mod: 'and' | 'or';
  readonly filters: readonly F[];
}
export type OrderDirection = 'ASC' | 'DESC';
export type Cardinality = 'one' | 'many';
export type CursorValue = string | number | boolean | Date | null;
/** One value per order clause, and whether a row equal to the cursor is part of the result. */
export type QueryCursor = readonly [values: readonly CursorValue[], inclusive: boolean];

export type Filter =
  | boolean
  | FilterStatement
  | FilterGroup<Filter>
  | { readonly exists: CollectionQuery }
  | { readonly exists: { readonly _extends: string; readonly where?: readonly Filter[] } };

export interface RelationInclusion {
  readonly _extends: string;
  readonly select?: readonly string[];
  readonly where?: readonly Filter[];
  readonly order?: readonly (readonly [string, OrderDirection])[];
  readonly limit?: number;
  readonly include?: Readonly<Record<string, Inclusion>>;
}
export type Inclusion =
  | true
  | null
  | RelationInclusion
  | { readonly subquery: CollectionQuery; readonly cardinality: Cardinality };

export interface CollectionQuery {
  readonly collectionName: string;
  readonly select?: readonly string[];
  readonly where?: readonly Filter[];
  readonly order?: readonly (readonly [path: string, direction: OrderDirection])[];
  readonly limit?: number;
  readonly after?: QueryCursor;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly include?: Readonly<Record<string, Inclusion>>;
}

export type PreparedFilter =
  | boolean
  | FilterStatement
  | FilterGroup<PreparedFilter>
  | { readonly exists: PreparedQuery };
export interface PreparedInclusion {
  readonly subquery: PreparedQuery;
  readonly cardinality: Cardinality;
}
/** The third element is present when the path crosses a relation: the to-one subquery that yields the related row. */
export type PreparedOrder = readonly [path: string, direction: OrderDirection, relation?: PreparedInclusion];

/**
 * Absent clauses are `undefined`. Array comparison values are `Set`s. Remaining variables are relational: `$1.path` is
 * the row of the enclosing query, `$2.path` the one above, or `$prev.path` in write permissions.
 */
export interface PreparedQuery {
  readonly collectionName: string;
  readonly select?: readonly string[];
  readonly where?: readonly PreparedFilter[];
  readonly order?: readonly PreparedOrder[];
  readonly limit?: number;
  readonly after?: QueryCursor;
  readonly include?: Readonly<Record<string, PreparedInclusion>>;
}
