/** What every key/value store must do, as a test suite: call `describeKVStore` in a test file of the adapter. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeTuple, encodeTuple } from '../values/key-encoding.ts';
import type { KVStore, KVStoreAPI, KVValue, Tuple } from './kv-store.ts';

/** `open` gives a new, empty store each time; `close` releases it. */
export function describeKVStore(
  name: string,
  open: () => KVStore | Promise<KVStore>,
  close: (store: KVStore) => Promise<void> = async () => undefined,
): void {
  const opened: KVStore[] = [];
  const fresh = async (): Promise<KVStore> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await close(store);
  });

  describe(`${name}, as a key/value store`, () => {
    test.each([['text'], [1.5], [0], [true], [false], [null], [[1, 'two', null]], [{ a: { b: [] } }]])(
      'keeps %j',
      async (value) => {
        const store = await fresh();
        await store.set(['k'], value);
        expect(await store.get(['k'])).toEqual(value);
      },
    );

    test('a missing key is undefined, which null is not', async () => {
      const store = await fresh();
      await store.set(['null'], null);
      expect([await store.get(['null']), await store.get(['missing'])]).toEqual([null, undefined]);
      await store.delete(['null']);
      await store.delete(['missing']);
      expect(await store.get(['null'])).toBeUndefined();
    });

    test('scans ascending, without the key that equals the prefix, keys relative to the prefix', async () => {
      const store = await fresh();
      for (const key of [['c', 'd'], ['c'], ['a'], ['b', 'a'], ['b'], ['cc', 'd']]) await store.set(key, key.join());
      expect(await scanned(store)).toEqual([
        [['a'], 'a'],
        [['b'], 'b'],
        [['b', 'a'], 'b,a'],
        [['c'], 'c'],
        [['c', 'd'], 'c,d'],
        [['cc', 'd'], 'cc,d'],
      ]);
      expect(await scanned(store, ['c'])).toEqual([[['d'], 'c,d']]);
      expect(await collect(store.scanValues({ prefix: ['b'] }))).toEqual(['b,a']);
      expect(await collect(store.scanValues({ prefix: [] }))).toHaveLength(6);
      expect(await scanned(store, ['x'])).toEqual([]);
    });

    test('counts the key that equals the prefix as well', async () => {
      const store = await fresh();
      for (const key of [['a'], ['b'], ['b', 'a'], ['bb']]) await store.set(key, 1);
      expect(await store.count({ prefix: ['b'] })).toBe(2);
      expect(await store.count({ prefix: [] })).toBe(4);
      expect(await store.scope(['b']).count({ prefix: [] })).toBe(2);
      expect(await store.count({ prefix: ['a'] })).toBe(1);
    });

    test('components of every type order by type, then by value', async () => {
      const store = await fresh();
      const ordered: Tuple[] = [
        [null],
        [{ a: 1 }],
        [[1]],
        [[1, 2]],
        [-10],
        [-1],
        [0],
        [2],
        [10],
        [''],
        ['\u0000'],
        ['\u0001'],
        ['\u0001\u0002'],
        ['\u0002'],
        ['a'],
        ['a', 1],
        ['aa'],
        ['\uE000'],
        [false],
        [true],
      ];
      for (const [index, key] of [...ordered.entries()].reverse()) await store.set(key, index);
      expect((await scanned(store)).map(([key]) => key)).toEqual(ordered);
    });

    test('a clear empties the store', async () => {
      const store = await fresh();
      for (let i = 0; i < 600; i++) await store.set([i], i);
      await store.clear();
      expect([await scanned(store), await store.count({ prefix: [] })]).toEqual([[], 0]);
    });

    test('long scans go through in order, while the store is read and written', async () => {
      const store = await fresh();
      await store.applyEdits(
        Array.from({ length: 1000 }, (_, i): [Tuple, number] => [['k', i], i]),
        [],
      );
      let next = 0;
      for await (const [[i], value] of store.scan({ prefix: ['k'] })) {
        expect([i, value]).toEqual([next, next]);
        if (next % 100 === 0) {
          expect(await store.get(['k', next])).toBe(next);
          expect((await collect(store.scanValues({ prefix: ['k'] }))).length).toBe(1000);
          await store.set(['elsewhere', next], true);
        }
        next++;
      }
      expect(next).toBe(1000);
    });

    describe('a scope', () => {
      test('has its own keys, which the parent sees in full', async () => {
        const store = await fresh();
        const scoped = store.scope(['s']);
        await store.set(['k'], 'parent');
        await scoped.set(['k'], 'scope');
        expect([await store.get(['k']), await scoped.get(['k']), await store.get(['s', 'k'])]).toEqual([
          'parent',
          'scope',
          'scope',
        ]);
        expect(await scanned(scoped)).toEqual([[['k'], 'scope']]);
        expect(await scanned(store)).toEqual([
          [['k'], 'parent'],
          [['s', 'k'], 'scope'],
        ]);
        await scoped.delete(['k']);
        expect([await store.get(['k']), await scoped.get(['k'])]).toEqual(['parent', undefined]);
      });

      test('nests', async () => {
        const store = await fresh();
        const inner = store.scope(['a']).scope(['b', 1]);
        await inner.set(['c', 'd'], 1);
        expect(await store.get(['a', 'b', 1, 'c', 'd'])).toBe(1);
        expect(await scanned(inner, ['c'])).toEqual([[['d'], 1]]);
        expect(await inner.get(['d'], ['c'])).toBe(1);
      });

      test('is cleared alone', async () => {
        const store = await fresh();
        await store.set(['a'], 1);
        await store.set(['s', 'x'], 1);
        await store.set(['s', 'y', 'z'], 1);
        await store.set(['sa'], 1);
        await store.scope(['s']).clear();
        expect((await scanned(store)).map(([key]) => key)).toEqual([['a'], ['sa']]);
      });

      test('takes edits and transactions of its own', async () => {
        const store = await fresh();
        const scoped = store.scope(['s']);
        await scoped.applyEdits([[['a'], 1]], []);
        const tx = scoped.transact();
        await tx.set(['b'], 2);
        await tx.commit();
        expect(await scanned(store)).toEqual([
          [['s', 'a'], 1],
          [['s', 'b'], 2],
        ]);
      });
    });

    test('applyEdits deletes before it sets, and takes asynchronous iterables', async () => {
      const store = await fresh();
      await store.set(['a'], 'old');
      await store.set(['b'], 'old');
      async function* sets(): AsyncGenerator<[Tuple, unknown]> {
        yield [['a'], 'new'];
      }
      async function* deletes(): AsyncGenerator<Tuple> {
        yield ['a'];
        yield ['b'];
      }
      await store.applyEdits(sets(), deletes());
      expect(await scanned(store)).toEqual([[['a'], 'new']]);
    });

    describe('a transaction', () => {
      test('sees its own edits, and nobody else does before the commit', async () => {
        const store = await fresh();
        for (const key of ['b', 'd', 'f']) await store.set([key], 'old');
        const tx = store.transact();
        await tx.set(['a'], 'new');
        await tx.set(['d'], 'new');
        await tx.delete(['f']);
        const inside = [
          [['a'], 'new'],
          [['b'], 'old'],
          [['d'], 'new'],
        ];
        expect(await scanned(tx)).toEqual(inside);
        expect(await collect(tx.scanValues({ prefix: [] }))).toEqual(['new', 'old', 'new']);
        expect([await tx.get(['a']), await tx.get(['f']), await tx.count({ prefix: [] })]).toEqual([
          'new',
          undefined,
          3,
        ]);
        expect((await scanned(store)).map(([key]) => key)).toEqual([['b'], ['d'], ['f']]);
        expect(tx.status).toBe('open');
        await tx.commit();
        expect(tx.status).toBe('committed');
        expect(await scanned(store)).toEqual(inside);
      });

      test('the last edit of a key counts', async () => {
        const store = await fresh();
        await store.set(['b'], 'old');
        const tx = store.transact();
        await tx.set(['a'], 1);
        await tx.delete(['a']);
        await tx.delete(['b']);
        await tx.set(['b'], 'again');
        await tx.commit();
        expect(await scanned(store)).toEqual([[['b'], 'again']]);
      });

      test('shares its edits with its scopes', async () => {
        const store = await fresh();
        const tx = store.transact();
        const scoped = tx.scope(['s']);
        await scoped.set(['a'], 1);
        await scoped.scope(['t']).set(['b'], 2);
        expect([await tx.get(['s', 'a']), await tx.get(['s', 't', 'b']), await scoped.get(['t', 'b'])]).toEqual([
          1, 2, 2,
        ]);
        expect(await scanned(scoped)).toEqual([
          [['a'], 1],
          [['t', 'b'], 2],
        ]);
        await scoped.clear();
        expect(await scanned(tx)).toEqual([]);
        await scoped.set(['c'], 3);
        await tx.commit();
        expect(scoped.status).toBe('committed');
        expect(await scanned(store)).toEqual([[['s', 'c'], 3]]);
      });

      test('clears what is below it, too', async () => {
        const store = await fresh();
        await store.set(['s', 'old'], 1);
        await store.set(['t'], 1);
        const tx = store.transact();
        await tx.set(['s', 'new'], 1);
        await tx.scope(['s']).clear();
        expect(await scanned(tx)).toEqual([[['t'], 1]]);
        await tx.clear();
        await tx.commit();
        expect(await scanned(store)).toEqual([]);
      });

      test('leaves no trace when it is cancelled or never committed', async () => {
        const store = await fresh();
        const cancelled = store.transact();
        await cancelled.set(['a'], 1);
        cancelled.cancel();
        expect(cancelled.status).toBe('cancelled');
        await store.transact().set(['b'], 1);
        expect(await scanned(store)).toEqual([]);
      });

      test.each([
        ['committed', 'TransactionAlreadyCommittedError'],
        ['cancelled', 'TransactionAlreadyCanceledError'],
      ])('that is %s refuses everything', async (how, name) => {
        // By name, since the store may come from another copy of this package.
        const error = expect.objectContaining({ name });
        const store = await fresh();
        const tx = store.transact();
        const scoped = tx.scope(['s']);
        if (how === 'committed') await tx.commit();
        else tx.cancel();
        for (const finished of [tx, scoped]) {
          await expect(finished.get(['a'])).rejects.toThrow(error);
          await expect(finished.set(['a'], 1)).rejects.toThrow(error);
          await expect(finished.delete(['a'])).rejects.toThrow(error);
          await expect(finished.clear()).rejects.toThrow(error);
          await expect(finished.count({ prefix: [] })).rejects.toThrow(error);
          await expect(scanned(finished)).rejects.toThrow(error);
          await expect(collect(finished.scanValues({ prefix: [] }))).rejects.toThrow(error);
          await expect(finished.commit()).rejects.toThrow(error);
          expect(() => finished.cancel()).toThrow(error);
        }
      });
    });

    test('scans any keys in the order of their encoding', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(tuple, fc.nat()), { maxLength: 30 }), async (entries) => {
          const store = await fresh();
          await store.applyEdits(entries, []);
          const expected = new Map(entries.map(([key, value]) => [encodeTuple(key), value]));
          const inOrder = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(await scanned(store)).toEqual(inOrder.map(([key, value]) => [decodeTuple(key), value]));
        }),
        { numRuns: 15 },
      );
    });
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const scanned = (store: KVStoreAPI, prefix: Tuple = []): Promise<[Tuple, KVValue][]> => collect(store.scan({ prefix }));

const tuple = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.integer(),
    fc.double({ noNaN: true }).map((n) => (n === 0 ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
  ),
  { minLength: 1, maxLength: 3 },
) as fc.Arbitrary<Tuple>;
