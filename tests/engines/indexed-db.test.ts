import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchChromium } from '../browser/support/chromium.ts';
import { bundleSuite } from './harness/bundle.ts';
import { reportResults } from './harness/report.ts';
import type { TestResult } from './harness/test-api.ts';

const script = await bundleSuite('indexed-db', { platform: 'browser' });
const server = createServer((request, response) => {
  const isScript = request.url === '/suite.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? script : '<!doctype html><script type="module" src="/suite.js"></script>');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await launchChromium();
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
await page.waitForFunction('globalThis.results', undefined, { timeout: 120_000 });
const results = (await page.evaluate('globalThis.results')) as TestResult[];
await browser.close();
server.close();

reportResults('IndexedDB in Chromium', results);
