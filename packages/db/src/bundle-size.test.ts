/**
 * In kB of 1,024 bytes. What is loaded on demand (explanations, the comparison of schemas) comes on top when it is asked
 * for.
 */
import { expect, test } from 'vitest';
import { bundleSize } from '../../../tools/bundle-size.mjs';

test.each([
  ['the schema builder', "import { Schema } from '@triplit/db'; console.log(Schema);", 5 * 1024],
  ['the database with memory storage', "import { DB, Schema } from '@triplit/db'; console.log(DB, Schema);", 45 * 1024],
])('%s fits into its limit', async (_name, program, limit) => {
  const { start } = await bundleSize(program, { conditions: ['@triplit/source'] });
  expect(start).toBeGreaterThan(limit / 20);
  expect(start).toBeLessThanOrEqual(limit);
});
