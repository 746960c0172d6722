/**
 * A server configured by environment variables alone, as images run it: `node dist/main.js`. SQLite at
 * LOCAL_DATABASE_URL by default; the schema is pushed later or is stored already. SIGTERM and SIGINT drain it.
 */
import { existsSync } from 'node:fs';
import { TriplitError } from '@triplit/db';
import { createServer } from './create-server.ts';
import { serverOptionsFromEnvironment } from './environment.ts';
import { createTriplitStorageProvider } from './storage.ts';
import type { StoreKeys } from './storage.ts';

const DEFAULT_PORT = 8080;

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const storage = (process.env['STORAGE'] || 'sqlite') as StoreKeys;
  const port = readPort(process.env['PORT']);
  const options = serverOptionsFromEnvironment(process.env);
  const startServer = await createServer({ ...options, storage: () => createTriplitStorageProvider(storage) });
  const running = startServer(port, () =>
    process.stdout.write(`Triplit server is listening on port ${running.port}\n`),
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void running.close().then(() => process.exit(0)));
  running.listening.catch(() => process.exit(1));
} catch (error) {
  process.stderr.write(`The server cannot start: ${explanationOf(error)}\n`);
  process.exit(1);
}

function readPort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new TriplitError(`PORT is '${text}', which is no port. Use a number from 1 to 65535, or 0 for any free one.`);
}

/** Without the words that stand before every explanation of an error that is of no kind of its own. */
function explanationOf(error: unknown): string {
  if (error instanceof TriplitError && error.name === 'TriplitError') return error.contextMessage ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
