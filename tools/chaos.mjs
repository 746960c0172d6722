/**
 * `npm run chaos -- --seconds 300 [--storage sqlite] [--seed 1] [--published]`: for as long as wanted, kills a server and its clients,
 * cuts and slows down their connections, refuses their tokens and changes the schema; then checks that nothing was lost.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    storage: { type: 'string', default: 'lmdb' },
    seed: { type: 'string' },
    published: { type: 'boolean', default: false },
  },
});
const isCount = (text) => /^\d+$/.test(text);
if (
  !isCount(values.seconds) ||
  !['lmdb', 'sqlite'].includes(values.storage) ||
  (values.seed !== undefined && !isCount(values.seed))
) {
  process.stderr.write(
    'Usage: npm run chaos -- [--seconds <number>] [--storage lmdb|sqlite] [--seed <number>] [--published]\n',
  );
  process.exit(2);
}
const cwd = fileURLToPath(new URL('..', import.meta.url));
if (values.published) spawnSync('node', ['tools/ensure-packages.mjs', 'tests/interop'], { cwd, stdio: 'inherit' });
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'process', 'tests/chaos'], {
  cwd,
  stdio: 'inherit',
  env: {
    ...process.env,
    CHAOS_SECONDS: values.seconds,
    CHAOS_STORAGE: values.storage,
    ...(values.published && { CHAOS_PUBLISHED: '1' }),
    ...(values.seed !== undefined && { CHAOS_SEED: values.seed }),
  },
});
process.exit(status ?? 1);
