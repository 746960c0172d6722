import { expect, test } from 'vitest';
import type { Row } from '../changes/types.ts';
import type { IndexScan } from '../query/entity-source.ts';
import { compareIds, indexOrder, rowsWithin } from './rows-within.ts';

const rows: Row[] = [
  { id: 'c', place: { rank: 2 }, tags: { y: true, x: true } },
  { id: 'a', place: { rank: 2 }, tags: { x: false, y: true } },
  { id: 'e', tags: { x: true } },
  { id: 'b', place: { rank: 1 }, tags: ['x'] },
  { id: 'd', place: { rank: null } },
  { id: 'f', place: { rank: 'x' }, tags: 'x' },
];

const idsWithin = (scan: Partial<IndexScan>) =>
  rowsWithin(rows, { collection: 'todos', path: 'place.rank', kind: 'value', bounds: {}, ...scan } as IndexScan)
    .map(({ id }) => String(id))
    .join('');

test.each<[string, Partial<IndexScan>, string]>([
  ['all by value, absent ones first, then by id', {}, 'debacf'],
  ['values descend, and ids of one value do not', { reverse: true }, 'facbde'],
  ['within bounds', { bounds: { gt: null, lt: 'x' } }, 'bac'],
  ['within one value', { bounds: { gte: null, lte: null } }, 'de'],
  ['with a member, by id alone', { path: 'tags', kind: 'member', bounds: { gte: 'x', lte: 'x' } }, 'bce'],
  ['with a member that others removed', { path: 'tags', kind: 'member', bounds: { gte: 'y', lte: 'y' } }, 'ac'],
])('%s', (_what, scan, ids) => {
  expect(idsWithin(scan)).toBe(ids);
});

test('rows of equal ids are equal', () => {
  const orders = ['a', 'b', 'c'].map((id) => Math.sign(compareIds({ id }, { id: 'b' })));
  expect(orders).toEqual([-1, 0, 1]);
  const order = indexOrder({ collection: 'todos', path: 'place.rank', kind: 'value', bounds: {} });
  expect(order(rows[0]!, { ...rows[0]! })).toBe(0);
});
