/**
 * A transaction as its callback sees it: reads with its own writes on top, and buffered writes. It commits in one
 * synchronous step when the callback has finished.
 */
import {
  EntityNotFoundError,
  InvalidCollectionNameError,
  InvalidInsertDocumentError,
  InvalidOperationError,
  TransactionAlreadyCanceledError,
  TransactionAlreadyCommittedError,
  TransactionConflictError,
} from '../base/errors.ts';
import type { CollectionQuery } from '../ast/query.ts';
import { describeValue } from '../base/describe-value.ts';
import { isPromise } from '../base/is-promise.ts';
import { applyChange } from '../changes/apply-change.ts';
import { deepIsEmpty } from '../changes/merge-changes.ts';
import type { Change, DBChanges, Row } from '../changes/types.ts';
import { memberKey } from '../changes/tracked-set.ts';
import { createUpdateProxyAndTrackChanges } from '../changes/update-proxy.ts';
import type { QueryExplanation } from '../engine/explain.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { generateNanoid } from '../schema/defaults.ts';
import { encodeChange } from '../schema/type.ts';
import { encodeDocument } from '../schema/encode-document.ts';
import type { CollectionNameFromModels, FetchResult, SchemaQuery } from '../query/types.ts';
import type { RecordType } from '../schema/data-type.ts';
import type { Models, ReadModel, UpdatePayload, WriteModel } from '../schema/types.ts';
import { checkDepth, checkPlain, checkedScalar, cloneDate } from '../values/clone-json.ts';
import { setOwn } from '../values/own-property.ts';
import { METADATA_COLLECTION } from './check-writes.ts';
import type { CommitLog, LogReader } from './commit-log.ts';
import { PendingWrites } from './pending-writes.ts';

export type TransactionStatus = 'open' | 'committed' | 'cancelled';
type Entity = Record<string, any>;
type UpdateFunction = (entity: Entity) => void | Promise<void>;

/** What a transaction needs of its database. */
export interface TransactionHost {
  readonly source: EntitySource;
  readonly commits: CommitLog;
  typeOf(collection: string): RecordType | undefined;
  /** Whether a schema is in force and lacks the collection. */
  isUnknown(collection: string): boolean;
  fetch(query: CollectionQuery, source: EntitySource): Entity[];
  count(query: CollectionQuery, source: EntitySource): number;
  explain(
    query: CollectionQuery,
    source: EntitySource,
    options: { readonly count?: boolean },
  ): Promise<QueryExplanation>;
  decode(collection: string, row: Row): Entity;
}

export class DBTransaction<M extends Models = Models> {
  readonly #host: TransactionHost;
  readonly #writes: PendingWrites;
  #logReader: LogReader | undefined;
  #inConflict = false;
  #status: TransactionStatus = 'open';

  constructor(host: TransactionHost) {
    this.#host = host;
    this.#writes = new PendingWrites(host.source);
  }

