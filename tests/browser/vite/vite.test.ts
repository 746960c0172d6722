/** An application built by Vite for production, as its users get it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import { launchChromium } from '../support/chromium.ts';

let browser: Browser;
let origin: string;
const pages = createServer();

beforeAll(async () => {
  const output = (await build({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      rollupOptions: { input: fileURLToPath(new URL('page.ts', import.meta.url)) },
    },
  })) as Rolldown.RolldownOutput;
  const files = new Map(
    output.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  );
  const entry = output.output.find((file) => file.type === 'chunk' && file.isEntry)!.fileName;
  pages.on('request', (request, response) => {
    const file = files.get(request.url ?? '');
    response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript');
    response.end(file ?? `<!doctype html><title></title><script type="module" src="/${entry}"></script>`);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  pages.closeAllConnections();
  pages.close();
});

test('the worker of `worker-client-operator?url` runs in a production build', async () => {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction(() => document.title === 'kept by the worker', undefined, { timeout: 10_000 });
  expect(await page.title()).toBe('kept by the worker');
});
