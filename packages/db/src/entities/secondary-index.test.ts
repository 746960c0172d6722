import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DB } from '../database/database.ts';
import type { IndexScan } from '../query/entity-source.ts';
import { MemoryEngine } from '../storage/memory/memory-engine.ts';
import { indexPrefix, prefixEnd } from './entity-keys.ts';
import { EntityStore, indexLimits } from './entity-store.ts';
import { MAX_INDEXED_VALUE_LENGTH } from './secondary-index.ts';

/** More rows than the planner reads whole, so that the index is used. */
const ROWS = 60;

test('values longer than an index key keep their order, their equality and their bounds', async () => {
  const db = new DB();
  const shared = 'x'.repeat(MAX_INDEXED_VALUE_LENGTH - 3);
  // Around the cut: shorter than it, exactly at it, and alike up to it.
  const texts = Array.from(
    { length: ROWS },
    (_, index) => shared.slice(index % 4) + String(index).padStart(index % 7, '0'),
  );
  for (const [index, text] of texts.entries()) await db.insert('notes', { id: `n${index}`, text });
  const sorted = texts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const read = async (query: object) =>
    (await db.fetch({ collectionName: 'notes', ...query })).map((note) => note['text']);
  expect(await read({ order: [['text', 'ASC']], limit: 20 })).toEqual(sorted.slice(0, 20));
  expect(await read({ order: [['text', 'DESC']], limit: 20 })).toEqual(sorted.toReversed().slice(0, 20));
  for (const text of texts.slice(0, 12)) {
    expect(await read({ where: [['text', '=', text]] })).toEqual(texts.filter((other) => other === text));
    for (const [operator, keeps] of [
      ['>', (other: string) => other > text],
      ['<=', (other: string) => other <= text],
    ] as const) {
      const found = await read({ where: [['text', operator, text]], order: [['text', 'ASC']], limit: ROWS });
      expect(found).toEqual(sorted.filter(keeps));
    }
  }
});

const rowsOf = (values: readonly unknown[]) =>
  values.map((value, index) => ({ id: `n${String(index).padStart(3, '0')}`, value }));

async function storeOf(values: readonly unknown[]) {
  const engine = new MemoryEngine();
  const store = new EntityStore(engine);
  const changes = rowsOf(values).map((row) => ({ collection: 'notes', id: row.id, prev: undefined, next: row }));
  await store.write(changes);
  const entries = (): number => engine.count({ gte: indexPrefix, lt: prefixEnd(indexPrefix) });
  return { store, entries };
}

test('law: rows that are asked for the first time are those that the index yields from the second time on', async () => {
  const plain = fc.oneof(fc.constantFrom('a', 'b', 'ab', 1, 2, -1, true, null), fc.double(), fc.string());
  const value = fc.oneof(plain, fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.boolean()));
  const bounds = fc.oneof(
    plain.map((point) => ({ gte: point, lte: point })),
    fc.tuple(fc.constantFrom('gt', 'gte'), plain).map(([key, bound]) => ({ [key]: bound })),
    fc.tuple(fc.constantFrom('lt', 'lte'), plain).map(([key, bound]) => ({ [key]: bound })),
    fc.constant({}),
  );
  const scans = fc.oneof(
    fc.record({ kind: fc.constant('value' as const), bounds, reverse: fc.boolean() }),
    fc.constantFrom('x', 'y', 'w').map((key) => ({ kind: 'member' as const, bounds: { gte: key, lte: key } })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 40 }), scans, async (values, scan) => {
      const { store } = await storeOf(values);
      const ask = () => [...store.indexedRows({ collection: 'notes', path: 'value', ...scan } as IndexScan)];
      const first = ask();
      expect(ask()).toEqual(first);
    }),
  );
});

test('an index is built when it is asked for rows the second time, or at once where rows are too many', async () => {
  const scan: IndexScan = { collection: 'notes', path: 'value', kind: 'value', bounds: { gte: 1, lte: 1 } };
  const { store, entries } = await storeOf([1, 2, 1]);
  for (const [time, built] of [0, 3, 3].entries()) {
    expect(Array.from(store.indexedRows(scan), ({ id }) => id)).toEqual(['n000', 'n002']);
    expect(`${time}: ${entries()}`).toBe(`${time}: ${built}`);
  }
  const usual = indexLimits.rowsWithoutIndex;
  indexLimits.rowsWithoutIndex = 2;
  const large = await storeOf([1, 2, 1]);
  Array.from(large.store.indexedRows(scan));
  indexLimits.rowsWithoutIndex = usual;
  expect(large.entries()).toBe(3);
});
