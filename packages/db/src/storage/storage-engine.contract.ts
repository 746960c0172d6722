/**
 * What every storage engine must do, as a test suite: call `describeStorageEngine` in a test file of the engine.
 * The engine under test is compared with a naive sorted list.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { StorageEdit, StorageEngine, StorageEntry, StorageRange } from './port.ts';

type Awaitable<T> = T | Promise<T>;

/** Keys in the order that every engine has to keep. */
const ordered = [
  '',
  '\0',
  '\0\0',
  '\0a',
  '\u0001',
  ' ',
  'A',
  'a',
  'a\0',
  'aa',
  'b',
  '\u007F',
  '\u0080',
  'é',
  '\u07FF',
  '\u0800',
  '\uD7FF',
  '\uD800',
  '\uD83D\uDE00',
  '\uD83E',
  '\uDC00',
  '\uDFFF\uD800',
  '\uE000',
  '\uFFFD',
  '\uFFFF',
  '\uFFFF\uFFFF',
];

/**
 * `open` gives a new, empty engine each time. `reopen` opens what the engine (already closed) left behind; leave it out
 * for engines that keep nothing.
 */
export function describeStorageEngine(
  name: string,
  open: () => Awaitable<StorageEngine>,
  reopen?: (closed: StorageEngine) => Awaitable<StorageEngine>,
): void {
  const opened: StorageEngine[] = [];
  async function ready(engine: StorageEngine): Promise<StorageEngine> {
    opened.push(engine);
    await engine.ready;
    return engine;
  }
  const fresh = async (): Promise<StorageEngine> => ready(await open());
  const filled = async (...edits: StorageEdit[]): Promise<StorageEngine> => {
    const engine = await fresh();
    await engine.write(edits);
    return engine;
  };
  afterEach(async () => {
    for (const engine of opened.splice(0)) await engine.close();
  });

  describe(`${name}, as a storage engine`, () => {
    test('gives back what was written, at once and after it is durable', async () => {
      const engine = await fresh();
      const durable = engine.write([set('a', { n: 1 })]);
      expect(engine.get('a')).toEqual({ n: 1 });
      await durable;
      expect(engine.get('a')).toEqual({ n: 1 });
      expect(engine.get('b')).toBeUndefined();
    });

    test('is empty in the beginning', async () => {
      const engine = await fresh();
      expect([engine.get(''), all(engine), engine.count({})]).toEqual([undefined, [], 0]);
    });

    test.each([
      ['null', null],
      ['true', true],
      ['false', false],
      ['zero', 0],
      ['a fraction', 1.5e-7],
      ['numbers that JSON lacks', { list: [NaN, null, Infinity], deep: { n: -Infinity } }],
      ['an empty text', ''],
      ['text of every plane and broken surrogates', '\u0000é\uE000\u{1F600}\uD800'],
      ['an empty object', {}],
      ['an empty array', []],
      ['a nested value', { a: [1, null, { b: 'c' }], '': { '': false } }],
    ])('keeps %s as a value', async (_name, value) => {
      const engine = await filled(set('k', value));
      expect(engine.get('k')).toEqual(value);
      expect(all(engine)).toEqual([['k', value]]);
      expect(engine.count({})).toBe(1);
    });

    test('keeps large values', async () => {
      const value = { text: 'größer'.repeat(200_000) };
      const engine = await filled(set('k', value), set('l', 1));
      expect(engine.get('k')).toEqual(value);
      expect(all(engine)).toEqual([
        ['k', value],
        ['l', 1],
      ]);
    });

    test('orders keys by UTF-16 code unit, lone surrogates included', async () => {
      const engine = await filled(...[...ordered].reverse().map((key, index) => set(key, index)));
      expect([...ordered].sort()).toEqual(ordered);
      expect(keys(engine)).toEqual(ordered);
      for (const key of ordered) {
        expect(engine.get(key)).toBe(ordered.length - 1 - ordered.indexOf(key));
        expect(keys(engine, { gt: key })).toEqual(ordered.slice(ordered.indexOf(key) + 1));
        expect(keys(engine, { gte: key })).toEqual(ordered.slice(ordered.indexOf(key)));
        expect(keys(engine, { lt: key })).toEqual(ordered.slice(0, ordered.indexOf(key)));
        expect(keys(engine, { lte: key, reverse: true })).toEqual(ordered.slice(0, ordered.indexOf(key) + 1).reverse());
      }
    });

    test('orders keys that are not durable yet as well', async () => {
      const engine = await fresh();
      void engine.write([...ordered].reverse().map((key) => set(key, 1)));
      expect(keys(engine)).toEqual(ordered);
    });

    test('ranges take every kind of bound, both directions and a limit', async () => {
      const engine = await filled(...['a', 'b', 'c', 'd', 'e'].map((key) => set(key, key)));
      expect(keys(engine, { gt: 'b' })).toEqual(['c', 'd', 'e']);
      expect(keys(engine, { gte: 'b', lt: 'd' })).toEqual(['b', 'c']);
      expect(keys(engine, { gt: 'b', lte: 'd' })).toEqual(['c', 'd']);
      expect(keys(engine, { reverse: true })).toEqual(['e', 'd', 'c', 'b', 'a']);
      expect(keys(engine, { lt: 'd', reverse: true, limit: 2 })).toEqual(['c', 'b']);
      expect(keys(engine, { gte: 'bb', limit: 2 })).toEqual(['c', 'd']);
      expect(keys(engine, { gt: 'd', lt: 'b' })).toEqual([]);
      expect(keys(engine, { gt: 'b', lt: 'b' })).toEqual([]);
      expect(keys(engine, { gte: 'b', lte: 'b' })).toEqual(['b']);
      expect(keys(engine, { gt: 'b', gte: 'a', lt: 'e', lte: 'z' })).toEqual(['c', 'd']);
      expect(keys(engine, { limit: 0 })).toEqual([]);
    });

    test('bounds may be longer than any key', async () => {
      const prefix = 'p'.repeat(1000);
      const engine = await filled(set(prefix, 0), set(`${prefix}a`, 1), set(`${prefix}c`, 2), set('q', 3));
      const long = prefix + 'b'.repeat(5000);
      expect(engine.get(long)).toBeUndefined();
      expect(keys(engine, { gt: long })).toEqual([`${prefix}c`, 'q']);
      expect(keys(engine, { gte: long, reverse: true })).toEqual(['q', `${prefix}c`]);
      expect(keys(engine, { lt: long })).toEqual([prefix, `${prefix}a`]);
      expect(keys(engine, { lte: long, reverse: true, limit: 1 })).toEqual([`${prefix}a`]);
      expect([engine.count({ gt: long }), engine.count({ lt: long }), engine.count({ lt: long }, 1)]).toEqual([
        2, 2, 1,
      ]);
      expect(keys(engine, { gt: '\uFFFF'.repeat(2000) })).toEqual([]);
      expect(keys(engine, { lt: '\uFFFF'.repeat(2000), limit: 1 })).toEqual([prefix]);
    });

    test('counts up to a cap', async () => {
      const engine = await filled(...Array.from({ length: 3000 }, (_, i) => set(`k${String(i).padStart(4, '0')}`, i)));
      expect(engine.count({})).toBe(3000);
      expect(engine.count({}, 10)).toBe(10);
      expect(engine.count({}, 0)).toBe(0);
      expect(engine.count({ gte: 'k1000' })).toBe(2000);
      expect(engine.count({ gte: 'k1000', lt: 'k1005' }, 100)).toBe(5);
      expect(engine.count({ gt: 'k1000', lte: 'k1005', reverse: true }, 100)).toBe(5);
      expect(engine.count({ gt: 'k2', lt: 'k1' })).toBe(0);
      void engine.write([remove('k1001'), remove('absent'), set('k1002', 0), set('k10025', 0)]);
      expect([engine.count({}), engine.count({ gte: 'k1000', lt: 'k1005' }), engine.count({}, 2999)]).toEqual([
        3000, 5, 2999,
      ]);
    });

    test('a later edit of a key wins within a write', async () => {
      const engine = await fresh();
      await engine.write([set('a', 1), set('a', 2), set('b', 1), remove('b'), remove('c'), set('c', 3)]);
      expect(all(engine)).toEqual([
        ['a', 2],
        ['c', 3],
      ]);
    });

    test('a later write of a key wins, durable or not', async () => {
      const engine = await fresh();
      const writes = [
        engine.write([set('a', 1)]),
        engine.write([set('a', 2)]),
        engine.write([remove('a')]),
        engine.write([set('a', 3)]),
      ];
      expect(engine.get('a')).toBe(3);
      await Promise.all(writes);
      expect(engine.get('a')).toBe(3);
      await engine.write([remove('a')]);
      expect([engine.get('a'), all(engine)]).toEqual([undefined, []]);
    });

    test('deleting what is absent and writing nothing are fine', async () => {
      const engine = await filled(set('a', 1));
      await engine.write([remove('b')]);
      await engine.write([]);
      expect(all(engine)).toEqual([['a', 1]]);
    });

    test('repeated reads give the same object', async () => {
      const engine = await filled(set('a', { deep: [1] }));
      expect(engine.get('a')).toBe(engine.get('a'));
      expect([...engine.range({})][0]![1]).toBe(engine.get('a'));
    });

    test('many edits in one write are visible together and durable together', async () => {
      const engine = await fresh();
      const count = 10_000;
      const key = (i: number): string => `k${String((i * 7919) % count).padStart(5, '0')}`;
      const durable = engine.write(Array.from({ length: count }, (_, i) => set(key(i), { i })));
      expect(engine.count({})).toBe(count);
      await durable;
      expect(engine.count({})).toBe(count);
      expect(keys(engine)).toEqual(Array.from({ length: count }, (_, i) => `k${String(i).padStart(5, '0')}`));
      await engine.write(Array.from({ length: count }, (_, i) => remove(key(i))));
      expect(all(engine)).toEqual([]);
    });

    test('ranges show edits that are not durable yet in their place', async () => {
      const engine = await filled(...['b', 'd', 'f', 'h'].map((key) => set(key, 'old')));
      void engine.write([set('a', 'new'), set('d', 'new'), remove('f'), set('g', 'new'), set('z', 'new')]);
      const expected = [
        ['a', 'new'],
        ['b', 'old'],
        ['d', 'new'],
        ['g', 'new'],
        ['h', 'old'],
        ['z', 'new'],
      ];
      expect(all(engine)).toEqual(expected);
      expect(all(engine, { reverse: true })).toEqual(expected.toReversed());
      expect(keys(engine, { gte: 'c', limit: 3 })).toEqual(['d', 'g', 'h']);
      expect(keys(engine, { lt: 'h', reverse: true, limit: 2 })).toEqual(['g', 'd']);
      expect(keys(engine, { gte: 'f', limit: 1 })).toEqual(['g']);
    });

    test('several iterations may run inside each other', async () => {
      const engine = await filled(...['a', 'b', 'c'].map((key) => set(key, key)));
      const pairs: string[] = [];
      for (const [outer] of engine.range({})) {
        for (const [inner] of engine.range({ gt: outer })) pairs.push(outer + inner + (engine.get(inner) as string));
      }
      expect(pairs).toEqual(['abb', 'acc', 'bcc']);
    });

    test('an iteration that is left early holds nothing up', async () => {
      const engine = await filled(...['a', 'b', 'c'].map((key) => set(key, key)));
      for (let i = 0; i < 300; i++) for (const [key] of engine.range({ reverse: true })) if (key === 'b') break;
      await engine.write([remove('b')]);
      expect(keys(engine)).toEqual(['a', 'c']);
    });

    test('flush settles when everything before is durable, also with nothing to do', async () => {
      const engine = await fresh();
      await engine.flush();
      let durable = false;
      void engine.write([set('a', 1)]).then(() => (durable = true));
      await engine.flush();
      expect(durable).toBe(true);
    });

    test('every write settles when writes come at any moment', async () => {
      const engine = await fresh();
      const writes: Promise<void>[] = [];
      for (let i = 0; i < 300; i++) {
        writes.push(engine.write([set(`k${i % 50}`, i)]));
        if (i % 3 === 0) await Promise.resolve();
        if (i % 17 === 0) await new Promise((resolve) => setTimeout(resolve, i % 4));
        if (i % 29 === 0) await writes.at(-1);
      }
      await Promise.all(writes);
      expect(engine.count({})).toBe(50);
      expect(engine.get('k49')).toBe(299);
    });

    test('agrees with a naive list after random histories', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 40 }),
          fc.array(range, { minLength: 4, maxLength: 8 }),
          async (steps, ranges) => {
            const engine = await fresh();
            const model = new Map<string, unknown>();
            const agree = (): void => {
              for (const bounds of [{}, ...ranges]) {
                const expected = naiveRange(model, bounds);
                expect(all(engine, bounds)).toEqual(expected);
                expect(engine.count(bounds, 5)).toBe(Math.min(5, expected.length));
              }
            };
            for (const { edits, settle } of steps) {
              const durable = engine.write(edits);
              for (const { key, value } of edits) {
                if (value === undefined) model.delete(key);
                else model.set(key, value);
              }
              if (settle) await durable;
              agree();
            }
            for (const [key, value] of model) expect(engine.get(key)).toEqual(value);
            await engine.flush();
            agree();
            if (reopen !== undefined) {
              await engine.close();
              opened.splice(opened.indexOf(engine), 1);
              expect(all(await ready(await reopen(engine)))).toEqual(naiveRange(model, {}));
            }
          },
        ),
        { numRuns: 25, endOnFailure: true },
      );
    }, 60_000);

    test('closing twice is fine', async () => {
      const engine = await filled(set('a', 1));
      await engine.close();
      await engine.close();
    });
  });

  if (reopen === undefined) return;
  describe(`${name}, reopened`, () => {
    const reopened = async (engine: StorageEngine): Promise<StorageEngine> => {
      await engine.close();
      return ready(await reopen(engine));
    };

    test('still has what was written', async () => {
      const engine = await reopened(await filled(set('a', { n: 1 }), set('b', null), set('\uD800', 'x')));
      expect(all(engine)).toEqual([
        ['a', { n: 1 }],
        ['b', null],
        ['\uD800', 'x'],
      ]);
      const again = await reopened(await reopened(engine));
      await again.write([remove('a'), set('c', 2)]);
      expect(keys(await reopened(again))).toEqual(['b', 'c', '\uD800']);
    });

    test('has what was written just before closing, without anybody waiting', async () => {
      const engine = await fresh();
      void engine.write([set('a', 1)]);
      void engine.write([set('b', 2)]);
      expect(keys(await reopened(engine))).toEqual(['a', 'b']);
    });

    test('a closed engine says so', async () => {
      const engine = await filled(set('a', 1));
      await engine.close();
      await expect(engine.write([set('b', 2)])).rejects.toThrow(/closed/);
      expect(() => engine.get('a')).toThrow(/closed/);
      expect(() => all(engine)).toThrow(/closed/);
      expect(() => engine.count({})).toThrow(/closed/);
    });
  });
}

