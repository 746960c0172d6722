import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSuite } from './harness/bundle.ts';
import { reportResults } from './harness/report.ts';
import type { TestResult } from './harness/test-api.ts';

const bun = fileURLToPath(new URL('./node_modules/.bin/bun', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'triplit-bun-suite-'));
const file = join(folder, 'suite.mjs');
writeFileSync(file, await bundleSuite('bun', { platform: 'node', external: ['bun:sqlite'] }));
const { stdout, stderr } = spawnSync(bun, [file], { encoding: 'utf8', timeout: 120_000, maxBuffer: 1e8 });
rmSync(folder, { recursive: true });
const lines = stdout.trim().split('\n');
if (!lines.at(-1)?.startsWith('[')) throw new Error(`Bun did not run the suites:\n${stdout}\n${stderr}`);

reportResults('Bun', JSON.parse(lines.at(-1)!) as TestResult[]);
