/**
 * A server configured by environment variables alone, as images run it: `node dist/main.js`. SQLite at
 * LOCAL_DATABASE_URL by default; the schema is pushed later or is stored already. SIGTERM and SIGINT drain it.
 */
import { existsSync } from 'node:fs';
import { createServer } from './create-server.ts';
import { serverOptionsFromEnvironment } from './environment.ts';
import { createTriplitStorageProvider } from './storage.ts';
import type { StoreKeys } from './storage.ts';

const DEFAULT_PORT = 8080;

if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const storage = (process.env['STORAGE'] ?? 'sqlite') as StoreKeys;
  const options = serverOptionsFromEnvironment(process.env);
  const startServer = await createServer({ ...options, storage: () => createTriplitStorageProvider(storage) });
  const port = Number(process.env['PORT'] || DEFAULT_PORT);
  const running = startServer(port, () =>
    process.stdout.write(`Triplit server is listening on port ${running.port}\n`),
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void running.close().then(() => process.exit(0)));
  running.listening.catch(() => process.exit(1));
} catch (error) {
  process.stderr.write(`The server cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
