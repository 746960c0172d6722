/** Tabs of one real browser on one origin, a real server over real sockets, and a way to take each away. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createTriplitStorageProvider, createServer as createTriplitServer } from '@triplit/server';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { signToken } from '../../../packages/client/src/testing/tokens.ts';
import { takeFreePort } from '../../../tools/demo/free-port.mjs';
import { launchChromium, launchChromiumOnDisk } from '../support/chromium.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SECRET = 'a-secret-for-tests-that-is-long-enough';

export type Kind = 'tab' | 'shared-worker' | 'worker';

export class Tabs {
  readonly origin: string;
  readonly serverUrl: string;
  readonly browser: Browser;
  context!: BrowserContext;
  readonly #close: () => Promise<void>;

  private constructor(origin: string, serverUrl: string, browser: Browser, close: () => Promise<void>) {
    this.origin = origin;
    this.serverUrl = serverUrl;
    this.browser = browser;
    this.#close = close;
  }

  static async start(): Promise<Tabs> {
    const scripts = await bundle();
    const pages = createServer((request, response) => {
      const script = scripts.get(request.url ?? '');
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(script ?? '<!doctype html><title>Tabs</title><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const port = await takeFreePort();
    const storage = await createTriplitStorageProvider('memory');
    const start = await createTriplitServer({ storage, jwtSecret: SECRET, projectId: 'tests' } as never);
    const server = start(port);
    const browser = await launchChromium();
    const origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
    const tabs = new Tabs(origin, `http://localhost:${port}`, browser, async () => {
      await browser.close();
      await server.close();
      pages.closeAllConnections();
      pages.close();
    });
    await tabs.renew();
    return tabs;
  }

  /** A browser without data; with a disk, if a folder is named. */
  async renew(folder?: string): Promise<void> {
    await this.context?.close();
    this.context = await (folder === undefined ? this.browser.newContext() : launchChromiumOnDisk(folder));
    await this.fetchFromServer('/clear', {});
  }

  async open(kind: Kind = 'tab', options: object = {}, prepare?: (page: Page) => Promise<unknown>): Promise<Tab> {
    const page = await this.context.newPage();
    const tab = new Tab(page);
    await prepare?.(page);
    await tab.load(this.origin, kind, { serverUrl: this.serverUrl, token: serviceToken(), ...options });
    return tab;
  }

  /** What the server has. */
  async serverTexts(): Promise<string[]> {
    const notes = await this.fetchFromServer('/fetch', { query: { collectionName: 'notes', order: [['id', 'ASC']] } });
    return (notes as [string, { text: string }][] | { text: string }[]).map((note) =>
      Array.isArray(note) ? note[1].text : note.text,
    );
  }

  async fetchFromServer(path: string, body: object): Promise<unknown> {
    const response = await fetch(this.serverUrl + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${serviceToken()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  close(): Promise<void> {
    return this.#close();
  }
}

export class Tab {
  readonly page: Page;
  readonly console: string[] = [];
  sockets = 0;
  #load: [origin: string, kind: Kind, options: object] | undefined;

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.console.push(message.text()));
    page.on('pageerror', (error) => this.console.push(`uncaught: ${error.message}`));
    page.on('websocket', () => this.sockets++);
  }

  async load(origin: string, kind: Kind, options: object): Promise<void> {
    this.#load = [origin, kind, options];
    await this.page.goto(origin);
    await this.page.evaluate(([how, given]) => (globalThis as any).openClient(how, given), [kind, options] as const);
  }

  async reload(): Promise<void> {
    await this.load(...this.#load!);
  }

  /** Resolves when the write is durable. */
  insert(id: string, text = id): Promise<void> {
    return this.page.evaluate(
      async (note) => {
        await (globalThis as any).page.client.insert('notes', note);
      },
      { id, text },
    );
  }

  /** Runs in the page, where `page.client` is the client. */
  run<T>(code: string): Promise<T> {
    return this.page.evaluate(`(async () => { ${code} })()`) as Promise<T>;
  }

  async shows(...texts: string[]): Promise<void> {
    await expect.poll(() => this.run('return page.texts'), { timeout: 15_000 }).toEqual(texts);
  }

  async hasSent(): Promise<void> {
    await expect
      .poll(() => this.run('return (await page.client.pendingChanges()).length'), { timeout: 15_000 })
      .toBe(0);
  }

  /** The process of the tab ends without a word, as when the system takes its memory. */
  async crash(): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = new Promise((resolve) => this.page.once('crash', resolve));
    session.send('Page.crash').catch(() => undefined);
    await crashed;
  }
}

export const serviceToken = (): string =>
  signToken({ 'x-triplit-token-type': 'secret', 'x-triplit-project-id': 'tests' }, SECRET);

async function bundle(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [here('./page.ts'), here('./worker.ts')],
    outdir: '/',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['@triplit/source'],
    write: false,
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}
