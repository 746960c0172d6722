/** `@triplit/db`: the embedded database. The list below is its whole public surface. */
export * from './base/errors.ts';
export { platform, usePlatform } from './base/platform.ts';
export type { Platform } from './base/platform.ts';

export {
  MAX,
  MIN,
  compareTuple,
  compareValue,
  encodingByte,
  encodingRank,
  encodingTypeOf,
} from './values/compare-values.ts';
export { decodeTuple, decodeValue, encodeTuple, encodeValue } from './values/key-encoding.ts';
export { fnv1aHash, hash, hashObject } from './values/hash.ts';
export { hasNoValue } from './values/no-value.ts';
export { ValuePointer } from './values/value-pointer.ts';

export { HybridLogicalClock, compareTimestamps } from './clock/hybrid-logical-clock.ts';
export type { Timestamp } from './clock/timestamp.ts';

export type {
  Cardinality,
  OrderDirection,
  PreparedFilter,
  PreparedInclusion,
  PreparedOrder,
  PreparedQuery,
} from './ast/query.ts';
export type * from './changes/types.ts';
export { applyChange } from './changes/apply-change.ts';
export { changesToTriples } from './changes/changes-to-triples.ts';
export type { Triple } from './changes/changes-to-triples.ts';
export {
  areChangesEmpty,
  deepIsEmpty,
  deepObjectAssign,
  emptyChanges,
  isEmpty,
  mergeDBChanges,
} from './changes/merge-changes.ts';
export { createUpdateProxyAndTrackChanges } from './changes/update-proxy.ts';

export * from './schema/builder.ts';
export * from './schema/types.ts';
export * as Type from './schema/type.ts';
export { ALL_TYPES, DEFAULTABLE_TYPE_KEYS, PRIMITIVE_TYPE_KEYS } from './schema/data-type.ts';
export { DEFAULT_FUNCTIONS, isDefaultFunction } from './schema/defaults.ts';
export { SET_OP_PREFIX, SUPPORTED_OPERATIONS, prefixOperations } from './schema/operations.ts';

export { diffSchemas } from './schema/diff-schemas.ts';
export type * from './schema/diff-schemas.ts';
export type * from './schema/schema-change.ts';
export { getBackwardsIncompatibleEdits, getSchemaDiffIssues } from './schema/schema-issues.ts';
export type * from './schema/schema-issues.ts';
export { logSchemaChangeViolations } from './schema/log-schema-change.ts';
export { validateSchema } from './schema/validate-schema.ts';

export { createDB } from './database/create-db.ts';
export type { CreateDBOptions, DBInitializationEvent } from './database/create-db.ts';
export { createSession } from './database/create-session.ts';
export { DB } from './database/database.ts';
export type { ClearOptions, DBOptions, FetchOptions, SubscribeOptions } from './database/database.ts';
export type { SystemVariables } from './database/database-handle.ts';
export { EntityStoreWithOutbox, ServerEntityStore } from './database/entity-stores.ts';
export { diffChanges, queryResultsToChanges } from './database/view-changes.ts';
export { flattenViewEntity } from './database/view-entity.ts';
export type { ViewEntity } from './database/view-entity.ts';
export type { Commit, CommitOptions } from './database/commit.ts';
export type { MetadataEntry } from './entities/private-metadata.ts';
export { listMetadata, readMetadata, writeMetadata } from './database/metadata-access.ts';
export type { CompactionReport } from './database/compact.ts';
export { DBTransaction } from './transactions/transaction.ts';
export type { TransactionStatus, TransactionStatus as TxStatus } from './transactions/transaction.ts';
export type { Outbox, PendingTransaction } from './transactions/outbox.ts';
export type { ExplainOptions } from './database/database-core.ts';
export type { Page } from './database/fetch-page.ts';
export { formatExplanation } from './engine/format-explanation.ts';
export type { ConsideredAccess, OrderExplanation, QueryExplanation } from './engine/explain.ts';
export type { AccessExplanation, IndexUse } from './engine/describe-plan.ts';
export type { EntityObservation } from './engine/engine.ts';
export type { EntityDelta, EntityMap } from './engine/entity-tracker.ts';
export type { CountOptions, KVStore, KVStoreTransaction, ScanOptions, Tuple } from './storage/kv-store.ts';
export { StorageError } from './storage/storage-error.ts';
export type { StorageEdit, StorageEngine, StorageEntry, StorageRange } from './storage/port.ts';

export {
  DBSession,
  DEFAULT_ROLES,
  getRolesFromSession,
  normalizeSessionVars,
  sessionRolesAreEquivalent,
} from './permissions/session.ts';
export type { Session, SessionRole } from './permissions/session.ts';
export { prepareQuery } from './permissions/prepare-query.ts';
export { QueryBuilder, RelationBuilder, queryBuilder, relationBuilder } from './query/query-builder.ts';
export type * from './query/types.ts';
export { and, exists, or } from './query/filters.ts';
export {
  createQueryWithExistsAddedToIncludes,
  createQueryWithRelationalOrderAddedToIncludes,
  hasSubqueryFilterAtAnyLevel,
  hasSubqueryOrderAtAnyLevel,
} from './query/extend-for-sync.ts';
export {
  isBooleanFilter,
  isFilterGroup,
  isFilterStatement,
  isIdFilter,
  isIdFilterEqualityStatement,
  isQueryInclusionReference,
  isQueryInclusionShorthand,
  isQueryInclusionSubquery,
  isQueryResultCardinality,
  isRelationshipExistsFilter,
  isSubQueryFilter,
  isWhereFilter,
} from './query/filter-guards.ts';
export { flipOperator } from './query/flip-operator.ts';
export {
  hashAfter,
  hashFilter,
  hashFilters,
  hashInclusions,
  hashLimit,
  hashOrder,
  hashPreparedQuery,
  hashQuery,
  hashSelect,
} from './query/hash-query.ts';
export {
  deserializeEntity,
  deserializeFetchResult,
  serializeEntity,
  serializeFetchResult,
} from './query/result-json.ts';
export { simplifyFilterGroup, simplifyQuery } from './query/simplify.ts';
export {
  getVariableComponents,
  isValueVariable,
  isVariableScopeRelational,
  resolveVariable,
  safeIncrementSubqueryVar,
  varScopeType,
} from './query/variables.ts';
