import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StorageEdit } from '../port.ts';
import { describeStorageEngine } from '../storage-engine.contract.ts';
import { MemoryEngine } from './memory-engine.ts';

describeStorageEngine('MemoryEngine', () => new MemoryEngine());

test('a closed memory engine can be handed to the next database', async () => {
  const engine = new MemoryEngine();
  await engine.write([{ key: 'a', value: 1 }]);
  await engine.close();
  expect(engine.get('a')).toBe(1);
});

test('values are held by reference', () => {
  const engine = new MemoryEngine();
  const value = { a: 1 };
  void engine.write([{ key: 'a', value }]);
  expect(engine.get('a')).toBe(value);
});

/** Keys that ascend from `first`, close together or with gaps for later ones. */
const run = fc
  .record({ first: fc.nat(20_000), step: fc.integer({ min: 1, max: 3 }), length: fc.integer({ min: 1, max: 400 }) })
  .map(({ first, step, length }) => Array.from({ length }, (_, i) => String(first + i * step).padStart(6, '0')));
const edits: fc.Arbitrary<StorageEdit[]> = fc
  .array(fc.record({ keys: run, form: fc.constantFrom('set', 'set', 'set', 'delete', 'shuffled', 'repeated') }), {
    maxLength: 4,
  })
  .map((parts) =>
    parts.flatMap(({ keys, form }, part) => {
      const written = keys.map((key, i) => ({ key, value: form === 'delete' ? undefined : `${part}:${i}` }));
      if (form === 'shuffled') return written.map((_, i) => written[(i * 7) % written.length]!);
      return form === 'repeated' ? written.flatMap((edit) => [edit, { ...edit, value: 'again' }]) : written;
    }),
  );

test('law: whatever runs of keys are written at once, content and order are those of a map', () => {
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 12 }), (batches) => {
      const engine = new MemoryEngine();
      const model = new Map<string, unknown>();
      for (const batch of batches) {
        void engine.write(batch);
        for (const { key, value } of batch) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...engine.range({})]).toEqual(expected);
      expect([...engine.range({ reverse: true })]).toEqual(expected.toReversed());
      expect(engine.count({ gte: '005000', lt: '015000' })).toBe(
        expected.filter(([key]) => key >= '005000' && key < '015000').length,
      );
      expect(expected.every(([key, value]) => engine.get(key) === value)).toBe(true);
      // One by one, so that the tree has to be sound below as well.
      for (const [key] of expected) void engine.write([{ key, value: undefined }]);
      expect([...engine.range({})]).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('100,000 keys written at once come back, as do those written into the middle of them', () => {
  const engine = new MemoryEngine();
  const name = (i: number): string => String(i).padStart(6, '0');
  const outer = Array.from({ length: 100_000 }, (_, i) => name(i < 50_000 ? i : i + 50_000));
  const inner = Array.from({ length: 50_000 }, (_, i) => name(i + 50_000));
  for (const keys of [outer, inner]) void engine.write(keys.map((key) => ({ key, value: key })));
  const keys = [...engine.range({})].map(([key]) => key);
  expect(keys.length).toBe(150_000);
  expect(keys.every((key, i) => key === name(i) && engine.get(key) === key)).toBe(true);
});
