import { expect, test } from 'vitest';
import { DB } from '../database/database.ts';
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
