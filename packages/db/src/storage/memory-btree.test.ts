import { expect, test } from 'vitest';
import { collect, describeKVStore } from './kv-store.contract.ts';
import { BTreeKVStore } from './memory-btree.ts';

describeKVStore('BTreeKVStore', () => new BTreeKVStore());

test('starts with the data it is given', async () => {
  const store = new BTreeKVStore([
    [['b', 1], 'one'],
    [['a'], null],
  ]);
  expect(await collect(store.scan({ prefix: [] }))).toEqual([
    [['a'], null],
    [['b', 1], 'one'],
  ]);
});
