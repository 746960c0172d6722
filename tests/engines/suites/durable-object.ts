/** The conformance suites on the SQL storage of a Durable Object. Runs in workerd. */
import { DurableObject } from 'cloudflare:workers';
import { CloudflareDurableObjectKVStore } from '../../../packages/db/src/storage/cf-durable-object.ts';
import type { DurableObjectSqlStorage } from '../../../packages/db/src/storage/cf-durable-object.ts';
import { describeKVStore } from '../../../packages/db/src/storage/kv-store.contract.ts';
import { describeStorageEngine } from '../../../packages/db/src/storage/storage-engine.contract.ts';
import { runTests } from '../harness/test-api.ts';

export class Suites extends DurableObject {
  override async fetch(): Promise<Response> {
    const storage = this.ctx.storage as unknown as DurableObjectSqlStorage;
    // One object has one database: a fresh store is the one there is, emptied.
    const fresh = (): CloudflareDurableObjectKVStore => {
      storage.sql.exec('DROP TABLE IF EXISTS triplit_kv');
      return new CloudflareDurableObjectKVStore(storage);
    };
    describeStorageEngine(
      'Durable Object SQL',
      () => fresh().engine,
      () => new CloudflareDurableObjectKVStore(storage).engine,
    );
    describeKVStore('CloudflareDurableObjectKVStore', fresh);
    return Response.json(await runTests());
  }
}

// oxlint-disable-next-line import/no-default-export -- the runtime looks for it
export default {
  fetch: (request: Request, environment: { SUITES: any }): Promise<Response> =>
    environment.SUITES.get(environment.SUITES.idFromName('suites')).fetch(request),
};
