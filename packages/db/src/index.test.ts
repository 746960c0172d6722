/** Every name that programs of Triplit 1.x import from this package, by entry point. */
import { describe, expect, test } from 'vitest';
import * as changesBuffer from './changes-buffer.ts';
import { DB } from './database/database.ts';
import * as entry from './index.ts';
import * as ivm from './ivm.ts';
import * as indexedDb from './storage/indexed-db.ts';
import * as lmdb from './storage/lmdb.ts';
import * as memory from './storage/memory-btree.ts';
import * as sqlite from './storage/sqlite.ts';

const names = (list: string): string[] => list.trim().split(/[\s,]+/);

const documented = names(`
  DB DBTransaction DBSession createDB Schema Type DEFAULT_ROLES QueryBuilder RelationBuilder queryBuilder relationBuilder
  and or exists prepareQuery simplifyQuery simplifyFilterGroup hashQuery hashPreparedQuery hashFilter hashFilters hashOrder
  hashSelect hashAfter hashLimit hashInclusions hashObject hash ValuePointer HybridLogicalClock ServerEntityStore
  EntityStoreWithOutbox createUpdateProxyAndTrackChanges applyChange changesToTriples serializeEntity deserializeEntity
  serializeFetchResult deserializeFetchResult flattenViewEntity hasSubqueryFilterAtAnyLevel diffSchemas
  getBackwardsIncompatibleEdits getSchemaDiffIssues logSchemaChangeViolations normalizeSessionVars createSession
  getRolesFromSession sessionRolesAreEquivalent compareValue encodeTuple decodeTuple encodeValue decodeValue MIN MAX
  STATUS_CODES SUPPORTED_OPERATIONS ALL_TYPES PRIMITIVE_TYPE_KEYS DEFAULTABLE_TYPE_KEYS DEFAULT_FUNCTIONS SET_OP_PREFIX
  isFilterStatement isFilterGroup isSubQueryFilter isBooleanFilter isWhereFilter isRelationshipExistsFilter
  isQueryInclusionShorthand isQueryInclusionReference isQueryInclusionSubquery isQueryResultCardinality isIdFilter
  isIdFilterEqualityStatement getVariableComponents isValueVariable varScopeType isVariableScopeRelational resolveVariable
  safeIncrementSubqueryVar flipOperator hasNoValue isDefaultFunction prefixOperations diffChanges queryResultsToChanges
  createQueryWithExistsAddedToIncludes createQueryWithRelationalOrderAddedToIncludes hasSubqueryOrderAtAnyLevel
  StringType NumberType BooleanType DateType JsonType SetType RecordType
`);

const errors = names(`
  TriplitError InvalidCollectionNameError InvalidInsertDocumentError InvalidOperationError EntityNotFoundError
  DBSerializationError DBDeserializationError JSONSerializationError JSONDeserializationError
  UnrecognizedAttributeTypeError WritePermissionError InvalidFilterError InvalidQueryWhereError InvalidQueryLimitError
  InvalidQueryAfterError InvalidQueryInclusionError InvalidQueryCardinalityError InvalidOrderClauseError
  InvalidSelectClauseError InvalidWhereClauseError RelationDoesNotExistError IncludedNonRelationError
  QueryClauseFormattingError AfterClauseWithNoOrderError QueryNotPreparedError QueryCacheError
  InvalidResultCardinalityError SessionVariableNotFoundError TransactionAlreadyCommittedError
  TransactionAlreadyCanceledError DBInitializationError DatabaseNotReadyError
`);

const entries: readonly [name: string, module: object, expected: readonly string[]][] = [
  ['@triplit/db', entry, [...documented, ...errors]],
  [
    '@triplit/db/ivm',
    ivm,
    names(`createQueryWithExistsAddedToIncludes createQueryWithRelationalOrderAddedToIncludes diffChanges
      queryResultsToChanges hasSubqueryFilterAtAnyLevel`),
  ],
  [
    '@triplit/db/changes-buffer',
    changesBuffer,
    names('SimpleMemoryWriteBuffer mergeDBChanges isEmpty deepIsEmpty areChangesEmpty'),
  ],
  ['@triplit/db/storage/memory-btree', memory, ['BTreeKVStore']],
  ['@triplit/db/storage/lmdb', lmdb, ['LmdbKVStore']],
  ['@triplit/db/storage/sqlite', sqlite, ['SQLiteKVStore']],
  ['@triplit/db/storage/indexed-db', indexedDb, ['IndexedDbKVStore']],
];

describe.each(entries)('%s', (_name, module, expected) => {
  test.each(expected)('exports %s', (name) => {
    expect((module as Record<string, unknown>)[name]).toBeDefined();
  });
});

test('a database has the members that other code touches', () => {
  const db = new DB({ clientId: 'me' });
  for (const member of names(`
    kv clientId clock systemVars entityStore onCommit subscribeRaw updateQueryViews broadcastToQuerySubscribers
    getCollectionStats query Query fetch fetchOne fetchById insert update delete transact subscribe subscribeWithChanges
    subscribeChanges fetchChanges rawFetch applyChanges applyChangesWithTimestamp setMetadata getMetadata withSessionVars
    updateGlobalVariables clear overrideSchema getSchema onSchemaChange`))
    expect((db as unknown as Record<string, unknown>)[member], member).toBeDefined();
  expect(DB.getSchemaFromStorage).toBeTypeOf('function');
});
