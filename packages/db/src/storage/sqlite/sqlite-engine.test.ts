import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { usePlatform } from '../../base/platform.ts';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { SqliteEngine } from './sqlite-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-sqlite-'));
let files = 0;
const freshPath = (): string => join(folder, `db${files++}.sqlite`);
const paths = new WeakMap<object, string>();
function openAt(path: string): SqliteEngine {
  const engine = new SqliteEngine(new Database(path), { ownsDatabase: true });
  paths.set(engine, path);
  return engine;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorageEngine(
  'SqliteEngine',
  () => openAt(freshPath()),
  (closed) => openAt(paths.get(closed)!),
);

describe('SqliteEngine', () => {
  test('writes of one turn are one transaction, and the next turn finds none open', async () => {
    const db = new Database(freshPath());
    const engine = new SqliteEngine(db);
    void engine.write([{ key: 'a', value: 1 }]);
    void engine.write([{ key: 'b', value: 2 }]);
    expect(db.inTransaction).toBe(true);
    await engine.flush();
    expect(db.inTransaction).toBe(false);
    await engine.close();
    expect(db.prepare('SELECT count(*) AS n FROM triplit_kv').get([])).toMatchObject({ n: 2 });
    db.close();
  });

  test('sets its pragmas, then yours', () => {
    const db = new Database(freshPath());
    const engine = new SqliteEngine(db, { storageSize: 4096 * 1000, pragma: 'PRAGMA cache_size = -1234;' });
    const pragma = (name: string): unknown => Object.values(db.prepare(`PRAGMA ${name}`).get([]) as object)[0];
    expect(
      ['journal_mode', 'synchronous', 'temp_store', 'journal_size_limit', 'wal_autocheckpoint', 'cache_size'].map(
        pragma,
      ),
    ).toEqual(['wal', 1, 2, 102_400, 25, -1234]);
    void engine.close();
    db.close();
  });

  test('a value that is not JSON is refused, and nothing of that write is kept', async () => {
    const engine = openAt(freshPath());
    await expect(
      engine.write([
        { key: 'a', value: 1 },
        { key: 'b', value: 1n },
      ]),
    ).rejects.toThrow(/BigInt/);
    expect(engine.count({})).toBe(0);
    await engine.close();
  });

  test('deleting and adding while a range is being read leaves no stale values behind', async () => {
    const engine = openAt(freshPath());
    const key = (i: number): string => `k${String(i).padStart(3, '0')}`;
    await engine.write(Array.from({ length: 200 }, (_, i) => ({ key: key(i), value: { i } })));
    const seen: string[] = [];
    for (const [k] of engine.range({})) {
      seen.push(k);
      if (seen.length === 1)
        void engine.write(Array.from({ length: 200 }, (_, i) => ({ key: key(i), value: undefined })));
    }
    expect(seen.length).toBeLessThan(200);
    for (let i = 0; i < 200; i++) expect(engine.get(key(i))).toBeUndefined();
    await engine.close();
  });

  test('a commit that fails rejects the writes of its transaction and every later one', async () => {
    const path = freshPath();
    const engine = openAt(path);
    await engine.write([{ key: 'a', value: 1 }]);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(engine.write([{ key: 'b', value: 1 }])).rejects.toThrow(
      /could not be made durable.*locked.*open the database again/,
    );
    other.exec('ROLLBACK');
    await expect(engine.write([{ key: 'c', value: 1 }])).rejects.toThrow(/could not be made durable/);
    await expect(engine.close()).rejects.toThrow(/could not be made durable/);
    await engine.close();
    const reopened = openAt(path);
    expect([...reopened.range({})]).toEqual([['a', 1]]);
    await reopened.close();
    other.close();
  });
});

describe('the write-ahead log', () => {
  let restore: (() => void) | undefined;
  afterEach(() => restore?.());

  test.each([
    ['is truncated beyond one limit', { checkpointTruncate: 10_000 }, 0],
    ['is left alone below the limits', {}, 1],
  ])('%s, looked at once a minute', async (_name, limits, atLeast) => {
    let now = 0;
    restore = usePlatform({ monotonicNow: () => now });
    const db = new Database(freshPath());
    const engine = new SqliteEngine(db, limits);
    await engine.write([{ key: 'a', value: 'x'.repeat(100_000) }]);
    now = 61_000;
    await engine.write([{ key: 'b', value: 1 }]);
    const { log } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get([]) as { log: number };
    expect(Math.min(log, 1)).toBe(atLeast);
    await engine.close();
    db.close();
  });
});
