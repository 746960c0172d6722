import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareIds, positionOf } from './row-order.ts';

test('ids come in the order of their code units', () => {
  const ids = ['b', 'a', 'B', 'ab', '', '9', '10', 'é'];
  const sorted = ids.map((id) => ({ id })).sort(compareIds);
  expect(sorted.map(({ id }) => id)).toEqual(['', '10', '9', 'B', 'a', 'ab', 'b', 'é']);
  const orders = ['a', 'b', 'c'].map((id) => Math.sign(compareIds({ id }, { id: 'b' })));
  expect(orders).toEqual([-1, 0, 1]);
});

test('law: the position of an entry is that of the first that does not come before it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.string(), (ids, id) => {
      const entries = ids.map((each) => ({ id: each })).sort(compareIds);
      const first = entries.findIndex((entry) => entry.id >= id);
      expect(positionOf(entries, { id }, compareIds)).toBe(first < 0 ? entries.length : first);
    }),
  );
});
