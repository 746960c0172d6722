/**
 * What an application that bundles this package makes its users load, minified and gzipped: everything that is loaded at
 * the start. What is loaded on demand (explanations, the comparison of schemas) comes on top when it is asked for.
 */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test.each([
  ['the schema builder', "export { Schema } from '@triplit/db'", 5_000],
  ['the database with memory storage', "export { DB, Schema } from '@triplit/db'", 45_000],
])('%s fits into its limit', async (_name, contents, limit) => {
  expect(await bytesAtStart(contents)).toBeLessThanOrEqual(limit);
});

async function bytesAtStart(contents: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@triplit/source'],
    metafile: true,
    write: false,
    outdir: 'out',
  });
  const needed = new Set<string>();
  const need = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const { path: imported, kind } of metafile.outputs[path]!.imports)
      if (kind === 'import-statement') need(imported);
  };
  need(Object.keys(metafile.outputs).find((path) => metafile.outputs[path]!.entryPoint === '<stdin>')!);
  let bytes = 0;
  for (const path of needed) {
    const file = outputFiles.find((output) => output.path.replaceAll('\\', '/').endsWith(path))!;
    bytes += gzipSync(file.contents, { level: 9 }).length;
  }
  return bytes;
}
