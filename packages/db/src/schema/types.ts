/**
 * What a schema means in TypeScript: the entity that is read, the document that is written, the encoded row. All types
 * come out fully expanded, so that editors show plain objects and exact comparisons hold.
 */
import type { Cardinality, CollectionQuery, Filter } from '../ast/query.ts';
import type { DataType, RecordProperties, RecordType, StringType } from './data-type.ts';

// The shape of a schema

/** The record type of a collection. Every entity has a string `id`. */
export type Model<Properties extends ModelProperties = ModelProperties> = RecordType<Properties>;
export type ModelProperties = RecordProperties & { readonly id: StringType };

/** `query` yields the related rows of a row; its variables `$attribute` (same as `$1.attribute`) read that row. */
export interface Relationship<CN extends string = string, C extends Cardinality = Cardinality> {
  readonly query: CollectionQuery & { readonly collectionName: CN };
  readonly cardinality: C;
}
export interface Relationships<CN extends string = string> {
  readonly [relation: string]: Relationship<CN>;
}

export type PermissionWriteOperations = 'insert' | 'update' | 'postUpdate' | 'delete';
export type PermissionOperations = 'read' | PermissionWriteOperations;
/** Members are joined by AND; an empty list denies; no filter grants nothing. */
export interface CollectionPermission {
  readonly filter?: readonly Filter[];
}
export type CollectionPermissions = { readonly [Operation in PermissionOperations]?: CollectionPermission };
export interface RolePermissions {
  readonly [role: string]: CollectionPermissions;
}

export interface Collection<Schema extends RecordType = RecordType, Relations extends Relationships = Relationships> {
  readonly schema: Schema;
  readonly relationships?: Relations;
  /** Absent: unrestricted. Empty: closed to every role. */
  readonly permissions?: RolePermissions;
}
export interface Models {
  readonly [collection: string]: Collection;
}
/** The collections that a client is opened with. */
export type ClientSchema = Models;

/** Literals compare strictly; `'$name'` matches any present claim and captures it as `$role.name`; objects nest. */
export interface PermissionMatcher {
  readonly [claim: string]: unknown;
}
export interface Role {
  readonly match: PermissionMatcher;
}
export interface Roles {
  readonly [role: string]: Role;
}
export interface DBSchema<M extends Models = Models> {
  readonly collections: M;
  readonly roles?: Roles | undefined;
}

/** Constrains `S.Collections`: relations lead to collections of the same schema. */
export type CollectionsOf<M> = {
  readonly [CN in keyof M]: Collection<Model, Relationships<keyof M & string>>;
};

// What is read and written

export type Expand<T> = T extends (...args: never[]) => unknown ? T : { [Key in keyof T]: T[Key] };

export type OptionalType<T extends DataType> = T extends DataType
  ? Omit<T, 'config'> & { readonly config: ConfigOf<T> & { readonly optional: true } }
  : never;
export type NullableType<T extends DataType> = T extends DataType
  ? Omit<T, 'config'> & { readonly config: ConfigOf<T> & { readonly nullable: true } }
  : never;

type ConfigOf<T> = T extends { readonly config?: infer Config } ? NonNullable<Config> : unknown;
type IsOptional<T> = ConfigOf<T> extends { readonly optional: true } | { readonly nullable: true } ? true : false;
type HasDefault<T> =
  ConfigOf<T> extends { readonly default: infer Default }
    ? [Default] extends [null | undefined]
      ? false
      : true
    : false;

type OptionalReadKey<P> = { [K in keyof P]: IsOptional<P[K]> extends true ? K : never }[keyof P];
type OptionalWriteKey<P> = {
  [K in keyof P]: IsOptional<P[K]> extends true ? K : HasDefault<P[K]> extends true ? K : never;
}[keyof P];

type DecodedString<T> = ConfigOf<T> extends { readonly enum: readonly (infer Option)[] } ? Option : string;

type DecodedRecord<P> = Expand<
  { -readonly [K in Exclude<keyof P, OptionalReadKey<P>>]: Decoded<P[K]> } & {
    -readonly [K in OptionalReadKey<P>]?: Decoded<P[K]> | null | undefined;
  }
>;
/** The value as application code reads it. */
export type Decoded<T> = T extends { readonly type: 'string' }
  ? DecodedString<T>
  : T extends { readonly type: 'number' }
    ? number
    : T extends { readonly type: 'boolean' }
      ? boolean
      : T extends { readonly type: 'date' }
        ? Date
        : T extends { readonly type: 'json' }
          ? any
          : T extends { readonly type: 'set'; readonly items: infer Items }
            ? Set<Decoded<Items>>
            : T extends { readonly type: 'record'; readonly properties: infer P }
              ? DecodedRecord<P>
              : never;

type WriteDecodedRecord<P> = Expand<
  { -readonly [K in Exclude<keyof P, OptionalWriteKey<P>>]: WriteDecoded<P[K]> } & {
    -readonly [K in OptionalWriteKey<P>]?: WriteDecoded<P[K]> | null | undefined;
  }
>;
/** The value as application code may write it. */
export type WriteDecoded<T> = T extends { readonly type: 'date' }
  ? Date | number | string
  : T extends { readonly type: 'set'; readonly items: infer Items }
    ? Set<WriteDecoded<Items>> | WriteDecoded<Items>[]
    : T extends { readonly type: 'record'; readonly properties: infer P }
      ? WriteDecodedRecord<P>
      : Decoded<T>;

type EncodedRecord<P> = Expand<
  { -readonly [K in Exclude<keyof P, OptionalReadKey<P>>]: Encoded<P[K]> } & {
    -readonly [K in OptionalReadKey<P>]?: Encoded<P[K]> | null | undefined;
  }
>;
/** The value as it is stored and sent: plain JSON. */
export type Encoded<T> = T extends { readonly type: 'date' }
  ? string
  : T extends { readonly type: 'set' }
    ? Record<string, boolean>
    : T extends { readonly type: 'record'; readonly properties: infer P }
      ? EncodedRecord<P>
      : Decoded<T>;

export type CollectionNameFromModels<M extends Models = Models> = keyof M & string;
/** Whether the collections are unknown at compile time, as in a database without a schema. */
export type IsSchemaless<M> = string extends keyof M ? true : false;

/** An entity as it is read. */
export type ReadModel<M extends Models = Models, CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>> =
  IsSchemaless<M> extends true ? { [x: string]: any } : Decoded<M[CN]['schema']>;
/** A document as it is inserted. */
export type WriteModel<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
> = IsSchemaless<M> extends true ? { [x: string]: any } : WriteDecoded<M[CN]['schema']>;
/** The second form may change its argument, which records the changes. */
export type UpdatePayload<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
> = Partial<ReadModel<M, CN>> | ((entity: ReadModel<M, CN>) => void | Promise<void>);
/** Every attribute of an entity, without relations. */
export type Entity<
  M extends Models = Models,
  CN extends CollectionNameFromModels<M> = CollectionNameFromModels<M>,
> = ReadModel<M, CN>;

export type {
  DataType,
  DefaultableType,
  DefaultFunction,
  PrimitiveType,
  RecordProperties,
  TypeConfig,
  TypeInterface,
} from './data-type.ts';