  /** The pending writes, encoded. */
  get changes(): DBChanges {
    return this.#writes.changes;
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** Whether others have changed what this transaction read; it cannot commit then. */
  get inConflict(): boolean {
    return this.#inConflict;
  }

  /** Throws `TransactionConflictError` when others have changed what this transaction read. */
  assertConsistent(): void {
    const reader = this.#logReader;
    const { reads } = this.#writes;
    if (reader !== undefined && reads !== undefined && this.#host.commits.hasConflict(reader, reads))
      this.#inConflict = true;
    if (this.#inConflict) throw new TransactionConflictError();
  }

  /** What is there to read now. All reads of a transaction are of one state: one that others left behind is not read on. */
  #source(): EntitySource {
    this.assertConsistent();
    if (this.#status === 'open') this.#logReader ??= this.#host.commits.open();
    return this.#writes.source;
  }

  async fetch<Q extends SchemaQuery<M>>(query: Q): Promise<FetchResult<M, Q, 'many'>> {
    return this.#host.fetch(query as CollectionQuery, this.#source()) as FetchResult<M, Q, 'many'>;
  }

  async fetchOne<Q extends SchemaQuery<M>>(query: Q): Promise<FetchResult<M, Q, 'one'>> {
    const [first] = this.#host.fetch({ ...(query as CollectionQuery), limit: 1 }, this.#source());
    return (first ?? null) as FetchResult<M, Q, 'one'>;
  }

  async fetchById<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    id: string,
  ): Promise<FetchResult<M, { collectionName: CN }, 'one'>> {
    const [first] = this.#host.fetch({ collectionName, where: [['id', '=', id]], limit: 1 }, this.#source());
    return (first ?? null) as FetchResult<M, { collectionName: CN }, 'one'>;
  }

  /** The number of entities that match the query, whatever its limit and cursor. */
  async count<Q extends SchemaQuery<M>>(query: Q): Promise<number> {
    return this.#host.count(query as CollectionQuery, this.#source());
  }

  /** Runs the query as `fetch` (or `count`) would in this transaction and says how. */
  async explain<Q extends SchemaQuery<M>>(query: Q, options: { count?: boolean } = {}): Promise<QueryExplanation> {
    return this.#host.explain(query as CollectionQuery, this.#source(), options);
  }

  async insert<CN extends CollectionNameFromModels<M>>(
    collection: CN,
    document: WriteModel<M, CN>,
  ): Promise<ReadModel<M, CN>> {
    return this.insertNow(collection, document as Entity) as ReadModel<M, CN>;
  }

  async update<CN extends CollectionNameFromModels<M>>(
    collection: CN,
    id: string,
    change: UpdatePayload<M, CN>,
  ): Promise<void> {
    await this.updateNow(collection, id, change as Entity | UpdateFunction);
  }

  async delete<CN extends CollectionNameFromModels<M>>(collection: CN, id: string): Promise<void> {
    this.deleteNow(collection, id);
  }

  /** The insert itself, without a promise. */
  insertNow(collection: string, document: Entity): Entity {
    this.#assertOpen();
    this.#assertCollection(collection);
    if (!document) throw new InvalidInsertDocumentError('The document being inserted is undefined');
    if (!isDocument(document)) {
      throw new InvalidInsertDocumentError('The document being inserted must be an object.');
    }
    const type = this.#host.typeOf(collection);
    const row = type === undefined ? copyDocument(document) : encodeDocument(type, document);
    if (!row['id']) row['id'] = generateNanoid();
    const id = row['id'] as string;
    if (typeof id !== 'string') {
      throw new InvalidInsertDocumentError(
        `The id of an entity must be a string, but the document for '${collection}' has the ${typeof id} ${String(id)}. Use String(id).`,
      );
    }
    this.#writes.insert(collection, id, row);
    return this.#host.decode(collection, row);
  }

  /** The update itself; a promise only where the function returns one. */
  updateNow(collection: string, id: string, change: Entity | UpdateFunction): void | Promise<void> {
    this.#assertOpen();
    this.#assertCollection(collection);
    assertId('update', collection, id);
    const type = this.#host.typeOf(collection);
    if (typeof change !== 'function') return this.#applyUpdate(collection, id, change, type);
    const row = this.#source().row(collection, id);
    if (row === undefined) throw new EntityNotFoundError(id, collection);
    const changes: Change = {};
    const apply = (): void => {
      this.#assertOpen();
      this.#applyUpdate(collection, id, changes, type);
    };
    const returned = (change as UpdateFunction)(
      createUpdateProxyAndTrackChanges(this.#host.decode(collection, row), changes, type),
    );
    return isPromise(returned) ? returned.then(apply) : apply();
  }

  deleteNow(collection: string, id: string): void {
    this.#assertOpen();
    this.#assertCollection(collection);
    assertId('delete', collection, id);
    this.#writes.delete(collection, id);
  }

  /** Ends the transaction. Later writes on it are refused. */
  finish(status: 'committed' | 'cancelled'): void {
    this.#status = status;
    if (this.#logReader !== undefined) this.#host.commits.close(this.#logReader);
    this.#logReader = undefined;
  }

  #applyUpdate(collection: string, id: string, changes: Change, type: RecordType | undefined): void {
    if (!isDocument(changes)) {
      throw new InvalidOperationError(
        `An update of '${collection}' needs an object of changes or a function, but got ${describeValue(changes)}.`,
      );
    }
    if (Object.hasOwn(changes, 'id')) {
      throw new InvalidOperationError(
        `Attempted to update the id of an entity in the ${collection} to ${String(changes['id'])}. The 'id' attribute of an entity is immutable and cannot be updated.`,
      );
    }
    const encoded = type === undefined ? (copyDocument(changes) as Change) : encodeChange(type, changes);
    if (deepIsEmpty(encoded) && !this.#hasEffect(collection, id, encoded)) return;
    this.#writes.update(collection, id, encoded);
  }

  /** An empty object or set does nothing to another, but takes the place of anything else. */
  #hasEffect(collection: string, id: string, change: Change): boolean {
    const row = this.#source().row(collection, id);
    return row !== undefined && applyChange(row, change).next !== row;
  }

  #assertOpen(): void {
    if (this.#status === 'cancelled') throw new TransactionAlreadyCanceledError();
    if (this.#status === 'committed') throw new TransactionAlreadyCommittedError();
  }

  #assertCollection(collection: string): void {
    if (!collection) throw new InvalidCollectionNameError(collection, 'Collection name must be defined');
    if (typeof collection !== 'string')
      throw new InvalidCollectionNameError(collection, 'Collection name must be a string');
    if (collection !== METADATA_COLLECTION && this.#host.isUnknown(collection)) {
      throw new InvalidCollectionNameError(collection, `Collection '${collection}' does not exist in the schema`);
    }
  }
}

/** Whether attributes are its own properties, as those of a document have to be. */
function isDocument(value: unknown): value is Entity {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof Date || value instanceof Set || value instanceof Map);
}

/** What is no id cannot be the id of an entity. Let through, it would wait in an outbox for a server that refuses it. */
function assertId(operation: 'update' | 'delete', collection: string, id: unknown): void {
  if (typeof id === 'string') return;
  throw new InvalidOperationError(
    `The ${operation} in '${collection}' needs the id of an entity, which is a string, but got ${describeValue(id)}.`,
  );
}

/** A schemaless document in storage form: a copy, so that the caller's object is never shared. */
function copyDocument(document: Entity): Entity {
  return toStorable(document, 0) as Entity;
}

function toStorable(value: unknown, depth: number): unknown {
  if (typeof value !== 'object') return checkedScalar(value);
  if (value === null) return null;
  checkDepth(depth);
  if (value instanceof Date) return cloneDate(value);
  if (Array.isArray(value)) return Array.from(value, (item) => toStorable(item, depth + 1) ?? null);
  const copy: Entity = {};
  if (value instanceof Set) {
    for (const member of value as Set<unknown>) setOwn(copy, memberKey(member, undefined), true);
    return copy;
  }
  checkPlain(value);
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) setOwn(copy, key, toStorable(member, depth + 1));
  }
  return copy;
}
