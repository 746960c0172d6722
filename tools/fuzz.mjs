/**
 * `npm run fuzz -- --runs 1000000 [--seed 1]`: sends a server as many hostile frames and requests as wanted. A failing
 * case is made small and printed with its seed.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
});
const isCount = (text) => /^\d+$/.test(text);
if (!isCount(values.runs) || (values.seed !== undefined && !isCount(values.seed))) {
  process.stderr.write('Usage: npm run fuzz -- --runs <number of inputs> [--seed <number>]\n');
  process.exit(2);
}
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', 'tests/fuzz'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: values.runs, ...(values.seed !== undefined && { FUZZ_SEED: values.seed }) },
});
process.exit(status ?? 1);