const set = (key: string, value: unknown): StorageEdit => ({ key, value });
const remove = (key: string): StorageEdit => ({ key, value: undefined });
const all = (engine: StorageEngine, bounds: StorageRange = {}): StorageEntry[] => [...engine.range(bounds)];
const keys = (engine: StorageEngine, bounds?: StorageRange): string[] => all(engine, bounds).map(([key]) => key);

function naiveRange(
  model: ReadonlyMap<string, unknown>,
  { gt, gte, lt, lte, reverse, limit }: StorageRange,
): StorageEntry[] {
  const inside = [...model]
    .filter(
      ([key]) =>
        (gt === undefined || key > gt) &&
        (gte === undefined || key >= gte) &&
        (lt === undefined || key < lt) &&
        (lte === undefined || key <= lte),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (reverse) inside.reverse();
  return inside.slice(0, limit);
}

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'ab', 'abc', 'b\0', '', '\0', '\uD800', '\uE000', '\u{1F600}', '\uFFFF'),
  fc.string({ unit: 'binary', maxLength: 2 }),
  fc.nat(40).map((n) => `k${n}`),
);
const value = fc.oneof(
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }).map(withoutNegativeZero) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const step = fc.record({ edits: fc.array(fc.record({ key, value }), { maxLength: 12 }), settle: fc.boolean() });
const range: fc.Arbitrary<StorageRange> = fc.record(
  { gt: key, gte: key, lt: key, lte: key, reverse: fc.boolean(), limit: fc.nat(10) },
  { requiredKeys: [] },
);

/** JSON text has no negative zero, so that stores of text may turn it into zero. */
function withoutNegativeZero(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json)) as unknown;
}
