/** The stand-in as a small server on loopback. With a state file its key and its sessions outlive a restart. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { serve } from '@hono/node-server';
import type { BrowserRegistryState } from './browser-registry.ts';
import { createClerkStandIn } from './clerk-stand-in.ts';
import type { ClerkStandIn, ClerkStandInOptions } from './clerk-stand-in.ts';

export interface ClerkStandInServerOptions extends Omit<ClerkStandInOptions, 'state' | 'onStateChange'> {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Where the key and the sessions are kept. In memory without it. */
  readonly stateFile?: string;
}

export interface ClerkStandInServer {
  readonly url: string;
  readonly standIn: ClerkStandIn;
  close(): Promise<void>;
}

interface SavedState {
  readonly privateKey: string;
  readonly browsers: BrowserRegistryState;
}

export async function startClerkStandIn(options: ClerkStandInServerOptions): Promise<ClerkStandInServer> {
  const { stateFile } = options;
  const saved = stateFile === undefined ? undefined : readState(stateFile);
  let privateKey = options.privateKey ?? saved?.privateKey;
  const save = (browsers: BrowserRegistryState) => {
    if (stateFile !== undefined && privateKey !== undefined) writeState(stateFile, { privateKey, browsers });
  };
  const standIn = await createClerkStandIn({ ...options, privateKey, state: saved?.browsers, onStateChange: save });
  if (privateKey === undefined) {
    privateKey = standIn.privateKeyPem;
    save([]);
  }

  const { server, port } = await listen(standIn, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}`,
    standIn,
    close: () => {
      standIn.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(standIn: ClerkStandIn, port: number): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: standIn.fetch, hostname: '127.0.0.1', port }, (address) =>
      resolve({ server, port: address.port }),
    ) as Server;
    server.once('error', reject);
  });
}

/** A missing or damaged file means a fresh start: nothing in it is worth keeping. */
function readState(file: string): SavedState | undefined {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as Partial<SavedState>;
    if (typeof state.privateKey !== 'string' || !Array.isArray(state.browsers)) return undefined;
    return { privateKey: state.privateKey, browsers: state.browsers };
  } catch {
    return undefined;
  }
}

function writeState(file: string, state: SavedState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
}
