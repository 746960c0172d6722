/** A bundled script in a real Chromium, on an origin of its own. */
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { findBrowser } from '../tools/ensure-browser.mjs';

/**
 * Builds the script `entry` (a file), which has to set `globalThis.tasks`. `newProfile()` gives an empty storage, whose
 * `run(task, ...args)` runs one task in a page of its own; its arguments and result are JSON. `alias` is esbuild's.
 */
export async function openChromium(entry, { alias } = {}) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    write: false,
    minify: true,
    alias,
  });
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? outputFiles[0].text : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  return {
    async newProfile() {
      const context = await browser.newContext();
      return {
        async run(task, ...args) {
          const page = await context.newPage();
          await page.goto(`http://127.0.0.1:${server.address().port}/`);
          await page.waitForFunction('globalThis.tasks');
          const result = await page.evaluate(`tasks.${task}(...${JSON.stringify(args)})`);
          await page.close();
          return result;
        },
        close: () => context.close(),
      };
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
