/**
 * Fails when a production dependency of the published packages, direct or not, has a licence outside the allow-list or
 * none. Reads the lock file for the tree and each installed package for its licence; needs no network.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'Python-2.0',
]);

const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
const published = Object.keys(packages).filter((path) => /^packages\/[^/]+$/.test(path));

const reached = new Set();
for (const path of published) visit(path);

const problems = [];
let checked = 0;
for (const path of reached) {
  if (path.startsWith('packages/')) continue;
  const licence = licenceOf(path);
  if (licence === undefined && packages[path].optional) continue;
  checked++;
  if (!isAllowed(licence)) problems.push(`${path.replace(/^.*node_modules\//, '')}: ${licence ?? 'no licence'}`);
}
if (problems.length > 0) {
  console.error(`Licences outside the allow-list:\n  ${problems.join('\n  ')}`);
  process.exit(1);
}
console.log(`${checked} production dependencies, all with an allowed licence.`);

function visit(path) {
  if (reached.has(path)) return;
  reached.add(path);
  const entry = packages[path];
  for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    const found = locate(name, path);
    if (found) visit(packages[found].link ? packages[found].resolved : found);
  }
}

/** Node's own search: the nearest node_modules at or above the package. */
function locate(name, from) {
  for (let base = from; ; base = base.includes('/') ? base.slice(0, base.lastIndexOf('/')) : '') {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (base === '') return undefined;
  }
}

function licenceOf(path) {
  if (packages[path].license) return packages[path].license;
  const manifest = `${root}${path}/package.json`;
  if (!existsSync(manifest)) return undefined;
  const { license } = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof license === 'string' ? license : license?.type;
}

/** `(MIT OR GPL-3.0)` is allowed when one side is, `A AND B` when both are. */
function isAllowed(expression) {
  if (expression === undefined) return false;
  const text = expression.replace(/^\((.*)\)$/, '$1');
  if (text.includes(' OR ')) return text.split(' OR ').some(isAllowed);
  if (text.includes(' AND ')) return text.split(' AND ').every(isAllowed);
  return ALLOWED.has(text.trim());
}
