/** The conformance suites on SQLite in a worker thread, on the built package as it is installed beside better-sqlite3. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { describeKVStore } from '../../packages/db/src/storage/kv-store.contract.ts';
import type { EngineKVStore } from '../../packages/db/src/storage/engine-kv-store.ts';
import { describeStorageEngine } from '../../packages/db/src/storage/storage-engine.contract.ts';

const installed = fileURLToPath(new URL('./node_modules/.triplit-db/', import.meta.url));
rmSync(installed, { recursive: true, force: true });
cpSync(fileURLToPath(new URL('../../packages/db/dist/', import.meta.url)), join(installed, 'dist'), {
  recursive: true,
});
cpSync(fileURLToPath(new URL('../../packages/db/package.json', import.meta.url)), join(installed, 'package.json'));
const { SqliteWorkerKvStore } = (await import(join(installed, 'dist/storage/sqlite-worker.js'))) as {
  SqliteWorkerKvStore: new (path: string) => EngineKVStore;
};

const folder = mkdtempSync(join(tmpdir(), 'triplit-sqlite-worker-'));
let files = 0;
const paths = new WeakMap<object, string>();
const fresh = (): string => join(folder, `db${files++}.sqlite`);
const open = (path: string) => {
  const { engine } = new SqliteWorkerKvStore(path);
  paths.set(engine, path);
  return engine;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorageEngine(
  'SQLite in a worker',
  () => open(fresh()),
  (closed) => open(paths.get(closed)!),
);
describeKVStore(
  'SqliteWorkerKvStore',
  () => new SqliteWorkerKvStore(fresh()),
  (store) => (store as EngineKVStore).close(),
);

test('a file that cannot be opened is reported by whoever waits for the store', async () => {
  const store = new SqliteWorkerKvStore(join(folder, 'no', 'such', 'folder', 'db.sqlite'));
  await expect(store.get(['a'])).rejects.toThrow(/could not be opened: .*directory/);
});
