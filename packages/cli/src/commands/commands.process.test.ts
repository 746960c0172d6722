import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID, mintServerTokens } from '../dev/tokens.ts';
import { projectFolder, triplit, triplitDev, writeFiles } from '../testing/triplit-process.ts';
import type { RunningDev } from '../testing/triplit-process.ts';

const SCHEMA = `import { Schema as S } from '@triplit/client';
export const schema = S.Collections({
  todos: {
    schema: S.Schema({ id: S.Id(), text: S.String(), tags: S.Set(S.String()), createdAt: S.Date({ default: S.Default.now() }) }),
  },
});
`;
const running: RunningDev[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((dev) => dev.stop('SIGKILL')));
});

/** A project with a schemaless server to work on. */
async function projectWithServer(
  files: Record<string, string> = {},
): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = projectFolder({ 'triplit/schema.ts': SCHEMA, ...files });
  const server = await triplitDev(folder, ['--no-initWithSchema']);
  running.push(server);
  const { service } = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  return { folder, env: { TRIPLIT_DB_URL: server.url, TRIPLIT_SERVICE_TOKEN: service } };
}

test('without a command, help is printed', async () => {
  const { code, stdout } = await triplit(projectFolder(), []);
  expect(code).toBe(0);
  for (const command of ['dev', 'init', 'schema', 'seed', 'clear', 'roles', 'version'])
    expect(stdout).toContain(command);
});

test('an unknown command fails and suggests a known one', async () => {
  const { code, stderr } = await triplit(projectFolder(), ['deev']);
  expect(code).toBe(1);
  expect(stderr).toContain("unknown command 'deev'");
  expect(stderr).toContain('dev?');
  expect(stderr).toContain('`triplit --help` lists the commands.');
  expect((await triplit(projectFolder(), ['schema', 'pull'])).stderr).toContain('`triplit schema --help`');
});

test('a value that a flag does not allow fails and lists those it does', async () => {
  const { code, stderr } = await triplit(projectFolder(), ['dev', '--storage', 'leveldb']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/memory, memory-btree, sqlite, sqlite-worker, lmdb/);
});

