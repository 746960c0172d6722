/** Runs tests that draw random cases, as many as the command line says, and from the seed that it says. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** `prefix`: of the environment variables by which the tests are told, `<prefix>_RUNS` and `<prefix>_SEED`. Ends the process. */
export function runRandomTests({ command, folder, prefix, defaultRuns }) {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: String(defaultRuns) }, seed: { type: 'string' } },
  });
  const isCount = (text) => /^\d+$/.test(text);
  if (!isCount(values.runs) || (values.seed !== undefined && !isCount(values.seed))) {
    process.stderr.write(`Usage: ${command} -- --runs <number of cases> [--seed <number>]\n`);
    process.exit(2);
  }
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', folder], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: {
      ...process.env,
      [`${prefix}_RUNS`]: values.runs,
      ...(values.seed !== undefined && { [`${prefix}_SEED`]: values.seed }),
    },
  });
  process.exit(status ?? 1);
}
