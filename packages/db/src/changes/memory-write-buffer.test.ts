import { expect, test } from 'vitest';
import { SimpleMemoryWriteBuffer } from './memory-write-buffer.ts';
import type { Change, DBChanges } from './types.ts';

const tx = undefined;
const changes = (sets: Record<string, Change>, deletes: string[] = []): DBChanges => ({
  todos: { sets: new Map(Object.entries(sets)), deletes: new Set(deletes) },
});

test('gives back what was written, merged, by everything, collection and entity', async () => {
  const buffer = new SimpleMemoryWriteBuffer();
  expect(await buffer.isEmpty(tx)).toBe(true);
  await buffer.write(tx, changes({ a: { id: 'a', r: { x: 1 } } }));
  await buffer.write(tx, changes({ a: { r: { y: 2 } }, b: { id: 'b' } }));
  const merged = changes({ a: { id: 'a', r: { x: 1, y: 2 } }, b: { id: 'b' } });
  expect(await buffer.isEmpty(tx)).toBe(false);
  expect(await buffer.getChanges(tx)).toEqual(merged);
  expect(await buffer.getChangesForCollection(tx, 'todos')).toEqual(merged['todos']);
  expect(await buffer.getChangesForCollection(tx, 'other')).toBeUndefined();
  expect(await buffer.getChangesForEntity(tx, 'todos', 'b')).toEqual({ update: { id: 'b' }, delete: false });
  expect(await buffer.getChangesForEntity(tx, 'todos', 'c')).toBeUndefined();
});

test('a delete drops what was pending and stays beside a later set', async () => {
  const buffer = new SimpleMemoryWriteBuffer();
  await buffer.write(tx, changes({ a: { id: 'a', old: 1 } }));
  await buffer.write(tx, changes({}, ['a']));
  expect(await buffer.getChangesForEntity(tx, 'todos', 'a')).toEqual({ update: undefined, delete: true });
  await buffer.write(tx, changes({ a: { id: 'a', fresh: 1 } }));
  expect(await buffer.getChangesForEntity(tx, 'todos', 'a')).toEqual({ update: { id: 'a', fresh: 1 }, delete: true });
});

test('one entity, or everything, can be taken out', async () => {
  const buffer = new SimpleMemoryWriteBuffer();
  await buffer.write(tx, changes({ a: { id: 'a' }, b: { id: 'b' } }));
  await buffer.clearChangesForEntity(tx, 'todos', 'a');
  expect(await buffer.getChanges(tx)).toEqual(changes({ b: { id: 'b' } }));
  await buffer.clear(tx);
  expect([await buffer.getChanges(tx), await buffer.isEmpty(tx)]).toEqual([{}, true]);
});
