/** Runs tests that draw random cases, as many as the command line says, and from the seed that it says. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isCount, readOptions } from './command-line.mjs';

/**
 * `prefix`: of the environment variables by which the tests are told, `<prefix>_RUNS` and `<prefix>_SEED`. `overNetwork`:
 * the option that runs the folder's tests of processes instead, and how many cases those draw by default. Ends the process.
 */
export function runRandomTests({ command, folder, prefix, defaultRuns, overNetwork }) {
  const values = readOptions({
    usage: `${command} -- ${overNetwork ? `[--${overNetwork.option}] ` : ''}--runs <number of cases> [--seed <number>]`,
    options: {
      runs: { type: 'string' },
      seed: { type: 'string' },
      ...(overNetwork && { [overNetwork.option]: { type: 'boolean', default: false } }),
    },
    isValid: ({ runs, seed }) => isCount(runs) && isCount(seed),
  });
  const isOverNetwork = overNetwork !== undefined && values[overNetwork.option];
  const runs = values.runs ?? String(isOverNetwork ? overNetwork.defaultRuns : defaultRuns);
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
