import { expect, test } from 'vitest';
import { EngineKVStore } from './engine-kv-store.ts';
import { collect, describeKVStore } from './kv-store.contract.ts';
import { engineOf } from './kv-store.ts';
import type { KVStore, Tuple } from './kv-store.ts';
import { BTreeKVStore } from './memory-btree.ts';

/** A store as somebody else would write it: slow, without an engine. */
function foreignStore(inner: KVStore = new BTreeKVStore()): KVStore {
  return {
    get: (key, scope) => inner.get(key, scope),
    set: (key, value, scope) => inner.set(key, value, scope),
    delete: (key, scope) => inner.delete(key, scope),
    scan: (options, scope) => inner.scan(options, scope),
    scanValues: (options, scope) => inner.scanValues(options, scope),
    clear: (scope) => inner.clear(scope),
    count: (options, scope) => inner.count(options, scope),
    scope: (prefix) => foreignStore(inner.scope(prefix)),
    transact: () => inner.transact(),
    applyEdits: async (sets, deletes) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await inner.applyEdits(sets, deletes);
    },
  };
}

test('a store of this package carries its engine, and its scopes carry a part of it', async () => {
  const store = new BTreeKVStore();
  expect(engineOf(store)).toBe(store.engine);
  await store.set(['s', 'a'], 1);
  expect([...engineOf(store.scope(['s'])).range({})]).toEqual([['fa\u0001', 1]]);
});

test('a foreign store is read into memory and written behind', async () => {
  const foreign = foreignStore();
  await foreign.set(['a', 1], 'before');
  const engine = engineOf(foreign);
  expect(engineOf(foreign)).toBe(engine);
  expect(() => engine.get('x')).toThrow(/before it was ready/);
  await engine.ready;
  expect(engine.ready).toBeUndefined();
  const view = new EngineKVStore(engine);
  expect(await view.get(['a', 1])).toBe('before');
  const durable = view.applyEdits([[['b'], 'new']], [['a', 1]]);
  await durable;
  expect(await collect(foreign.scan({ prefix: [] }))).toEqual([[['b'], 'new']]);
  await engine.close();
});

test('a foreign store that cannot be read says so', async () => {
  const broken: KVStore = {
    ...foreignStore(),
    scan: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no disk')) }) }),
  };
  const engine = engineOf(broken);
  await expect(engine.ready).rejects.toThrow(/could not be opened: no disk/);
  expect(() => engine.get('a')).toThrow(/no disk/);
  await engine.close();
});

test('a write that a foreign store refused is repeated with the next one', async () => {
  const inner = new BTreeKVStore();
  let full = true;
  const sometimesFull: KVStore = {
    ...foreignStore(inner),
    applyEdits: (sets: Iterable<[Tuple, unknown]>, deletes: Iterable<Tuple>) =>
      full ? Promise.reject(new Error('full')) : inner.applyEdits(sets, deletes),
  } as KVStore;
  const engine = engineOf(sometimesFull);
  await engine.ready;
  await expect(engine.write([{ key: 'fa\u0001', value: 1 }])).rejects.toThrow(/full.*tried again/);
  expect(engine.get('fa\u0001')).toBe(1);
  full = false;
  await engine.write([{ key: 'fb\u0001', value: 2 }]);
  expect(await inner.count({ prefix: [] })).toBe(2);
});

describeKVStore('a scope of a store', () => new BTreeKVStore([[['outside'], 1]]).scope(['s', 1]));
describeKVStore('the mirror of a foreign store', async () => new EngineKVStore(engineOf(foreignStore())));
