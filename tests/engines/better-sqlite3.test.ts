/** The conformance suites on better-sqlite3, in this thread and in a worker thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DB } from '@triplit/db';
import { describeKVStore } from '../../packages/db/src/storage/kv-store.contract.ts';
import { SQLiteKVStore } from '../../packages/db/src/storage/sqlite.ts';
import type { SqliteDatabase } from '../../packages/db/src/storage/sqlite.ts';
import { describeStorageEngine } from '../../packages/db/src/storage/storage-engine.contract.ts';

const Database = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => SqliteDatabase;
const folder = mkdtempSync(join(tmpdir(), 'triplit-better-sqlite3-'));
let files = 0;
const paths = new WeakMap<object, string>();
const fresh = (): string => join(folder, `db${files++}.sqlite`);
const open = (path: string) => {
  const { engine } = new SQLiteKVStore(new Database(path), { ownsDatabase: true });
  paths.set(engine, path);
  return engine;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorageEngine(
  'better-sqlite3',
  () => open(fresh()),
  (closed) => open(paths.get(closed)!),
);
describeKVStore(
  'SQLiteKVStore on better-sqlite3',
  () => new SQLiteKVStore(new Database(fresh()), { ownsDatabase: true }),
  (store) => (store as SQLiteKVStore).close(),
);

test('rows and indexes survive reopening', async () => {
  const path = fresh();
  const first = new DB({ kv: new SQLiteKVStore(new Database(path), { ownsDatabase: true }) });
  for (let index = 0; index < 100; index++) await first.insert('todos', { id: `t${index}`, rank: index % 10 });
  expect(await first.fetch(first.query('todos').Where('rank', '=', 3))).toHaveLength(10);
  await first.close();
  const second = new DB({ kv: new SQLiteKVStore(new Database(path), { ownsDatabase: true }) });
  const explanation = await second.explain(second.query('todos').Where('rank', '=', 3));
  expect(explanation).toMatchObject({ rowsReturned: 10, rowsExamined: 10 });
  await second.close();
});