test('versions are printed by flag and by command', async () => {
  expect((await triplit(projectFolder(), ['--version'])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  expect((await triplit(projectFolder(), ['version'])).stdout).toMatch(/CLI version: \d[\s\S]*server version: \d/);
});

test('help of a command lists its flags and needs neither network nor token', async () => {
  const { code, stdout } = await triplit(projectFolder(), ['schema', 'push', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('--enforceBackwardsCompatibility');
});

test('init prepares a project, and again changes nothing', async () => {
  const folder = projectFolder({ 'package.json': '{ "name": "app", "devDependencies": { "vite": "*" } }' });
  const first = await triplit(folder, ['init', '--framework', 'react', '--no-install']);
  expect(first.code).toBe(0);
  const files = ['package.json', 'triplit/schema.ts', 'triplit/client.ts', '.env', '.gitignore'];
  const before = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  expect(before[3]).toContain('VITE_TRIPLIT_SERVER_URL=$TRIPLIT_DB_URL');
  expect((await triplit(folder, ['init', '--no-install', '-f', 'react'])).code).toBe(0);
  expect(files.map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(before);
});

test('init works where a triplit folder exists already', async () => {
  const folder = projectFolder({ 'package.json': '{}', 'triplit/other.ts': '' });
  expect((await triplit(folder, ['init', '--no-install'])).code).toBe(0);
  expect(existsSync(join(folder, 'triplit/schema.ts'))).toBe(true);
});

test('what init writes is what dev serves', async () => {
  const folder = projectFolder({ 'package.json': '{}' });
  await triplit(folder, ['init', '--no-install']);
  const server = await triplitDev(folder);
  running.push(server);
  const { code, stdout } = await triplit(folder, ['schema', 'print'], { TRIPLIT_DB_URL: server.url });
  expect(code).toBe(0);
  expect(stdout).toContain('todos');
});

test('schema push, print and diff', async () => {
  const { folder, env } = await projectWithServer();
  expect((await triplit(folder, ['schema', 'push'], env)).stdout).toContain('+ todos.text');
  expect((await triplit(folder, ['schema', 'push'], env)).stdout).toContain('nothing to do');
  expect((await triplit(folder, ['schema', 'diff', '--exitCode'], env)).code).toBe(0);

  const printed = await triplit(folder, ['schema', 'print'], env);
  writeFiles(folder, { 'triplit/schema.ts': printed.stdout });
  expect((await triplit(folder, ['schema', 'diff', '--exitCode'], env)).code).toBe(0);

  writeFiles(folder, {
    'triplit/schema.ts': SCHEMA.replace('text: S.String()', 'text: S.String(), more: S.Optional(S.String())'),
  });
  const diff = await triplit(folder, ['schema', 'diff', '--exitCode'], env);
  expect([diff.code, diff.stdout.trim()]).toEqual([1, '+ todos.more']);
});

test('a refused push names collection and attribute, prints no success, and fails', async () => {
  const { folder, env } = await projectWithServer({
    'triplit/seeds/one.ts': 'export default () => ({ todos: [{ text: "a", tags: new Set(["t"]) }] });',
  });
  await triplit(folder, ['schema', 'push'], env);
  expect((await triplit(folder, ['seed', 'run', 'one'], env)).stdout).toContain('todos: 1');
  writeFiles(folder, { 'triplit/schema.ts': SCHEMA.replace('text: S.String()', 'text: S.Number()') });
  const { code, stdout, stderr } = await triplit(folder, ['schema', 'push'], env);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('todos.text:');
  expect(stderr).toContain('fix:');
});

test('a seed that fails makes the command fail', async () => {
  const { folder, env } = await projectWithServer({
    'triplit/seeds/bad.ts': "export default () => { throw new Error('on purpose'); };",
    'triplit/seeds/good.ts': 'export default () => ({ todos: [{ id: "1" }] });',
  });
  const { code, stdout, stderr } = await triplit(folder, ['seed', 'run', '--all'], env);
  expect(code).toBe(1);
  expect(stderr).toContain('on purpose');
  expect(stdout).toContain('Seeded triplit/seeds/good.ts');
  expect((await triplit(folder, ['seed', 'run', 'missing'], env)).stderr).toContain('Available: bad.ts, good.ts');
});

test('seed create never overwrites', async () => {
  const folder = projectFolder({ 'triplit/schema.ts': SCHEMA });
  expect((await triplit(folder, ['seed', 'create', 'first'])).code).toBe(0);
  expect(readFileSync(join(folder, 'triplit/seeds/first.ts'), 'utf8')).toContain('"todos": []');
  writeFiles(folder, { 'triplit/seeds/first.ts': 'mine' });
  expect((await triplit(folder, ['seed', 'create', 'first'])).code).toBe(1);
  expect(readFileSync(join(folder, 'triplit/seeds/first.ts'), 'utf8')).toBe('mine');
});

test('clear refuses to guess where nobody can be asked, and clears when told to', async () => {
  const { folder, env } = await projectWithServer({
    'triplit/seeds/one.ts': 'export default () => ({ todos: [{ id: "1" }] });',
  });
  await triplit(folder, ['seed', 'run', 'one'], env);
  const asked = await triplit(folder, ['clear'], env);
  expect([asked.code, asked.stderr.includes('--ignoreDestructiveWarning')]).toEqual([1, true]);
  expect((await triplit(folder, ['clear', '--ignoreDestructiveWarning', '--full'], env)).code).toBe(0);
});

test('roles eval shows the roles that claims match, from a local schema without a token', async () => {
  const folder = projectFolder({
    'triplit/schema.ts': `${SCHEMA}\nexport const roles = { user: { match: { sub: '$uid' } } };`,
  });
  const { code, stdout } = await triplit(folder, ['roles', 'eval', '{"sub":"u1"}', '-l', 'local']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/"key": "user"[\s\S]*"uid": "u1"/);
  expect((await triplit(folder, ['roles', 'eval', 'nonsense', '-l', 'local'])).code).toBe(1);
});

test('a server that does not answer is one sentence', async () => {
  const { service } = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  const { code, stderr } = await triplit(projectFolder(), [
    'schema',
    'print',
    '--remote',
    'http://localhost:1',
    '--token',
    service,
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('No response from http://localhost:1');
  expect(stderr).not.toContain('    at ');
});

test('the token of a user is no service token, and which one is meant is said', async () => {
  const { folder, env } = await projectWithServer();
  const { anonymous } = mintServerTokens(DEVELOPMENT_JWT_SECRET, DEVELOPMENT_PROJECT_ID);
  const { code, stderr } = await triplit(folder, ['schema', 'push', '--token', anonymous], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^✖ http:\S+ answered 401: .*TRIPLIT_SERVICE_TOKEN\.\n$/);
});

test('an answer of the server is shown as it explains itself', async () => {
  const seed = { 'triplit/seeds/three.ts': 'export default () => 3;' };
  const { folder, env } = await projectWithServer(seed);
  const { code, stderr } = await triplit(folder, ['seed', 'run', 'three'], env);
  expect(code).toBe(1);
  expect(stderr).toContain('answered 400: The entities are not an object of lists');
});

test('a framework without bindings gets none from somewhere else', async () => {
  // Nothing is missing that would be installed from a registry.
  const folder = projectFolder({
    'package.json': '{ "dependencies": { "@triplit/client": "*", "@triplit/cli": "*" } }',
  });
  const { code, stderr } = await triplit(folder, ['init', '--framework', 'svelte']);
  expect(code).toBe(0);
  expect(stderr).toContain('There are no bindings for svelte yet.');
});

test('a missing token is one sentence, not a prompt, where there is no terminal', async () => {
  const { code, stderr } = await triplit(projectFolder(), ['schema', 'print']);
  expect(code).toBe(1);
  expect(stderr).toContain('TRIPLIT_SERVICE_TOKEN');
});

test('a remote without a scheme is refused in words', async () => {
  const { code, stderr } = await triplit(projectFolder(), ['clear', '-r', 'localhost:6543', '-t', 'x']);
  expect(code).toBe(1);
  expect(stderr).toContain('must start with http:// or https://');
});
