/**
 * Makes the script of `WorkerClient`'s worker one file that imports nothing. Bundlers that are asked for its address
 * (Vite's `?url`) copy the file as it is, and what it imported would not be there.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../packages/client/dist/worker/', import.meta.url));

await build({
  // Not the script itself, which is what is written: the build can run again.
  stdin: {
    contents: "import { serveClient } from './serve-client.js';\nserveClient(globalThis);\n",
    resolveDir: folder,
  },
  outfile: `${folder}worker-client-operator.js`,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
});
