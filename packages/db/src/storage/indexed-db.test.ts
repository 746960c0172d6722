import 'fake-indexeddb/auto';
import { IndexedDbKVStore } from './indexed-db.ts';
import { describeKVStore } from './kv-store.contract.ts';

let databases = 0;
for (const options of [undefined, { useCache: true }, { useCache: false }, { useCache: false, batchSize: 2 }]) {
  describeKVStore(
    `IndexedDbKVStore(${JSON.stringify(options) ?? ''})`,
    () => new IndexedDbKVStore(`kv${databases++}`, options),
    (store) => (store as IndexedDbKVStore).close(),
  );
}
