/** Reads and writes at the server over HTTP, without a cache. Stateless: each call is one request. */
import { QueryBuilder } from '@triplit/db';
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
import type { HttpRequests } from './http-requests.ts';

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
    const requests = await this.#requests();
    return (await requests.fetch(query as CollectionQuery)) as FetchResult<M, Q, 'many'>;
  }

  async fetchOne<Q extends SchemaQuery<M>>(query: Q): Promise<FetchResult<M, Q, 'one'>> {
    const requests = await this.#requests();
    const [first] = await requests.fetch({ ...(query as CollectionQuery), limit: 1 });
    return (first ?? null) as FetchResult<M, Q, 'one'>;
  }

  async fetchById<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    id: string,
  ): Promise<FetchResult<M, { collectionName: CN }, 'one'>> {
    const requests = await this.#requests();
    return ((await requests.fetchById(collectionName, id)) ?? null) as FetchResult<M, { collectionName: CN }, 'one'>;
  }

  /** Resolves to the entity as it was stored, with its defaults. */
  async insert<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    document: WriteModel<M, CN>,
  ): Promise<ReadModel<M, CN>> {
    return (await (await this.#requests()).insert(collectionName, document)) as ReadModel<M, CN>;
  }

  /** One transaction for all. */
  async bulkInsert(documents: BulkInsert<M>): Promise<BulkInsertResult<M>> {
    return (await (await this.#requests()).bulkInsert(documents)) as BulkInsertResult<M>;
  }

  /** The function form reads the entity first; rejects `EntityNotFoundError` when there is none. */
  async update<CN extends CollectionNameFromModels<M>>(
    collectionName: CN,
    entityId: string,
    update: UpdatePayload<M, CN>,
  ): Promise<unknown> {
    return (await this.#requests()).update(collectionName, entityId, update as object);
  }

  async delete<CN extends CollectionNameFromModels<M>>(collectionName: CN, entityId: string): Promise<unknown> {
    return (await this.#requests()).post('/delete', { collectionName, entityId });
  }

  /** Needs a service token. */
  async deleteAll<CN extends CollectionNameFromModels<M>>(collectionName: CN): Promise<unknown> {
    return (await this.#requests()).post('/delete-all', { collectionName });
  }

  /** With the options of this moment. The code is loaded with the first request, since many programs make none. */
  async #requests(): Promise<HttpRequests> {
    const server = this.options;
    const module = await import('./http-requests.ts');
    return new module.HttpRequests(server, () => this.schema());
  }
}
