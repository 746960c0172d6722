/** The types around schemas that programs of Triplit 1.x import. A name that is not exported does not compile. */
import { expectTypeOf, test } from 'vitest';
import type {
  BackwardsIncompatibleEdit,
  BooleanType,
  Collection,
  CollectionNameFromModels,
  CollectionPermission,
  CollectionPermissions,
  DBInitializationEvent,
  DBSchema,
  DataType,
  DateType,
  Decoded,
  DefaultableType,
  Diff,
  Encoded,
  FailedSchemaChange,
  FetchResult,
  JsonType,
  Model,
  ModelPaths,
  Models,
  NullableType,
  NumberType,
  OptionalType,
  PermissionMatcher,
  PermissionOperations,
  PermissionWriteOperations,
  PossibleDataViolation,
  PrimitiveType,
  ReadModel,
  RecordType,
  Relationship,
  RelationshipPaths,
  Relationships,
  Role,
  RolePermissions,
  Roles,
  SchemaChange,
  SchemaPaths,
  SessionRole,
  SetType,
  StringType,
  SuccessfulSchemaChange,
  TypeConfig,
  TypeInterface,
  UpdatePayload,
  WriteDecoded,
  WriteModel,
} from '../index.ts';

test('data types come from one family', () => {
  expectTypeOf<StringType | NumberType | BooleanType | DateType>().toExtend<PrimitiveType>();
  expectTypeOf<PrimitiveType | JsonType | SetType>().toExtend<DefaultableType>();
  expectTypeOf<DefaultableType | RecordType>().toExtend<DataType>();
  expectTypeOf<DataType>().toExtend<TypeInterface>();
  expectTypeOf<TypeInterface<'x', { nullable: true }>>().toExtend<{ type: 'x'; config?: TypeConfig }>();
  expectTypeOf<Decoded<OptionalType<StringType>>>().toEqualTypeOf<string>();
  expectTypeOf<WriteDecoded<NullableType<DateType>>>().toEqualTypeOf<Date | number | string>();
  expectTypeOf<Encoded<SetType>>().toEqualTypeOf<Record<string, boolean>>();
});

test('schemas are made of collections, permissions and roles', () => {
  expectTypeOf<DBSchema>().toExtend<{ collections: Models; roles?: Roles | undefined }>();
  expectTypeOf<Models[string]>().toEqualTypeOf<Collection>();
  expectTypeOf<Model>().toExtend<RecordType>();
  expectTypeOf<Relationships[string]>().toExtend<Relationship>();
  expectTypeOf<RolePermissions[string]>().toEqualTypeOf<CollectionPermissions>();
  expectTypeOf<CollectionPermissions['read']>().toEqualTypeOf<CollectionPermission | undefined>();
  expectTypeOf<PermissionWriteOperations>().toEqualTypeOf<'insert' | 'update' | 'postUpdate' | 'delete'>();
  expectTypeOf<PermissionOperations>().toEqualTypeOf<'read' | PermissionWriteOperations>();
  expectTypeOf<Roles[string]>().toEqualTypeOf<Role>();
  expectTypeOf<Role['match']>().toEqualTypeOf<PermissionMatcher>();
  expectTypeOf<SessionRole['key']>().toEqualTypeOf<string>();
});

test('a change of the schema is told apart by its outcome', () => {
  expectTypeOf<SchemaChange>().toEqualTypeOf<SuccessfulSchemaChange | FailedSchemaChange>();
  expectTypeOf<SchemaChange['diff'][number]>().toEqualTypeOf<Diff>();
  expectTypeOf<SchemaChange['issues'][number]>().toEqualTypeOf<PossibleDataViolation>();
  expectTypeOf<PossibleDataViolation>().toExtend<BackwardsIncompatibleEdit>();
  expectTypeOf<
    Extract<DBInitializationEvent, { type: 'SCHEMA_UPDATE_FAILED' }>['change']
  >().toEqualTypeOf<FailedSchemaChange>();
  expectTypeOf<SuccessfulSchemaChange['code']>().toEqualTypeOf<'SUCCESS'>();
});

test('without a schema everything is open', () => {
  expectTypeOf<CollectionNameFromModels>().toEqualTypeOf<string>();
  expectTypeOf<ReadModel>().toEqualTypeOf<WriteModel>();
  expectTypeOf<UpdatePayload>().toExtend<object>();
  expectTypeOf<SchemaPaths<Models, string>>().toEqualTypeOf<string>();
  expectTypeOf<ModelPaths>().toEqualTypeOf<string>();
  expectTypeOf<RelationshipPaths<Models, string>>().toEqualTypeOf<string>();
  expectTypeOf<FetchResult<Models, { collectionName: 'x' }, 'many'>>().toEqualTypeOf<{ [x: string]: any }[]>();
});
