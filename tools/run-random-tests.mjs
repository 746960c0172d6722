/** Runs tests that draw random cases, as many as the command line says, and from the seed that it says. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * `prefix`: of the environment variables by which the tests are told, `<prefix>_RUNS` and `<prefix>_SEED`. `overNetwork`:
 * the option that runs the folder's tests of processes instead, and how many cases those draw by default. Ends the process.
 */
export function runRandomTests({ command, folder, prefix, defaultRuns, overNetwork }) {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      ...(overNetwork && { [overNetwork.option]: { type: 'boolean', default: false } }),
    },
  });
  const isOverNetwork = overNetwork !== undefined && values[overNetwork.option];
  const runs = values.runs ?? String(isOverNetwork ? overNetwork.defaultRuns : defaultRuns);
  const isCount = (text) => /^\d+$/.test(text);
  if (!isCount(runs) || (values.seed !== undefined && !isCount(values.seed))) {
    process.stderr.write(
      `Usage: ${command} -- ${overNetwork ? `[--${overNetwork.option}] ` : ''}--runs <number of cases> [--seed <number>]\n`,
    );
    process.exit(2);
  }
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  // Processes run what was built.
  if (isOverNetwork && spawnSync('npm', ['run', '--silent', 'build'], { cwd, stdio: 'inherit' }).status !== 0)
    process.exit(1);
  const project = isOverNetwork ? 'process' : 'unit';
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', project, folder], {
    cwd,
    stdio: 'inherit',
    env: {
      ...process.env,
      [`${prefix}_RUNS`]: runs,
      ...(values.seed !== undefined && { [`${prefix}_SEED`]: values.seed }),
    },
  });
  process.exit(status ?? 1);
}
