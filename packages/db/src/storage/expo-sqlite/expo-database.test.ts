/**
 * The conformance suites on the synchronous methods of expo-sqlite, which are put here on top of libsql: Expo itself runs
 * on telephones only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll } from 'vitest';
import { EngineKVStore } from '../engine-kv-store.ts';
import { describeKVStore } from '../kv-store.contract.ts';
import { SqliteEngine } from '../sqlite/sqlite-engine.ts';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { expoDatabase } from './expo-database.ts';
import type { ExpoSqliteDatabase } from './expo-database.ts';

function expoOnLibsql(path: string): ExpoSqliteDatabase {
  const db = new Database(path);
  return {
    execSync: (sql) => void db.exec(sql),
    closeSync: () => db.close(),
    prepareSync: (sql) => {
      const statement = db.prepare(sql);
      let isRead = true;
      return {
        executeSync: (parameters) => {
          // As in Expo: a statement has one result at a time, which has to be reset.
          if (!isRead) throw new Error('The statement was executed again before its result was reset.');
          isRead = false;
          const reads = /^\s*SELECT/.test(sql);
          const rows = reads ? statement.all(...parameters) : (statement.run(...parameters), []);
          return {
            getFirstSync: () => rows[0] ?? null,
            getAllSync: () => rows,
            resetSync: () => void (isRead = true),
          };
        },
      };
    },
  };
}

const folder = mkdtempSync(join(tmpdir(), 'triplit-expo-'));
let files = 0;
const paths = new WeakMap<object, string>();
const fresh = (): string => join(folder, `db${files++}.sqlite`);
const open = (path: string): SqliteEngine => {
  const engine = new SqliteEngine(expoDatabase(expoOnLibsql(path)), { ownsDatabase: true });
  paths.set(engine, path);
  return engine;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorageEngine(
  'the methods of expo-sqlite',
  () => open(fresh()),
  (closed) => open(paths.get(closed)!),
);
describeKVStore(
  'ExpoSQLiteKVStore',
  () => new EngineKVStore(open(fresh())),
  (store) => (store as EngineKVStore).close(),
);
