import type { CollectionNameFromModels, Models, QueryResult } from '@triplit/db';

/** @deprecated A name of Triplit 0.x. Use `QueryResult<M, { collectionName: CN; select: S; include: I }>`. */
export type EntityWithSelection<
  M extends Models,
  CN extends CollectionNameFromModels<M>,
  Selection extends readonly string[] | undefined = undefined,
  Inclusion = {},
> = QueryResult<M, { collectionName: CN; select: Selection; include: Inclusion }>;
