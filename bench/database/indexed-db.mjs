/** IndexedDB in a real Chromium: from a cold start to the first result. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { findBrowser } from '../../tools/ensure-browser.mjs';
import { median } from '../measure.mjs';
import { printTable } from '../table.mjs';

const STARTS = 5;
const cases = [
  { count: 10_000, limitMs: 300 },
  { count: 100_000, limitMs: 2000 },
];

export async function indexedDb() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./indexed-db-page.mjs', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
    minify: true,
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
  const rows = [['from opening to the first page of 20 by an index', 'median', 'target', 'reached']];
  for (const { count, limitMs } of cases) {
    const context = await browser.newContext();
    const run = async (task) => {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.waitForFunction('globalThis.tasks');
      const result = await page.evaluate(`tasks.${task}(${count})`);
      await page.close();
      return result;
    };
    await run('fill');
    const starts = [];
    for (let start = 0; start < STARTS; start++) starts.push(await run('start'));
    const ms = median(starts);
    rows.push([
      `${count.toLocaleString('en')} rows`,
      `${ms.toFixed(0)} ms`,
      `≤ ${limitMs} ms`,
      ms <= limitMs ? 'yes' : 'NO',
    ]);
    await context.close();
  }
  await browser.close();
  server.close();
  printTable('IndexedDB in Chromium, without the peers', rows);
}
