import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_RETRY_MS, retryDelayMs } from './retry-delay.ts';

test('the delay doubles from 250 ms up to 5 minutes', () => {
  expect([0, 1, 2, 3, 10, 11, 1000].map((attempt) => retryDelayMs(attempt, 0))).toEqual([
    250, 500, 1000, 2000, 256_000, 300_000, 300_000,
  ]);
});

test('chance takes away up to half of it, so that clients spread out', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, chance) => {
      const full = retryDelayMs(attempt, 0);
      const delay = retryDelayMs(attempt, chance);
      expect(delay).toBeLessThanOrEqual(full);
      expect(delay).toBeGreaterThanOrEqual(full / 2);
      expect(delay).toBeLessThanOrEqual(MAX_RETRY_MS);
    }),
  );
});
