import 'fake-indexeddb/auto';
import { afterAll, describe, expect, test } from 'vitest';
import { systemPlatform, usePlatform } from '../../base/platform.ts';
import { IndexedDbEngine } from './indexed-db-engine.ts';

// Compaction waits for some seconds after opening; here they pass at once.
const restore = usePlatform({ schedule: (task) => systemPlatform.schedule(task) });
afterAll(restore);

let databases = 0;
const freshName = (): string => `journal${databases++}`;
const turn = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function opened(name: string): Promise<IndexedDbEngine> {
  const engine = new IndexedDbEngine(name);
  await engine.ready;
  return engine;
}

/** The keys of the records that lie in the object store. */
async function recordKeys(name: string): Promise<{ blocks: number; journal: number }> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(name, 1);
    request.onsuccess = () => resolve(request.result);
  });
  const keys = await new Promise<unknown[]>((resolve) => {
    const request = db.transaction('triplit').objectStore('triplit').getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  db.close();
  return {
    blocks: keys.filter((key) => typeof key === 'string').length,
    journal: keys.filter((key) => typeof key === 'number').length,
  };
}

test('one write is one record, however many entries it has', async () => {
  const name = freshName();
  const engine = await opened(name);
  await engine.write(Array.from({ length: 500 }, (_, i) => ({ key: `k${i}`, value: i })));
  expect(await recordKeys(name)).toEqual({ blocks: 0, journal: 1 });
  await engine.close();
});

describe('a journal that has grown', () => {
  test('is compacted in the background, and nothing is lost on the way', async () => {
    const name = freshName();
    const engine = await opened(name);
    const expected = new Map<string, unknown>();
    // Two keys of each write lie far apart, so that they are read at different moments.
    for (let n = 0; n < 2500; n++) {
      const edits = [`a${n % 300}`, `z${n % 300}`].map((key) => ({ key, value: n % 7 === 0 ? undefined : { n } }));
      for (const { key, value } of edits) {
        if (value === undefined) expected.delete(key);
        else expected.set(key, value);
      }
      const durable = engine.write(edits);
      if (n % 2 === 0) await durable;
    }
    await engine.flush();
    await turn(20);
    const { blocks, journal } = await recordKeys(name);
    expect(blocks).toBeGreaterThan(0);
    expect(journal).toBeLessThan(1300);
    await engine.close();
    const again = await opened(name);
    expect(new Map(again.range({}))).toEqual(expected);
    await again.close();
  });

  test('has pairs that were written together together, whenever the tab is left', async () => {
    const name = freshName();
    let n = 0;
    for (let round = 0; round < 4; round++) {
      const engine = await opened(name);
      for (let i = 0; i < 700; i++, n++) {
        // More keys than one slice of the compaction, so that it reads over several turns.
        void engine.write([
          ...Array.from({ length: 8 }, (_, k) => ({ key: `m${(n * 8 + k) % 5000}`, value: 0 })),
          { key: 'a', value: n },
          { key: 'z', value: n },
        ]);
        if (i % 3 === 0) await turn();
      }
      // A second reader at any moment sees what a crash would have left.
      const crashed = await opened(name);
      expect(crashed.get('a')).toBe(crashed.get('z'));
      await crashed.close();
      await engine.close();
      const again = await opened(name);
      expect([again.get('a'), again.get('z')]).toEqual([n - 1, n - 1]);
      await again.close();
    }
  });

  test('is compacted when it is opened', async () => {
    const name = freshName();
    const engine = await opened(name);
    const text = 'x'.repeat(1000);
    await engine.write(Array.from({ length: 3000 }, (_, i) => ({ key: `k${i}`, value: text })));
    await engine.close();
    const again = await opened(name);
    for (let tries = 0; tries < 100 && (await recordKeys(name)).journal > 0; tries++) await turn(10);
    const { blocks, journal } = await recordKeys(name);
    expect([journal, blocks > 20]).toEqual([0, true]);
    expect(again.count({})).toBe(3000);
    await again.close();
  });
});

describe('two tabs that write into one database', () => {
  test('do not take each other away what they wrote', async () => {
    const name = freshName();
    const [one, two] = [await opened(name), await opened(name)];
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 1500; i++) {
      writes.push(one.write([{ key: `one${i}`, value: i }]), two.write([{ key: `two${i}`, value: i }]));
      if (i % 2 === 0) await writes.at(-1);
    }
    await Promise.all(writes);
    await one.close();
    await two.close();
    const again = await opened(name);
    expect(again.count({})).toBe(3000);
    await again.close();
  });

  test('one compacting does not undo the other', async () => {
    const name = freshName();
    const big = Array.from({ length: 3000 }, (_, i) => ({ key: `k${i}`, value: 'x'.repeat(500) }));
    const first = await opened(name);
    await first.write(big);
    const stale = await opened(name);
    await first.write(big.map(({ key }) => ({ key, value: 'new'.repeat(300) })));
    await turn(50);
    await stale.write(big.slice(0, 10).map(({ key }) => ({ key: `stale${key}`, value: 'y'.repeat(200_000) })));
    await turn(50);
    await first.close();
    await stale.close();
    const again = await opened(name);
    expect(again.count({})).toBe(3010);
    expect(again.get('k2999')).toBe('new'.repeat(300));
    await again.close();
  });
});
