import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  extendEnvironmentFile,
  extendIgnoreFile,
  extendPackageFile,
  writeClient,
  writeSchema,
} from './project-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triplit-init-'));
});
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('schema and client are written once and never overwritten', () => {
  expect([writeSchema(folder), writeClient(folder, 'vite')]).toEqual(['created', 'created']);
  expect(read('triplit/client.ts')).toContain('import.meta.env.VITE_TRIPLIT_SERVER_URL');
  writeFileSync(join(folder, 'triplit/schema.ts'), 'mine');
  expect([writeSchema(folder), writeClient(folder, 'next')]).toEqual(['unchanged', 'unchanged']);
  expect(read('triplit/schema.ts')).toBe('mine');
});

test('.env gets the development server and tokens, and keeps what it has', () => {
  writeFileSync(join(folder, '.env'), 'OTHER=1\nTRIPLIT_DB_URL=http://elsewhere');
  expect(extendEnvironmentFile(folder, 'vite')).toBe('extended');
  expect(read('.env')).toMatch(/^OTHER=1\nTRIPLIT_DB_URL=http:\/\/elsewhere\n/);
  expect(read('.env').match(/^TRIPLIT_DB_URL=/gm)).toHaveLength(1);
  expect(read('.env')).toContain('VITE_TRIPLIT_TOKEN=$TRIPLIT_ANON_TOKEN');
  const before = read('.env');
  expect(extendEnvironmentFile(folder, 'vite')).toBe('unchanged');
  expect(read('.env')).toBe(before);
});

test('the development data is kept out of git', () => {
  writeFileSync(join(folder, '.gitignore'), 'node_modules');
  expect(extendIgnoreFile(folder, { environmentFile: false })).toBe('extended');
  expect(read('.gitignore')).toBe('node_modules\n\ntriplit/.data\n');
  expect(extendIgnoreFile(folder, { environmentFile: false })).toBe('unchanged');
});

test('an ignore rule in another spelling counts', () => {
  writeFileSync(join(folder, '.gitignore'), '/triplit/.data/\n');
  expect(extendIgnoreFile(folder, { environmentFile: false })).toBe('unchanged');
});

test('package.json gets a script, in its own indentation', () => {
  writeFileSync(join(folder, 'package.json'), '{\n    "name": "app",\n    "scripts": { "dev": "vite" }\n}\n');
  expect(extendPackageFile(folder)).toBe('extended');
  expect(JSON.parse(read('package.json'))).toEqual({ name: 'app', scripts: { dev: 'vite', triplit: 'triplit dev' } });
  expect(read('package.json')).toContain('\n    "name"');
  expect(extendPackageFile(folder)).toBe('unchanged');
});

test('a folder without package.json gets one', () => {
  expect(extendPackageFile(folder)).toBe('created');
  expect(existsSync(join(folder, 'package.json'))).toBe(true);
});
