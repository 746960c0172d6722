/** A suite as one file for another runtime, with `test-api.ts` in the place of vitest. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function bundleSuite(suite: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here(`../suites/${suite}.ts`)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@triplit/source'],
    alias: { vitest: here('./test-api.ts') },
    write: false,
    logLevel: 'error',
    ...options,
  });
  return outputFiles![0]!.text;
}
