/** How schemas differ, what that could break, and the outcome of replacing one by another; all plain data. */
import type { DataType } from './data-type.ts';
import type { DBSchema } from './types.ts';

interface AttributeDiff {
  readonly _diff: 'collectionAttribute';
  readonly collection: string;
  /** The path: more than one name inside records. */
  readonly attribute: readonly string[];
}
export interface InsertAttributeDiff extends AttributeDiff {
  readonly type: 'insert';
  readonly dataType: DataType;
  readonly isNewCollection: boolean;
}
export interface DeleteAttributeDiff extends AttributeDiff {
  readonly type: 'delete';
  readonly dataType: DataType;
}
export interface AttributeChanges {
  readonly type?: string;
  readonly items?: { readonly type: string };
  /** New values of what changed. `enum` is there when options were taken away. */
  readonly config: {
    readonly nullable?: boolean;
    readonly optional?: boolean;
    readonly default?: unknown;
    readonly enum?: readonly string[];
  };
}
export interface UpdateAttributeDiff extends AttributeDiff {
  readonly type: 'update';
  readonly changes: AttributeChanges;
}
export type CollectionAttributeDiff = InsertAttributeDiff | DeleteAttributeDiff | UpdateAttributeDiff;
export interface CollectionRelationshipsDiff {
  readonly _diff: 'collectionRelationships';
  readonly collection: string;
}
export interface CollectionPermissionsDiff {
  readonly _diff: 'collectionPermissions';
  readonly collection: string;
}
export interface RolesDiff {
  readonly _diff: 'roles';
}
export type Diff = CollectionAttributeDiff | CollectionRelationshipsDiff | CollectionPermissionsDiff | RolesDiff;

/** What stored data must satisfy for an edit to be harmless. */
export type DataConstraint =
  | 'attribute_is_empty'
  | 'collection_is_empty'
  | 'attribute_has_no_undefined'
  | 'attribute_has_no_null'
  | 'attribute_satisfies_enum';

export interface BackwardsIncompatibleEdit {
  /** A short sentence that names the edit. */
  readonly issue: string;
  readonly dataConstraint: DataConstraint;
  readonly context: CollectionAttributeDiff;
  /** What could be done to the schema instead, or null. */
  readonly attributeCure: (collection: string, path: readonly string[], options?: readonly string[]) => string | null;
}
export interface PossibleDataViolation extends BackwardsIncompatibleEdit {
  readonly violatesExistingData: boolean;
  readonly cure: string;
}

interface SchemaChangeReport {
  readonly message: string;
  readonly diff: readonly Diff[];
  readonly issues: readonly PossibleDataViolation[];
  readonly oldSchema: DBSchema | undefined;
  readonly newSchema: DBSchema;
}
export interface SuccessfulSchemaChange extends SchemaChangeReport {
  readonly successful: true;
  readonly code: 'SUCCESS';
}
export interface FailedSchemaChange extends SchemaChangeReport {
  readonly successful: false;
  readonly code: 'SCHEMA_INVALID' | 'EXISTING_DATA_MISMATCH' | 'SCHEMA_COMPATIBILITY_MISMATCH' | 'ERROR';
}
/** The outcome of an attempt to replace the schema. */
export type SchemaChange = SuccessfulSchemaChange | FailedSchemaChange;
