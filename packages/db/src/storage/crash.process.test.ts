/** Kills a process in the middle of writing and looks at what it left: every write whole, none lost that was durable. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'triplit-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const here = import.meta.dirname;

const openers = {
  lmdb: `
    import { open } from 'lmdb';
    import { LmdbEngine } from './lmdb/lmdb-engine.ts';
    const engine = new LmdbEngine(open({ path: process.env.DB_PATH }));`,
  sqlite: `
    import Database from 'libsql';
    import { SqliteEngine } from './sqlite/sqlite-engine.ts';
    const engine = new SqliteEngine(new Database(process.env.DB_PATH));`,
};

/** Writes the same number under many keys again and again, and prints it when it is durable. */
const writer = `
  for (let n = 1 + (engine.get('k0')?.n ?? 0); ; n++) {
    const durable = engine.write(Array.from({ length: 500 }, (_, i) => ({ key: 'k' + i, value: { n, filler: 'x'.repeat(100) } })));
    if (n % 3 === 0) await durable;
    durable.then(() => process.stdout.write(n + '\\n'));
  }`;

const reader = `
  const found = new Set();
  for (const [, { n }] of engine.range({})) found.add(n);
  process.stdout.write(JSON.stringify({ count: engine.count({}), found: [...found] }));
  await engine.close();
  process.exit(0);`;

/** Runs the code until it ends or is killed, and gives back what it printed. */
async function run(opener: string, body: string, path: string, killAfterLines = Infinity): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `${opener}\n${body}`, resolveDir: here, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb', 'libsql'],
    write: false,
  });
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    cwd: here,
    env: { ...process.env, DB_PATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(outputFiles[0]!.contents);
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += String(chunk);
    if (printed.split('\n').length > killAfterLines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  return printed;
}

test.each(Object.keys(openers) as (keyof typeof openers)[])(
  '%s keeps every durable write, whole, when the process is killed',
  async (name) => {
    const path = join(folder, name);
    let durable = 0;
    for (const killAfterLines of [2, 7, 31]) {
      const lines = (await run(openers[name], writer, path, killAfterLines)).split('\n');
      // The last line may have been cut by the kill.
      for (const line of lines.slice(0, -1)) durable = Math.max(durable, Number(line));
      const { count, found } = JSON.parse(await run(openers[name], reader, path)) as { count: number; found: number[] };
      expect(count).toBe(500);
      expect(found).toHaveLength(1);
      expect(found[0]).toBeGreaterThanOrEqual(durable);
    }
    expect(durable).toBeGreaterThan(30);
  },
);
