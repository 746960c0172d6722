/**
 * `npm test`: builds, installs what the browser, interoperability and storage tests need, runs every test project and closes
 * with one plain line, `N passed, N failed`, counted from the runner's own results.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const resultsFile = 'test-results/vitest.json';

/** All but `quick`, a part of `unit`, and `other-browsers`, for which half a gigabyte of browsers has to be there. */
const projects = ['unit', 'process', 'browser', 'interop', 'engines'];

/** The oracle judges ten thousand random cases here, and a tenth of them when its tests are run by themselves. */
process.env.ORACLE_RUNS ??= '10000';

function run(title, command, args) {
  process.stdout.write(`\n> ${title}\n`);
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function prepare(title, command, args) {
  if (run(title, command, args)) return;
  process.stderr.write(`\nThe tests were not run, because this step failed: ${title}\n`);
  process.exit(1);
}

/** A file that fails before its first test (a syntax error, a failed hook) counts as one failure of its own. */
function count(results) {
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

prepare('Building the packages', 'npm', ['run', '--silent', 'build']);
prepare('Making sure that a browser is there', 'node', ['tools/ensure-browser.mjs']);
prepare('Installing the published Triplit 1.x for the interoperability tests', 'node', [
  'tools/ensure-packages.mjs',
  'tests/interop',
]);
prepare('Installing other runtimes and drivers for the storage tests', 'node', [
  'tools/ensure-packages.mjs',
  'tests/engines',
]);

mkdirSync(`${root}/test-results`, { recursive: true });
rmSync(`${root}/${resultsFile}`, { force: true });
const ok = run('Running the tests', 'npx', [
  'vitest',
  'run',
  ...projects.map((project) => `--project=${project}`),
  // The runner would leave one processor idle: of two, every other one.
  '--maxWorkers=100%',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${resultsFile}`,
  ...process.argv.slice(2),
]);

if (!existsSync(`${root}/${resultsFile}`)) {
  process.stderr.write('The test runner ended without writing results; its output above says why.\n');
  process.exit(1);
}
const { passed, failed, skipped } = count(JSON.parse(readFileSync(`${root}/${resultsFile}`, 'utf8')));
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(ok && failed === 0 ? 0 : 1);
