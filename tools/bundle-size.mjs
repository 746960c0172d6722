/** What an application makes its users load, minified and gzipped, when it is built with Vite. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const results = fileURLToPath(new URL('../test-results/', import.meta.url));

/** The modules that are loaded on demand and that constructing a client does not demand, whatever its storage. */
export const NOT_DEMANDED_BY_CLIENT = [
  'explain',
  'compare-schemas',
  'mirror-engine',
  'http-requests',
  // The second tab has somebody to follow.
  'follower',
];

/**
 * In bytes: `start`, what is loaded with the program, and `demanded`, that and all that is loaded on demand but for chunks
 * that begin with the modules of `notDemanded`. So whatever is loaded on demand counts until somebody says otherwise.
 */
export async function bundleSize(program, { notDemanded = [], conditions = [] } = {}) {
  // Inside the repository, so that packages are found by their names.
  mkdirSync(results, { recursive: true });
  const folder = mkdtempSync(join(results, 'bundle-size-'));
  try {
    const input = join(folder, 'program.mjs');
    writeFileSync(input, program);
    const { output } = await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions },
      build: { write: false, modulePreload: false, target: 'es2022', rollupOptions: { input } },
    });
    const chunks = output.filter(({ type }) => type === 'chunk');
    const entry = chunks.filter(({ isEntry }) => isEntry);
    const demanded = chunks.filter((chunk) => chunk.isDynamicEntry && !notDemanded.includes(firstModule(chunk)));
    const missing = notDemanded.filter((name) => !chunks.some((chunk) => firstModule(chunk) === name));
    if (missing.length > 0) throw new Error(`No chunk begins with ${missing.join(', ')}.`);
    return { start: gzippedBytes(entry, chunks), demanded: gzippedBytes([...entry, ...demanded], chunks) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function firstModule({ facadeModuleId }) {
  return facadeModuleId?.replace(/^.*\/|\.[jt]s$/g, '');
}

/** Of these chunks and all that they import statically. */
function gzippedBytes(wanted, chunks) {
  const needed = new Set();
  const need = (chunk) => {
    if (needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) need(chunks.find(({ fileName }) => fileName === name));
  };
  wanted.forEach(need);
  return [...needed].reduce((bytes, { code }) => bytes + gzipSync(code, { level: 9 }).length, 0);
}
