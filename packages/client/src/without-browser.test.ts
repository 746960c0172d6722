/**
 * Importing and constructing where there is neither WebSocket nor IndexedDB, as while rendering on Node 20: nothing is
 * thrown, nothing rejects unheard, nothing keeps the process alive, and the log says how to pass a WebSocket. In a process of its own, for what happens
 * on import.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signToken } from './testing/tokens.ts';

const results = join(import.meta.dirname, '../../../test-results');
mkdirSync(results, { recursive: true });
const folder = mkdtempSync(join(results, 'without-browser-'));
const bundle = join(folder, 'client.mjs');

beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'index.ts')];
  const conditions = ['@triplit/source'];
  await build({ entryPoints, conditions, outfile: bundle, bundle: true, format: 'esm', logLevel: 'error' });
});
afterAll(() => rmSync(folder, { recursive: true }));

const program = (options: object): string => `
  for (const name of ['WebSocket', 'indexedDB', 'window', 'document', 'EventSource']) delete globalThis[name];
  process.on('unhandledRejection', (error) => console.log('UNHANDLED', error));
  process.on('uncaughtException', (error) => console.log('UNCAUGHT', error));
  const { TriplitClient } = await import(${JSON.stringify(bundle)});
  const client = new TriplitClient(${JSON.stringify(options)});
  await client.ready;
  await client.insert('todos', { id: '1' });
  console.log('ROWS', (await client.fetch(client.query('todos'))).length);
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log('STATUS', client.connectionStatus);
`;

async function run(options: object): Promise<string> {
  const file = join(folder, `program-${Math.random()}.mjs`);
  writeFileSync(file, program(options));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
  return stdout + stderr;
}

const connection = { serverUrl: 'http://localhost:1', token: signToken({ sub: 'ann' }) };

test.each([
  ['autoConnect: false', { ...connection, autoConnect: false }],
  ['autoConnect: true', { ...connection, autoConnect: true }],
  ['autoConnect: true, no token', { autoConnect: true }],
  ['nothing', {}],
])('%s', async (_what, options) => {
  const output = await run({ storage: 'indexeddb', ...options });
  expect(output).not.toMatch(/UNHANDLED|UNCAUGHT/);
  expect(output).toContain('ROWS 1');
  expect(output).toContain('there is no IndexedDB here');
  const tries = 'token' in options && options.autoConnect;
  expect(output).toContain(`STATUS ${tries ? 'CLOSED' : 'UNINITIALIZED'}`);
  expect(output.includes('globalThis.WebSocket = WebSocket')).toBe(tries);
});
