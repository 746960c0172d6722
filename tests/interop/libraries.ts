/**
 * The two sides of each test. The published Triplit 1.x is used through its documented exports only; this
 * implementation is used as built. Both clients get a WebSocket global like a browser's.
 */
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'undici';

/** Typed loosely on purpose: the tests state what they expect of either side at run time. */
export interface ClientLibrary {
  readonly TriplitClient: new (options: Record<string, unknown>) => any;
  readonly Schema: any;
}

export interface Side<T> {
  readonly name: string;
  readonly load: T;
}

const ourPackage = (name: string): string => new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href;
const importAny = (module: string): Promise<ClientLibrary> => import(/* @vite-ignore */ module);

export function useBrowserWebSocket(): void {
  Object.assign(globalThis, { WebSocket });
}

export const publishedClient = async (): Promise<ClientLibrary> => importAny('@triplit/client');
export const ourClient = async (): Promise<ClientLibrary> => importAny(ourPackage('client'));

/** What a server process imports `createServer` from. */
export const publishedServer = '@triplit/server';
export const ourServer = fileURLToPath(ourPackage('server'));
