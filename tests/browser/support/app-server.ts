/**
 * The sample app as a visitor gets it: built once, served from memory, with the stand-in of Clerk below `/fapi`. The
 * address of the Triplit server is put in while serving, so that one build serves every test.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import { vi } from 'vitest';

const exampleFolder = fileURLToPath(new URL('../../../examples/clerk-todos/', import.meta.url));
const serverUrlPlaceholder = 'http://triplit-server.invalid';

const contentTypes: Record<string, string> = {
  css: 'text/css',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  svg: 'image/svg+xml',
};

type Files = ReadonlyMap<string, string | Uint8Array>;

export interface AppServer {
  readonly origin: string;
  close(): Promise<void>;
}

export interface AppServerOptions {
  readonly port: number;
  readonly triplitUrl: string;
  readonly standIn: (request: Request) => Promise<Response>;
}

export async function startAppServer({ port, triplitUrl, standIn }: AppServerOptions): Promise<AppServer> {
  const files = await buildApp();
  const respond = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/fapi')) return standIn(request);
    const path = pathname === '/' ? '/index.html' : pathname;
    const content = files.get(path);
    if (content === undefined) return new Response('Not found', { status: 404 });
    const type = contentTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    const body = typeof content === 'string' ? content.replaceAll(serverUrlPlaceholder, triplitUrl) : content;
    return new Response(body as BodyInit, { headers: { 'content-type': type, 'cache-control': 'no-store' } });
  };

  const server = createServer(getRequestListener(respond));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

let built: Promise<Files> | undefined;

/** Builds without real keys, whatever the `.env` of the example holds. */
function buildApp(): Promise<Files> {
  built ??= (async () => {
    // The test runner's own NODE_ENV would give the visitor React's development build.
    vi.stubEnv('NODE_ENV', 'production');
    const output = (await build({
      root: exampleFolder,
      logLevel: 'error',
      define: {
        'import.meta.env.VITE_CLERK_PUBLISHABLE_KEY': '""',
        'import.meta.env.VITE_TRIPLIT_SERVER_URL': JSON.stringify(serverUrlPlaceholder),
      },
      build: { write: false, minify: false, modulePreload: { polyfill: false } },
    })) as Rolldown.RolldownOutput;
    vi.unstubAllEnvs();
    const files = new Map<string, string | Uint8Array>();
    for (const file of output.output) files.set(`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source);
    return addPublicFiles(files);
  })();
  return built;
}

async function addPublicFiles(files: Map<string, string | Uint8Array>): Promise<Files> {
  const { readdir, readFile } = await import('node:fs/promises');
  const folder = `${exampleFolder}public/`;
  for (const name of await readdir(folder)) files.set(`/${name}`, await readFile(folder + name, 'utf8'));
  return files;
}
