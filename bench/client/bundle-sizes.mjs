/** What an application that imports the client makes its users load: built with Vite, minified, gzipped. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { clients } from './run-client.mjs';

const folder = fileURLToPath(new URL('../../test-results/bench-bundle/', import.meta.url));
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;

/** Both clients bring memory and IndexedDB storage with them. `line` makes a row of the table. */
export async function bundleSizes({ sides, line }) {
  const figures = {};
  for (const side of sides) figures[side] = await sizesOf(clients[side]);
  return [
    line('bundle, min+gz: at the start', figures, 'start', { show: kilobytes }),
    line('  with what is loaded on demand', figures, 'all', { show: kilobytes }),
  ];
}

async function sizesOf(module) {
  mkdirSync(folder, { recursive: true });
  try {
    const input = join(folder, 'program.mjs');
    writeFileSync(input, `import { TriplitClient } from ${JSON.stringify(module)}; console.log(TriplitClient);`);
    const { output } = await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: { write: false, modulePreload: false, target: 'es2022', rollupOptions: { input } },
    });
    const chunks = output.filter(({ type }) => type === 'chunk');
    return { start: gzippedBytes(loadedAtStart(chunks)), all: gzippedBytes(chunks) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The entry and all that it imports statically. */
function loadedAtStart(chunks) {
  const needed = new Set();
  const need = (chunk) => {
    if (needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) need(chunks.find(({ fileName }) => fileName === name));
  };
  need(chunks.find(({ isEntry }) => isEntry));
  return [...needed];
}

function gzippedBytes(chunks) {
  return chunks.reduce((bytes, { code }) => bytes + gzipSync(code, { level: 9 }).length, 0);
}
