/** Checks every publishable package as it would be published: manifest (publint) and types in each entry (attw). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'triplit-pack-'));
const problems = [];

for (const name of readdirSync(join(root, 'packages')).toSorted()) {
  const path = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  if (manifest.private) continue;
  const tarball = pack(path);
  if (tarball === undefined) problems.push(`${manifest.name}: npm pack failed`);
  else {
    check(manifest.name, 'publint', ['--strict', tarball]);
    check(manifest.name, 'attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']);
  }
}
rmSync(folder, { recursive: true, force: true });

if (problems.length > 0) {
  console.error(`\nNot fit to publish:\n  ${problems.join('\n  ')}`);
  process.exit(1);
}

function pack(path) {
  const result = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: path,
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    process.stderr.write(result.stderr);
    return undefined;
  }
  const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  return join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

function check(name, tool, args) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', tool, ...args], { cwd: root, encoding: 'utf8' });
  if (status === 0) console.log(`${name}: ${tool} is content`);
  else {
    process.stdout.write(stdout + stderr);
    problems.push(`${name}: ${tool}`);
  }
}
