/**
 * `npm run oracle -- --runs 100000 [--seed 1]`: judges the database by the oracle in as many random cases as wanted. A
 * failing case is made small and printed with the seed that replays it.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const isCount = (text) => /^\d+$/.test(text);
if (!isCount(values.runs) || (values.seed !== undefined && !isCount(values.seed))) {
  process.stderr.write('Usage: npm run oracle -- --runs <number of cases> [--seed <number>]\n');
  process.exit(2);
}
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', 'tests/oracle'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: {
    ...process.env,
    ORACLE_RUNS: values.runs,
    ...(values.seed !== undefined && { ORACLE_SEED: values.seed }),
  },
});
process.exit(status ?? 1);
