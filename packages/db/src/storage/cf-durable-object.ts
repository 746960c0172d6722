/**
 * The key/value store in the SQL storage of a Cloudflare Durable Object.
 *
 *     const db = new DB({ kv: new CloudflareDurableObjectKVStore(this.ctx.storage) });
 */
import { durableObjectDatabase } from './cf-durable-object/durable-object-database.ts';
import type { DurableObjectSqlStorage } from './cf-durable-object/durable-object-database.ts';
import { EngineKVStore } from './engine-kv-store.ts';
import { SqliteEngine } from './sqlite/sqlite-engine.ts';

export type { DurableObjectSqlStorage } from './cf-durable-object/durable-object-database.ts';

export class CloudflareDurableObjectKVStore extends EngineKVStore {
  constructor(storage: DurableObjectSqlStorage) {
    super(new SqliteEngine(durableObjectDatabase(storage)));
  }
}
