/** Reads and writes at the server over HTTP, without a cache. Stateless: each call is one request. */
import {
  createUpdateProxyAndTrackChanges,
  deserializeEntity,
  deserializeFetchResult,
  EntityNotFoundError,
  QueryBuilder,
  TriplitError,
  Type,
} from '@triplit/db';
import type {
  CollectionNameFromModels,
  CollectionQuery,
  FetchResult,
  Models,
  ReadModel,
  SchemaQuery,
  UpdatePayload,
  WriteModel,
} from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import { documentToJson } from './json-form.ts';

export interface HttpClientOptions<M extends Models = Models> {
  readonly serverUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly schema?: M | undefined;
  /** Asked for the schema when there is none. */
  readonly schemaFactory?: (() => M | undefined | Promise<M | undefined>) | undefined;
}
export type BulkInsert<M extends Models = Models> = {
  [CN in CollectionNameFromModels<M>]?: readonly WriteModel<M, CN>[];
};
export type BulkInsertResult<M extends Models = Models> = {
  [CN in CollectionNameFromModels<M>]: ReadModel<M, CN>[];
};

export class HttpClient<M extends Models = Models> {
  options: HttpClientOptions<M>;

  constructor(options: HttpClientOptions<M> = {}) {
    this.options = options;
    this.query = this.query.bind(this);
  }

  updateOptions(options: Partial<HttpClientOptions<M>>): void {
    this.options = { ...this.options, ...options };
  }

  query<CN extends CollectionNameFromModels<M>>(collectionName: CN): QueryBuilder<M, CN> {
    return new QueryBuilder<M, CN>(collectionName);
  }

  /** The collections that results are read by. */
  async schema(): Promise<M | undefined> {
    return this.options.schema ?? (await this.options.schemaFactory?.());
  }

  async fetch<Q extends SchemaQuery<M>>(query: Q): Promise<FetchResult<M, Q, 'many'>> {
    return (await this.#fetch(query as CollectionQuery)) as FetchResult<M, Q, 'many'>;
  }

  async fetchOne<Q extends SchemaQuery<M>>(query: Q): Promise<FetchResult<M, Q, 'one'>> {
    const [first] = await this.#fetch({ ...(query as CollectionQuery), limit: 1 });
    return (first ?? null) as FetchResult<M, Q, 'one'>;
  }

  async fetchById<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    id: string,
  ): Promise<FetchResult<M, { collectionName: CN }, 'one'>> {
    const [first] = await this.#fetch({ collectionName, where: [['id', '=', id]], limit: 1 });
    return (first ?? null) as FetchResult<M, { collectionName: CN }, 'one'>;
  }

  /** Resolves to the entity as it was stored, with its defaults. */
  async insert<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    document: WriteModel<M, CN>,
  ): Promise<ReadModel<M, CN>> {
    const collections = await this.schema();
    const type = collections?.[collectionName]?.schema;
    const entity = documentToJson(document, type);
    const stored = (await this.#post('/insert', { collectionName, entity })) as AnyEntity;
    return deserializeEntity(type, stored) as ReadModel<M, CN>;
  }

  /** One transaction for all. */
  async bulkInsert(documents: BulkInsert<M>): Promise<BulkInsertResult<M>> {
    const collections = await this.schema();
    const bulk: Record<string, unknown> = {};
    for (const [collection, list] of Object.entries<readonly unknown[] | undefined>(documents)) {
      bulk[collection] = list?.map((document) => documentToJson(document, collections?.[collection]?.schema));
    }
    const form = new FormData();
    form.append('data', JSON.stringify(bulk));
    const stored = (await this.#post('/bulk-insert-file', form)) as Record<string, AnyEntity[]>;
    for (const [collectionName, list] of Object.entries(stored))
      deserializeFetchResult({ collectionName }, collections, list);
    return stored as BulkInsertResult<M>;
  }

  /** The function form reads the entity first; rejects `EntityNotFoundError` when there is none. */
  async update<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    entityId: string,
    update: UpdatePayload<M, CN>,
  ): Promise<unknown> {
    const type = (await this.schema())?.[collectionName]?.schema;
    let changes: Record<string, unknown> = {};
    if (typeof update === 'function') {
      const entity = await this.fetchById(collectionName, entityId);
      if (entity === null) throw new EntityNotFoundError(entityId, collectionName);
      await update(createUpdateProxyAndTrackChanges(entity as AnyEntity, changes, type) as ReadModel<M, CN>);
    } else {
      changes = { ...(update as AnyEntity) };
    }
    if (type !== undefined) changes = Type.encodeChange(type, changes);
    // In a change, undefined clears an attribute; JSON says that with null.
    for (const [name, value] of Object.entries(changes)) changes[name] = value ?? null;
    return this.#post('/update', { collectionName, entityId, changes });
  }

  delete<CN extends CollectionNameFromModels<M>>(collectionName: CN, entityId: string): Promise<unknown> {
    return this.#post('/delete', { collectionName, entityId });
  }

  /** Needs a service token. */
  deleteAll<CN extends CollectionNameFromModels<M>>(collectionName: CN): Promise<unknown> {
    return this.#post('/delete-all', { collectionName });
  }

  async #fetch(query: CollectionQuery): Promise<AnyEntity[]> {
    const results = (await this.#post('/fetch', { query })) as AnyEntity[];
    return deserializeFetchResult(query, await this.schema(), results);
  }

  async #post(path: string, body: FormData | object): Promise<unknown> {
    const { serverUrl, token } = this.options;
    if (!serverUrl) throw new TriplitError('No server url provided');
    if (!token) throw new TriplitError('No token provided');
    const isForm = body instanceof FormData;
    const response = await fetch(serverUrl.replace(/\/+$/, '') + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, ...(isForm ? {} : { 'Content-Type': 'application/json' }) },
      body: isForm ? body : JSON.stringify(body),
    });
    if (!response.ok) throw await readError(response);
    return response.json();
  }
}

/** The server's own error, with its name and status. */
async function readError(response: Response): Promise<TriplitError> {
  const text = await response.text();
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return TriplitError.fromJson(json);
  } catch {
    // Not one of the server's errors; falls through.
  }
  const error = new TriplitError(`Failed to parse remote error response: ${text.slice(0, 500)}`);
  error.status = response.status;
  return error;
}
