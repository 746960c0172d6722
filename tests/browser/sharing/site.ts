/** The origin whose pages open a client (`page.ts`), and a real server over real sockets that they sync with. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createTriplitStorageProvider, createServer as createTriplitServer } from '@triplit/server';
import { build } from 'esbuild';
import { signToken } from '../../../packages/client/src/testing/tokens.ts';
import { takeFreePort } from '../../../tools/demo/free-port.mjs';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const SECRET = 'a-secret-for-tests-that-is-long-enough';

/** Where a page's client runs. */
export type Kind = 'tab' | 'shared-worker' | 'worker';

export class Site {
  readonly origin: string;
  readonly serverUrl: string;
  readonly #close: () => Promise<void>;

  private constructor(origin: string, serverUrl: string, close: () => Promise<void>) {
    this.origin = origin;
    this.serverUrl = serverUrl;
    this.#close = close;
  }

  static async start(): Promise<Site> {
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
    const origin = `http://localhost:${(pages.address() as AddressInfo).port}`;
    return new Site(origin, `http://localhost:${port}`, async () => {
      await server.close();
      pages.closeAllConnections();
      pages.close();
    });
  }

  /** What a page's client is opened with, unless a test wants something else. */
  get clientOptions(): object {
    return { serverUrl: this.serverUrl, token: serviceToken() };
  }

  /** What the server has. */
  async serverTexts(): Promise<string[]> {
    const notes = await this.#ask('/fetch', { query: { collectionName: 'notes', order: [['id', 'ASC']] } });
    return (notes as [string, { text: string }][] | { text: string }[]).map((note) =>
      Array.isArray(note) ? note[1].text : note.text,
    );
  }

  clearServer(): Promise<unknown> {
    return this.#ask('/clear', {});
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #ask(path: string, body: object): Promise<unknown> {
    const response = await fetch(this.serverUrl + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${serviceToken()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }
}

const serviceToken = (): string =>
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
