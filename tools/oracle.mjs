/**
 * `npm run oracle -- --runs 100000 [--seed 1]`: judges the database by the oracle in as many random cases as wanted. A
 * failing case is made small and printed with the seed that replays it.
 */
import { runRandomTests } from './run-random-tests.mjs';

runRandomTests({ command: 'npm run oracle', folder: 'tests/oracle', prefix: 'ORACLE', defaultRuns: 100_000 });
