import { expect, test } from 'vitest';
import { ValueCache } from './value-cache.ts';

test('keeps what is read again and again, and lets go of the rest', () => {
  const cache = new ValueCache(20);
  const hot = { hot: true };
  cache.set('hot', hot);
  for (let i = 0; i < 1000; i++) {
    cache.set(`cold${i}`, { i });
    expect(cache.get('hot')).toBe(hot);
  }
  const kept = Array.from({ length: 1000 }, (_, i) => cache.get(`cold${i}`)).filter((value) => value !== undefined);
  expect(kept.length).toBeLessThanOrEqual(20);
});

test('forgets a deleted value in either generation, and one that became a primitive', () => {
  const cache = new ValueCache(4);
  for (const key of ['a', 'b', 'c', 'd', 'e']) cache.set(key, {});
  for (const key of ['c', 'd']) {
    expect(cache.get(key)).toEqual({});
    cache.delete(key);
    expect(cache.get(key)).toBeUndefined();
  }
  cache.set('e', 5);
  expect(cache.get('e')).toBeUndefined();
});
