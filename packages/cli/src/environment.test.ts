import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadEnvironmentFiles } from './environment.ts';

function load(
  files: Record<string, string>,
  environment: Record<string, string | undefined> = {},
): Record<string, string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'triplit-env-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  loadEnvironmentFiles(folder, environment);
  return environment;
}

test('.env is read', () => {
  expect(load({ '.env': 'TRIPLIT_DB_URL=http://localhost:1234' })).toMatchObject({
    TRIPLIT_DB_URL: 'http://localhost:1234',
  });
});

test('.env.local beats .env, and the real environment beats both', () => {
  const files = { '.env': 'A=env\nB=env\nC=env', '.env.local': 'A=local\nB=local' };
  expect(load(files, { A: 'real' })).toMatchObject({ A: 'real', B: 'local', C: 'env' });
});

test('values may refer to others, also across files and to the real environment', () => {
  const files = { '.env': 'URL=http://$HOST:${PORT}', '.env.local': 'PORT=99' };
  expect(load(files, { HOST: 'example' })['URL']).toBe('http://example:99');
});

test('a key on one line is kept as it is', () => {
  const key = '-----BEGIN PUBLIC KEY-----MIIBIjANBgkq+/hkiG9w0BAQEFAAOCAQ8A==-----END PUBLIC KEY-----';
  expect(load({ '.env': `TRIPLIT_EXTERNAL_JWT_SECRET=${key}` })['TRIPLIT_EXTERNAL_JWT_SECRET']).toBe(key);
});

test('a folder without environment files is fine', () => {
  expect(load({})).toEqual({});
});
