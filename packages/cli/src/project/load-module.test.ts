import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModule } from './load-module.ts';

function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'triplit-load-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test('a TypeScript module is loaded with the files it imports', async () => {
  const folder = project({
    'schema.ts':
      "import { name } from './name';\nimport data from './data.json';\nexport const schema: object = { name, data };",
    'name.ts': "export const name: string = 'todos';",
    'data.json': '{ "a": 1 }',
  });
  const { exports, sources } = await loadModule(join(folder, 'schema.ts'));
  expect(exports['schema']).toEqual({ name: 'todos', data: { a: 1 } });
  expect(sources.map((file) => basename(file)).toSorted()).toEqual(['data.json', 'name.ts', 'schema.ts']);
});

test('loading leaves no file behind, also when it fails', async () => {
  const folder = project({ 'good.ts': 'export const a = 1;', 'bad.ts': "throw new Error('on purpose');" });
  await loadModule(join(folder, 'good.ts'));
  await expect(loadModule(join(folder, 'bad.ts'))).rejects.toThrow('on purpose');
  expect(readdirSync(folder).toSorted()).toEqual(['bad.ts', 'good.ts']);
});

test('a changed module is loaded anew', async () => {
  const folder = project({ 'a.ts': 'export const a = 1;' });
  const file = join(folder, 'a.ts');
  expect((await loadModule(file)).exports['a']).toBe(1);
  writeFileSync(file, 'export const a = 2;');
  expect((await loadModule(file)).exports['a']).toBe(2);
});

test('packages are found from the file that imports them, whatever the module system of the project', async () => {
  const folder = project({
    'package.json': '{ "name": "app" }',
    'triplit/schema.ts':
      "import { word } from 'some-package';\nimport { typed } from 'typescript-package';\nexport const a = word + typed;",
    'node_modules/some-package/package.json': '{ "name": "some-package", "main": "index.js" }',
    'node_modules/some-package/index.js': "exports.word = 'common';",
    'node_modules/typescript-package/package.json': '{ "name": "typescript-package", "main": "index.ts" }',
    'node_modules/typescript-package/index.ts': "export const typed: string = 'js';",
  });
  expect((await loadModule(join(folder, 'triplit/schema.ts'))).exports['a']).toBe('commonjs');
});

test('a missing import is reported with its place', async () => {
  const folder = project({ 'a.ts': "import { x } from './missing';\nexport const a = x;" });
  await expect(loadModule(join(folder, 'a.ts'))).rejects.toThrow(/Could not resolve "\.\/missing"[\s\S]*a\.ts:1/);
});

test('a syntax error is reported with its place', async () => {
  const folder = project({ 'a.ts': 'export const = 1;' });
  await expect(loadModule(join(folder, 'a.ts'))).rejects.toThrow(/a\.ts:1/);
});

test('other kinds of files are refused', async () => {
  const folder = project({ 'schema.txt': '' });
  await expect(loadModule(join(folder, 'schema.txt'))).rejects.toThrow('its name must end in .ts');
});
