import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { afterAll, describe, expect, test } from 'vitest';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { LmdbEngine } from './lmdb-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-lmdb-'));
let folders = 0;
const places = new WeakMap<object, { db: RootDatabase; path: string }>();
function openAt(path: string): LmdbEngine {
  const db = open({ path });
  const engine = new LmdbEngine(db);
  places.set(engine, { db, path });
  return engine;
}
const fresh = (): LmdbEngine => openAt(join(folder, `db${folders++}`));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeStorageEngine('LmdbEngine', fresh, async (closed) => {
  const { db, path } = places.get(closed)!;
  await db.close();
  return openAt(path);
});

describe('LmdbEngine', () => {
  test('refuses a key that LMDB cannot hold and names it, and writes nothing of that write', async () => {
    const engine = fresh();
    const long = `fdata\u0001${'x'.repeat(2000)}`;
    const write = engine.write([
      { key: 'a', value: 1 },
      { key: long, value: 1 },
    ]);
    await expect(write).rejects.toThrow(/"fdata\\u0001xxx.*2006 bytes; LMDB allows 1978/);
    expect(engine.count({})).toBe(0);
    await engine.write([{ key: 'é'.repeat(989), value: 1 }]);
    expect(engine.count({})).toBe(1);
    await engine.close();
  });

  test('refuses a value that is not JSON, and goes on', async () => {
    const engine = fresh();
    await expect(engine.write([{ key: 'a', value: { n: 1n } }])).rejects.toThrow(/BigInt/);
    await engine.write([{ key: 'b', value: 1 }]);
    expect([...engine.range({})]).toEqual([['b', 1]]);
    await engine.close();
  });

  test('gives the written object back for as long as it is hot', async () => {
    const engine = fresh();
    const value = { a: 1 };
    const durable = engine.write([{ key: 'a', value }]);
    expect(engine.get('a')).toBe(value);
    await durable;
    expect(engine.get('a')).toBe(value);
    await engine.close();
  });

  test('reads what no longer fits into its cache from the disk', async () => {
    const engine = new LmdbEngine(open({ path: join(folder, `db${folders++}`) }), { cachedValues: 10 });
    await engine.write(Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: { i } })));
    for (let round = 0; round < 2; round++) for (let i = 0; i < 100; i++) expect(engine.get(`k${i}`)).toEqual({ i });
    await engine.write([{ key: 'k7', value: { i: 'changed' } }]);
    expect(engine.get('k7')).toEqual({ i: 'changed' });
    await engine.close();
  });

  test('a commit that fails rejects the writes that wait for it, and every later one', async () => {
    const engine = fresh();
    await engine.write([{ key: 'a', value: 1 }]);
    await places.get(engine)!.db.close();
    const failing = [engine.write([{ key: 'b', value: 1 }]), engine.write([{ key: 'c', value: 1 }])];
    for (const write of failing) await expect(write).rejects.toThrow(/could not be made durable.*closed under it/);
    await expect(engine.write([{ key: 'd', value: 1 }])).rejects.toThrow(
      /could not be made durable.*open the database again/,
    );
    await expect(engine.flush()).rejects.toThrow(/could not be made durable/);
    expect(engine.get('b')).toBe(1);
    await expect(engine.close()).rejects.toThrow(/could not be made durable/);
    await engine.close();
  });

  test('closes the database with itself when it owns it', async () => {
    const db = open({ path: join(folder, `db${folders++}`) });
    const engine = new LmdbEngine(db, { ownsDatabase: true });
    void engine.write([{ key: 'a', value: 1 }]);
    await engine.close();
    expect((db as unknown as { isOperational(): boolean }).isOperational()).toBe(false);
  });

  test('what LMDB says about a failed commit reaches who waits for it', async () => {
    const db = open({ path: join(folder, `db${folders++}`) });
    const full = { batch: () => Promise.reject(new Error('MDB_MAP_FULL')) };
    const engine = new LmdbEngine({
      close: () => db.close(),
      openDB: (name, options) => Object.assign(Object.create(db.openDB(name, options as object)), full),
    });
    await expect(engine.write([{ key: 'a', value: 1 }])).rejects.toThrow(/could not be made durable: MDB_MAP_FULL/);
    await db.close();
  });
});
