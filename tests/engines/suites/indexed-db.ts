/** The conformance suites on the IndexedDB of a browser. Leaves the results in `window.results`. */
import { IndexedDbEngine } from '../../../packages/db/src/storage/indexed-db/indexed-db-engine.ts';
import { IndexedDbKVStore } from '../../../packages/db/src/storage/indexed-db.ts';
import { describeKVStore } from '../../../packages/db/src/storage/kv-store.contract.ts';
import { describeStorageEngine } from '../../../packages/db/src/storage/storage-engine.contract.ts';
import { runTests } from '../harness/test-api.ts';

let databases = 0;
const names = new WeakMap<object, string>();
const open = (name: string): IndexedDbEngine => {
  const engine = new IndexedDbEngine(name);
  names.set(engine, name);
  return engine;
};
const fresh = (): string => `db${databases++}`;

describeStorageEngine(
  'IndexedDB',
  () => open(fresh()),
  (closed) => open(names.get(closed)!),
);
describeKVStore(
  'IndexedDbKVStore',
  () => new IndexedDbKVStore(fresh()),
  (store) => (store as IndexedDbKVStore).close(),
);

Object.assign(globalThis, { results: await runTests() });
