import { expect, test } from 'vitest';
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
