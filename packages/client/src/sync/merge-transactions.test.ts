import type { DBChanges, PendingTransaction } from '@triplit/db';
import { describe, expect, test } from 'vitest';
import { mergeTransactions } from './merge-transactions.ts';
import { connectedUnits, singleUnits } from './transaction-units.ts';

type Write = readonly [id: string, change: object | 'delete'];

const transaction = (id: string, ...writes: Write[]): PendingTransaction => {
  const part = { sets: new Map<string, object>(), deletes: new Set<string>() };
  for (const [entity, change] of writes) {
    if (change === 'delete') part.deletes.add(entity);
    else part.sets.set(entity, change);
  }
  return { id, changes: { todos: part } as DBChanges };
};

const known = (...ids: string[]) => ({
  isConfirmed: (_collection: string, id: string) => ids.includes(id),
  maybeSent: () => false,
});
const shape = (changes: DBChanges) => {
  const { sets, deletes } = changes['todos'] ?? { sets: new Map(), deletes: new Set() };
  return { sets: Object.fromEntries(sets) as object, deletes: [...deletes] };
};

describe('merging', () => {
  test('keeps the last value of each attribute', () => {
    const merged = mergeTransactions(
      [
        transaction('1', ['a', { id: 'a', x: 1, y: 1 }]),
        transaction('2', ['a', { x: 2 }]),
        transaction('3', ['b', { z: 1 }]),
      ],
      known(),
    );
    expect(shape(merged)).toEqual({ sets: { a: { id: 'a', x: 2, y: 1 }, b: { z: 1 } }, deletes: [] });
  });

  test('leaves out what was inserted and deleted again', () => {
    const merged = mergeTransactions(
      [transaction('1', ['a', { id: 'a' }]), transaction('2', ['a', { x: 2 }]), transaction('3', ['a', 'delete'])],
      known(),
    );
    expect(merged).toEqual({});
  });

  test('deletes what the server has, even if it was inserted again before', () => {
    const merged = mergeTransactions(
      [transaction('1', ['a', { id: 'a' }]), transaction('2', ['a', 'delete'])],
      known('a'),
    );
    expect(shape(merged)).toEqual({ sets: {}, deletes: ['a'] });
  });

  test('deletes what the server may have received', () => {
    const merged = mergeTransactions([transaction('1', ['a', { id: 'a' }]), transaction('2', ['a', 'delete'])], {
      isConfirmed: () => false,
      maybeSent: (id) => id === '1',
    });
    expect(shape(merged)).toEqual({ sets: {}, deletes: ['a'] });
  });

  test('replaces what was deleted and inserted', () => {
    const merged = mergeTransactions(
      [transaction('1', ['a', 'delete']), transaction('2', ['a', { id: 'a', x: 1 }])],
      known('a'),
    );
    expect(shape(merged)).toEqual({ sets: { a: { id: 'a', x: 1 } }, deletes: ['a'] });
  });

  test('leaves the transactions as they are', () => {
    const first = transaction('1', ['a', { id: 'a', r: { x: 1 } }]);
    mergeTransactions([first, transaction('2', ['a', { r: { x: 2 } }])], known());
    expect(shape(first.changes)).toEqual({ sets: { a: { id: 'a', r: { x: 1 } } }, deletes: [] });
  });
});

describe('units', () => {
  const list = [
    transaction('1', ['a', {}]),
    transaction('2', ['b', {}]),
    transaction('3', ['c', {}]),
    transaction('4', ['a', {}], ['c', 'delete']),
    transaction('5', ['d', {}]),
  ];
  const ids = (units: readonly (readonly PendingTransaction[])[]): string[] =>
    units.map((unit) => unit.map(({ id }) => id).join()).toSorted();

  test('are single transactions', () => {
    expect(ids(singleUnits(list))).toEqual(['1', '2', '3', '4', '5']);
  });

  test('or all that have an entity in common, directly or not', () => {
    expect(ids(connectedUnits(list))).toEqual(['1,3,4', '2', '5']);
  });
});
