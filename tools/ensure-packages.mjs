/**
 * Installs the packages of a folder that stands outside the workspaces, such as tests/interop or bench (the published
 * Triplit 1.x among them), unless its lock file says they are there: `node tools/ensure-packages.mjs tests/interop`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL(`../${process.argv[2]}/`, import.meta.url));
const stamp = `${folder}node_modules/.installed`;
const wanted = createHash('sha256')
  .update(readFileSync(`${folder}package-lock.json`))
  .digest('hex');

if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0);
const { status } = spawnSync('npm', ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'], {
  cwd: folder,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (status === 0) writeFileSync(stamp, wanted);
process.exit(status ?? 1);
