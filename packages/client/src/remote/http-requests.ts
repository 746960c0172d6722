/** The requests of `HttpClient`, which loads them with the first one. */
import {
  createUpdateProxyAndTrackChanges,
  deserializeEntity,
  deserializeFetchResult,
  EntityNotFoundError,
  TriplitError,
  Type,
} from '@triplit/db';
import type { CollectionQuery, Models } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';
import { requireOption } from '../check-options.ts';
import { requireHttpUrl } from '../transport/websocket-url.ts';
import { documentToJson } from './json-form.ts';

export interface Server {
  readonly serverUrl?: string | undefined;
  readonly token?: string | undefined;
}
type Bulk = Readonly<Record<string, readonly unknown[] | undefined>>;
type Update = AnyEntity | ((entity: AnyEntity) => unknown);

export class HttpRequests {
  readonly #server: Server;
  readonly #schema: () => Promise<Models | undefined>;

  constructor(server: Server, schema: () => Promise<Models | undefined>) {
    this.#server = server;
    this.#schema = schema;
  }

  async fetch(query: CollectionQuery): Promise<AnyEntity[]> {
    const results = (await this.post('/fetch', { query })) as AnyEntity[];
    return deserializeFetchResult(query, await this.#schema(), results);
  }

  async fetchById(collectionName: string, id: string): Promise<AnyEntity | undefined> {
    const [first] = await this.fetch({ collectionName, where: [['id', '=', id]], limit: 1 });
    return first;
  }

  async insert(collectionName: string, document: unknown): Promise<AnyEntity> {
    const type = (await this.#schema())?.[collectionName]?.schema;
    const entity = documentToJson(document, type);
    const stored = (await this.post('/insert', { collectionName, entity })) as AnyEntity;
    return deserializeEntity(type, stored);
  }

  async bulkInsert(documents: Bulk): Promise<Record<string, AnyEntity[]>> {
    const collections = await this.#schema();
    const bulk: Record<string, unknown> = {};
    for (const [collection, list] of Object.entries(documents)) {
      bulk[collection] = list?.map((document) => documentToJson(document, collections?.[collection]?.schema));
    }
    const form = new FormData();
    form.append('data', JSON.stringify(bulk));
    const stored = (await this.post('/bulk-insert-file', form)) as Record<string, AnyEntity[]>;
    for (const [collectionName, list] of Object.entries(stored))
      deserializeFetchResult({ collectionName }, collections, list);
    return stored;
  }

  async update(collectionName: string, entityId: string, update: Update): Promise<unknown> {
    const type = (await this.#schema())?.[collectionName]?.schema;
    let changes: AnyEntity = {};
    if (typeof update === 'function') {
      const entity = await this.fetchById(collectionName, entityId);
      if (entity === undefined) throw new EntityNotFoundError(entityId, collectionName);
      await update(createUpdateProxyAndTrackChanges(entity, changes, type));
    } else {
      changes = { ...update };
    }
    if (type !== undefined) changes = Type.encodeChange(type, changes);
    // In a change, undefined clears an attribute; JSON says that with null.
    for (const [name, value] of Object.entries(changes)) changes[name] = value ?? null;
    return this.post('/update', { collectionName, entityId, changes });
  }

  async post(path: string, body: FormData | object): Promise<unknown> {
    const { serverUrl, token } = this.#server;
    if (!serverUrl) throw new TriplitError('No server url provided');
    if (!token) throw new TriplitError('No token provided');
    requireHttpUrl(serverUrl);
    requireOption('token', token);
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
