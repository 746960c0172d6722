import 'fake-indexeddb/auto';
import { describe, expect, test, vi } from 'vitest';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { IndexedDbEngine } from './indexed-db-engine.ts';

let databases = 0;
const freshName = (): string => `db${databases++}`;
const names = new WeakMap<object, string>();
function openNamed(name: string, options?: { batchSize: number }): IndexedDbEngine {
  const engine = new IndexedDbEngine(name, options);
  names.set(engine, name);
  return engine;
}

describeStorageEngine(
  'IndexedDbEngine',
  () => openNamed(freshName()),
  (closed) => openNamed(names.get(closed)!),
);
describeStorageEngine(
  'IndexedDbEngine with small batches',
  () => openNamed(freshName()),
  (closed) => openNamed(names.get(closed)!, { batchSize: 2 }),
);

/** A database of IndexedDB as somebody else would open it. */
function openRaw(
  name: string,
  version: number,
  upgrade: (db: IDBDatabase) => void = () => undefined,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });
}
const remove = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error as Error);
    request.onblocked = () => reject(new Error('blocked'));
  });

describe('IndexedDbEngine', () => {
  test('cannot be read before it is ready, and says so', async () => {
    const engine = openNamed(freshName());
    expect(() => engine.get('a')).toThrow(/before it was ready.*Wait for `ready`/);
    await engine.ready;
    expect([engine.ready, engine.get('a')]).toEqual([undefined, undefined]);
    await engine.close();
  });

  test('loads tens of thousands of entries in order', async () => {
    const name = freshName();
    const first = openNamed(name);
    await first.ready;
    const count = 25_000;
    await first.write(
      Array.from({ length: count }, (_, i) => ({ key: `k${String(i).padStart(6, '0')}`, value: { i } })),
    );
    await first.close();
    const second = openNamed(name);
    await second.ready;
    let next = 0;
    for (const [, value] of second.range({})) if ((value as { i: number }).i === next) next++;
    expect([next, second.count({})]).toEqual([count, count]);
    await second.close();
  });

  test('leaves entries of other programs alone', async () => {
    const name = freshName();
    const raw = await openRaw(name, 1, (db) => db.createObjectStore('triplit'));
    raw.transaction('triplit', 'readwrite').objectStore('triplit').put('theirs', ['data', 'x']);
    const engine = new IndexedDbEngine(Promise.resolve(raw));
    await engine.ready;
    expect(engine.count({})).toBe(0);
    await engine.write([{ key: 'a', value: 1 }]);
    await engine.close();
    const again = new IndexedDbEngine(Promise.resolve(raw));
    await again.ready;
    expect([...again.range({})]).toEqual([['a', 1]]);
    await again.close();
    raw.close();
  });

  test('gives way to a tab that deletes the database, and refuses to write from then on', async () => {
    const name = freshName();
    const engine = openNamed(name);
    await engine.ready;
    await engine.write([{ key: 'a', value: 1 }]);
    await remove(name);
    await expect(engine.write([{ key: 'b', value: 1 }])).rejects.toThrow(/gave way.*Reload/);
    expect(engine.get('b')).toBe(1);
    await expect(engine.close()).rejects.toThrow(/gave way/);
  });

  test('a full disk rejects the write, which is repeated once there is space', async () => {
    const name = freshName();
    const raw = await openRaw(name, 1, (db) => db.createObjectStore('triplit'));
    const engine = new IndexedDbEngine(Promise.resolve(raw));
    await engine.ready;
    vi.spyOn(raw, 'transaction').mockImplementationOnce(() => {
      const refused = {
        error: new DOMException('full', 'QuotaExceededError'),
        onabort: null as (() => void) | null,
        abort: () => undefined,
        objectStore: () => ({ openKeyCursor: () => ({}) }),
      };
      setTimeout(() => refused.onabort?.());
      return refused as unknown as IDBTransaction;
    });
    await expect(engine.write([{ key: 'a', value: 1 }])).rejects.toThrow(
      /no more storage \(QuotaExceededError\).*tried again/,
    );
    await engine.write([{ key: 'b', value: 2 }]);
    await engine.close();
    const again = new IndexedDbEngine(Promise.resolve(raw));
    await again.ready;
    expect([...again.range({})]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    raw.close();
  });

  test('a database of a newer version is not opened', async () => {
    const name = freshName();
    (await openRaw(name, 2, (db) => db.createObjectStore('triplit'))).close();
    const engine = openNamed(name);
    await expect(engine.ready).rejects.toThrow(/newer version of this program. Reload/);
    expect(() => engine.get('a')).toThrow(/newer version/);
    expect(() => engine.write([])).toThrow(/newer version/);
    await engine.close();
  });

  test('a database of something else is not touched', async () => {
    const name = freshName();
    (await openRaw(name, 1, (db) => db.createObjectStore('other'))).close();
    const engine = openNamed(name);
    await expect(engine.ready).rejects.toThrow(/belongs to something else/);
    await engine.close();
  });

  test('where IndexedDB does not exist, that is what is said', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const engine = openNamed(freshName());
    await expect(engine.ready).rejects.toThrow(/IndexedDB does not exist here/);
    vi.unstubAllGlobals();
  });
});
