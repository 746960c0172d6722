/**
 * The tests that mutants of the evaluation, permission and merge code are tried on: those beside the code, whole stories,
 * and a few fixed cases of the oracle. `MUTATION_TESTS` narrows them to the files named, with spaces between.
 */
import { defineConfig } from 'vitest/config';
import type { TestSequencer, TestSpecification } from 'vitest/node';

/** Cheap ones first: the first test that fails ends the run of a mutant. */
const files = [
  'packages/db/src/values/*.test.ts',
  'packages/db/src/changes/*.test.ts',
  'packages/db/src/schema/*.test.ts',
  'packages/db/src/query/*.test.ts',
  'packages/db/src/permissions/*.test.ts',
  'packages/db/src/transactions/{check-writes,first-answer,outbox,stage-changes,transaction}.test.ts',
  'packages/db/src/database/{attributes,bad-input,commit-listeners,count,database,explain,inherited-names}.test.ts',
  'packages/db/src/database/{live-delivery,live-results,negative-zero,query-results,schema-changes,writing}.test.ts',
  'packages/db/src/engine/*.test.ts',
  'tests/scenarios/{conflicts,permissions-at-every-depth,queries-done-right,writes-done-right}.test.ts',
  'tests/oracle/{examples,metamorphic,oracle,non-interference}.test.ts',
];
const FOLDERS = [
  'values',
  'changes',
  'schema',
  'query',
  'permissions',
  'transactions',
  'database',
  'engine',
  'scenarios',
];

/** Vitest itself begins with the slowest. */
class CheapFirst implements TestSequencer {
  async shard(tests: TestSpecification[]): Promise<TestSpecification[]> {
    return tests;
  }
  async sort(tests: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification): number => {
      const place = FOLDERS.indexOf(moduleId.split('/').at(-2)!);
      return place < 0 ? FOLDERS.length : place;
    };
    return [...tests].sort((one, other) => cost(one) - cost(other));
  }
}

const conditions = ['@triplit/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: process.env['MUTATION_TESTS']?.split(' ') ?? files,
    exclude: ['**/node_modules/**'],
    isolate: false,
    silent: true,
    sequence: { sequencer: CheapFirst },
    env: { ORACLE_SEED: '20', ORACLE_RUNS: '60', ORACLE_SHRINK: 'no' },
  },
});
