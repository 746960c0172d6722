/**
 * What an application makes its users load, minified and gzipped, when it is built with Vite: everything that is loaded at
 * the start. What is loaded on demand (explanations, the comparison of schemas) comes on top when it is asked for.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import { expect, test } from 'vitest';

test.each([
  ['the schema builder', "import { Schema } from '@triplit/db'; console.log(Schema);", 5_000],
  ['the database with memory storage', "import { DB, Schema } from '@triplit/db'; console.log(DB, Schema);", 45_592],
])('%s fits into its limit', async (_name, program, limit) => {
  const bytes = await bytesAtStart(program);
  expect(bytes).toBeGreaterThan(limit / 20);
  expect(bytes).toBeLessThanOrEqual(limit);
});

async function bytesAtStart(program: string): Promise<number> {
  // Inside the repository, so that the package is found by its name.
  const folder = join(import.meta.dirname, '../../../test-results/bundle-size');
  mkdirSync(folder, { recursive: true });
  try {
    const input = join(folder, 'program.mjs');
    writeFileSync(input, program);
    const output = (await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['@triplit/source'] },
      build: { write: false, modulePreload: false, target: 'es2022', rollupOptions: { input } },
    })) as Rolldown.RolldownOutput;
    return gzippedBytes(output.output.filter((file) => file.type === 'chunk'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of the entry and all that it imports statically. */
function gzippedBytes(chunks: readonly Rolldown.OutputChunk[]): number {
  const needed = new Set<Rolldown.OutputChunk>();
  const need = (chunk: Rolldown.OutputChunk): void => {
    if (needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) need(chunks.find(({ fileName }) => fileName === name)!);
  };
  need(chunks.find(({ isEntry }) => isEntry)!);
  return [...needed].reduce((bytes, { code }) => bytes + gzipSync(code, { level: 9 }).length, 0);
}
