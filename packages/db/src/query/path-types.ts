/**
 * The dotted paths of a schema as types. Relations are followed one level with every attribute named and one more as an
 * open text, so that mutually related collections stay finite and cheap to check.
 */
import type { CollectionNameFromModels, IsSchemaless, Models } from '../schema/types.ts';

type PropertiesOf<T> = T extends { readonly properties: infer P } ? P : {};

/** Attribute paths of a record type: its keys, what is inside records, anything inside json. */
export type RecordPaths<Properties> = {
  [K in keyof Properties & (string | number)]: Properties[K] extends {
    readonly type: 'record';
    readonly properties: infer P;
  }
    ? `${K}` | `${K}.${RecordPaths<P>}`
    : Properties[K] extends { readonly type: 'json' }
      ? `${K}` | `${K}.${string}`
      : `${K}`;
}[keyof Properties & (string | number)];

/** Paths to attributes of the collection, never into relations: what can be selected. */
export type SchemaPaths<M extends Models, CN extends CollectionNameFromModels<M>> =
  IsSchemaless<M> extends true ? string : RecordPaths<PropertiesOf<M[CN]['schema']>>;

export type RelationsOf<M extends Models, CN extends CollectionNameFromModels<M>> = M[CN] extends {
  readonly relationships?: infer R;
}
  ? NonNullable<R>
  : {};

/** Names of the relations of the collection. */
export type RelationName<M extends Models, CN extends CollectionNameFromModels<M>> =
  IsSchemaless<M> extends true ? string : keyof RelationsOf<M, CN> & string;

/** The collection that a relation leads to. */
export type RelationTarget<M extends Models, CN extends CollectionNameFromModels<M>, R> = RelationsOf<M, CN>[R &
  keyof RelationsOf<M, CN>] extends { readonly query: { readonly collectionName: infer Target } }
  ? Target & CollectionNameFromModels<M>
  : CollectionNameFromModels<M>;

export type RelationCardinality<M extends Models, CN extends CollectionNameFromModels<M>, R> = RelationsOf<M, CN>[R &
  keyof RelationsOf<M, CN>] extends { readonly cardinality: infer C }
  ? C
  : never;

/** Relations and relations of relations, for `exists`. */
export type RelationshipPaths<M extends Models, CN extends CollectionNameFromModels<M>> =
  IsSchemaless<M> extends true ? string : RelationName<M, CN> | `${RelationName<M, CN>}.${string}`;

type RelatedPaths<M extends Models, CN extends CollectionNameFromModels<M>> = {
  [R in RelationName<M, CN>]:
    | `${R}.${SchemaPaths<M, RelationTarget<M, CN, R>>}`
    | `${R}.${RelationName<M, RelationTarget<M, CN, R>>}.${string}`;
}[RelationName<M, CN>];

/** Paths that filters and orders take: attributes, and attributes of related entities. */
export type ModelPaths<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
> = IsSchemaless<M> extends true ? string : SchemaPaths<M, CN> | RelatedPaths<M, CN>;
