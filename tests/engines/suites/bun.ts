/** The conformance suites on `bun:sqlite`. Runs in Bun; prints the results as JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BunSQLiteKVStore } from '../../../packages/db/src/storage/bun-sqlite.ts';
import { describeKVStore } from '../../../packages/db/src/storage/kv-store.contract.ts';
import { describeStorageEngine } from '../../../packages/db/src/storage/storage-engine.contract.ts';
import { runTests } from '../harness/test-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-bun-'));
let files = 0;
const paths = new WeakMap<object, string>();
const open = (path: string) => {
  const { engine } = new BunSQLiteKVStore(path);
  paths.set(engine, path);
  return engine;
};
const fresh = (): string => join(folder, `db${files++}.sqlite`);

describeStorageEngine(
  'bun:sqlite',
  () => open(fresh()),
  (closed) => open(paths.get(closed)!),
);
describeKVStore(
  'BunSQLiteKVStore',
  () => new BunSQLiteKVStore(fresh()),
  (store) => (store as BunSQLiteKVStore).close(),
);

const results = await runTests();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(results));
