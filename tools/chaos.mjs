/**
 * `npm run chaos -- --seconds 300 [--storage sqlite] [--seed 1] [--published]`: for as long as wanted, kills a server and its clients,
 * cuts and slows down their connections, refuses their tokens and changes the schema; then checks that nothing was lost.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isCount, readOptions } from './command-line.mjs';

const values = readOptions({
  usage: 'npm run chaos -- [--seconds <number>] [--storage lmdb|sqlite] [--seed <number>] [--published]',
  options: {
    seconds: { type: 'string', default: '60' },
    storage: { type: 'string', default: 'lmdb' },
    seed: { type: 'string' },
    published: { type: 'boolean', default: false },
  },
  isValid: ({ seconds, storage, seed }) => isCount(seconds) && ['lmdb', 'sqlite'].includes(storage) && isCount(seed),
});
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
