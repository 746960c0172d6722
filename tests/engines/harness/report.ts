/** Tests that ran in another runtime, as tests of this one. */
import { describe, expect, test } from 'vitest';
import type { TestResult } from './test-api.ts';

/** Both suites together have more tests than this. */
const FEWEST_TESTS = 40;

export function reportResults(runtime: string, results: readonly TestResult[]): void {
  describe(runtime, () => {
    test('ran the conformance suites', () => expect(results.length).toBeGreaterThan(FEWEST_TESTS));
    for (const { name, error } of results) {
      test(name, () => {
        if (error !== undefined) throw new Error(error);
      });
    }
  });
}
