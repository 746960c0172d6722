/** Data of other versions: older is brought up to date, newer is refused. Rows and indexes survive reopening. */
import 'fake-indexeddb/auto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { open as openLmdb } from 'lmdb';
import { afterAll, describe, expect, test } from 'vitest';
import { formatKey, indexPrefix } from '../entities/entity-keys.ts';
import { IndexedDbKVStore } from '../storage/indexed-db.ts';
import { engineOf } from '../storage/kv-store.ts';
import type { KVStore } from '../storage/kv-store.ts';
import { LmdbKVStore } from '../storage/lmdb.ts';
import { BTreeKVStore } from '../storage/memory-btree.ts';
import { SQLiteKVStore } from '../storage/sqlite.ts';
import { StorageError } from '../storage/storage-error.ts';
import { createDB } from './create-db.ts';
import { DB } from './database.ts';
import { STORAGE_FORMAT } from './storage-format.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-format-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

const stores: Record<string, (name: string) => KVStore> = {
  LMDB: (name) => new LmdbKVStore(openLmdb({ path: join(folder, name) }), { ownsDatabase: true }),
  SQLite: (name) => new SQLiteKVStore(new Database(join(folder, `${name}.sqlite`)), { ownsDatabase: true }),
  IndexedDB: (name) => new IndexedDbKVStore(name),
};

describe.each(Object.entries(stores))('%s', (_name, open) => {
  const byRank = { collectionName: 'todos', where: [['rank', '=', 3]] } as never;

  async function filled(name: string): Promise<void> {
    const db = new DB({ kv: open(name) });
    await db.ready;
    for (let index = 0; index < 60; index++) await db.insert('todos', { id: `t${index}`, rank: index % 10 });
    expect(await db.fetch(byRank)).toHaveLength(6);
    await db.close();
  }

  test('rows and indexes survive reopening', async () => {
    const name = `db${count++}`;
    await filled(name);
    const db = new DB({ kv: open(name) });
    await db.ready;
    expect(await db.explain(byRank)).toMatchObject({ rowsReturned: 6, rowsExamined: 6 });
    expect(engineOf(db.kv).get(formatKey)).toBe(STORAGE_FORMAT);
    await db.close();
  });

  test('data without a number is read, and its indexes are made anew', async () => {
    const name = `db${count++}`;
    await filled(name);
    const before = open(name);
    const engine = engineOf(before);
    await engine.ready;
    const wrong = [...engine.range({ gte: indexPrefix, lt: `${indexPrefix}\uffff` })].map(([key]) => key);
    // An index that misses rows.
    await engine.write([
      { key: formatKey, value: undefined },
      ...wrong.slice(1).map((key) => ({ key, value: undefined })),
    ]);
    await engine.close();
    const db = new DB({ kv: open(name) });
    await db.ready;
    expect(await db.fetch(byRank)).toHaveLength(6);
    expect(engineOf(db.kv).get(formatKey)).toBe(STORAGE_FORMAT);
    await db.close();
  });

  test('data of a newer format is refused in words, and left as it is', async () => {
    const name = `db${count++}`;
    await filled(name);
    const engine = engineOf(open(name));
    await engine.ready;
    await engine.write([{ key: formatKey, value: 7 }]);
    await engine.close();
    const kv = open(name);
    const words = /format 7, and this version of @triplit\/db reads formats up to 1.*newer version/;
    await expect(createDB({ kv })).rejects.toThrow(words);
    await engineOf(kv).close();
    const again = engineOf(open(name));
    await again.ready;
    expect(again.get(formatKey)).toBe(7);
    await again.close();
  });
});

test('an engine that is mirrored in memory stores no indexes, and makes them again', async () => {
  const name = `db${count++}`;
  const query = { collectionName: 'todos', where: [['rank', '=', 3]] } as never;
  const indexEntries = (db: DB): number =>
    [...engineOf(db.kv).range({ gte: indexPrefix, lt: `${indexPrefix}\uffff` })].length;
  const first = new DB({ kv: new IndexedDbKVStore(name) });
  for (let index = 0; index < 60; index++) await first.insert('todos', { id: `t${index}`, rank: index % 10 });
  // What is asked for once is not worth an index.
  await first.fetch(query);
  expect(indexEntries(first)).toBe(0);
  await first.fetch(query);
  await first.update('todos', 't0', { rank: 3 });
  expect(indexEntries(first)).toBe(60);
  await first.close();
  const second = new DB({ kv: new IndexedDbKVStore(name) });
  await second.ready;
  expect(indexEntries(second)).toBe(0);
  for (let time = 0; time < 2; time++) expect(await second.fetch(query)).toHaveLength(7);
  expect(indexEntries(second)).toBe(60);
  await second.close();
});

test('a store that can be read at once is refused at once', async () => {
  const kv = new BTreeKVStore();
  await engineOf(kv).write([{ key: formatKey, value: 2 }]);
  expect(() => new DB({ kv })).toThrow(StorageError);
});

test('an empty store holds nothing until something is written, and nothing after it was cleared in full', async () => {
  const db = new DB();
  expect(engineOf(db.kv).count({})).toBe(0);
  await db.insert('todos', { id: '1' });
  expect(engineOf(db.kv).get(formatKey)).toBe(STORAGE_FORMAT);
  await db.clear({ full: true });
  expect(engineOf(db.kv).count({})).toBe(0);
  await db.insert('todos', { id: '1' });
  expect(engineOf(db.kv).get(formatKey)).toBe(STORAGE_FORMAT);
});
