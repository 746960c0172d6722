/** What an application that imports the client makes its users load: built with Vite, minified, gzipped. */
import { bundleSize, NOT_DEMANDED_BY_CLIENT } from '../../tools/bundle-size.mjs';
import { clients } from './run-client.mjs';

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} kB`;

/** Theirs brings IndexedDB with it; ours loads it when it is wanted. `line` makes a row of the table. */
export async function bundleSizes({ sides, line }) {
  const figures = {};
  for (const side of sides) figures[side] = await sizesOf(side);
  return [
    line('bundle, min+gz: with memory storage', figures, 'memory', { show: kilobytes }),
    line('  with IndexedDB', figures, 'indexedDb', { show: kilobytes }),
    line('  with all that is loaded on demand', figures, 'all', { show: kilobytes }),
  ];
}

async function sizesOf(side) {
  const program = `import { TriplitClient } from ${JSON.stringify(clients[side])}; console.log(TriplitClient);`;
  const { start, demanded: all } = await bundleSize(program);
  if (side === 'theirs') return { memory: start, indexedDb: start, all };
  const { demanded: indexedDb } = await bundleSize(program, { notDemanded: NOT_DEMANDED_BY_CLIENT });
  return { memory: start, indexedDb, all };
}
