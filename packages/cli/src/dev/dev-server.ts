/** The running server of `triplit dev`: storage, schema, sockets, and the tokens that open it. */
import { createServer, createTriplitStorageProvider } from '@triplit/server';
import type { RunningServer } from '@triplit/server';
import type { DB, DBSchema } from '@triplit/db';
import { CliFailure } from '../cli-failure.ts';
import { print } from '../output.ts';
import { devLogHandler } from './log-lines.ts';
import type { readServerSettings } from './server-settings.ts';
import type { StorageChoice } from './storage-choice.ts';
import { DEVELOPMENT_JWT_SECRET } from './tokens.ts';
import type { ServerTokens } from './tokens.ts';

export interface DevServerOptions {
  readonly port: number;
  readonly host: string;
  readonly storage: StorageChoice;
  readonly databaseFile: string | undefined;
  readonly verbose: boolean;
  readonly settings: ReturnType<typeof readServerSettings>;
  readonly schema: DBSchema | undefined;
}
export interface DevServer {
  readonly url: string;
  /** Undefined when they must be signed with a private key that this process does not have. */
  readonly tokens: ServerTokens | undefined;
  readonly db: DB;
  /** Prints the log from here on, what was held back first. */
  startLog(): void;
  /** Adds something to close before the server. */
  onClose(close: () => Promise<void>): void;
  close(): Promise<void>;
}

/** Throws `CliFailure` or an error of the server that explains itself; nothing is left open then. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { port, host, storage, databaseFile, verbose, settings, schema } = options;
  const log = heldBackLog();
  if (databaseFile !== undefined) process.env['LOCAL_DATABASE_URL'] = databaseFile;
  const startServer = await createServer({
    ...settings,
    host,
    // Request and message records are debug records; the handler decides what of them is shown.
    verboseLogs: true,
    dbOptions: { schema },
    storage: () => createTriplitStorageProvider(storage),
    logHandler: devLogHandler({
      verbose,
      write: log.write,
      isExpected: (message) =>
        settings.jwtSecret === DEVELOPMENT_JWT_SECRET && message.startsWith('TRIPLIT_JWT_SECRET:'),
    }),
  }).catch((error: unknown) => {
    throw withRemedy(error, databaseFile);
  });
  const running = startServer(port);
  await running.listening;
  const closers: (() => Promise<void>)[] = [];
  return {
    url: `http://${displayHost(host)}:${port}`,
    tokens: await tokensOf(running),
    db: running.db,
    startLog: log.start,
    onClose: (close) => void closers.push(close),
    close: async () => {
      await Promise.all(closers.map((close) => close()));
      await running.close();
    },
  };
}

/** A schema that stored data violates is the one failure at the start that the user's own data can cause. */
function withRemedy(error: unknown, databaseFile: string | undefined): unknown {
  if (!(error instanceof Error) || !error.message.includes('SCHEMA_UPDATE_FAILED')) return error;
  const remedy = databaseFile ? `\nChange the schema or the data, or delete ${databaseFile} to start empty.` : '';
  return new CliFailure(`The schema file was not applied. ${error.message}${remedy}`);
}

/** All-interfaces addresses cannot be visited; a browser on this machine uses localhost. */
function displayHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Those that are good now, which may have been minted since the first start. Public keys only verify. */
async function tokensOf({ server }: RunningServer): Promise<ServerTokens | undefined> {
  const [anonymous, service] = await server.context.settings.tokens.list();
  return anonymous?.token && service?.token ? { anonymous: anonymous.token, service: service.token } : undefined;
}

/** Log lines wait until the banner is out. */
function heldBackLog(): { write: (line: string) => void; start: () => void } {
  let held: string[] | undefined = [];
  return {
    write: (line) => (held ? void held.push(line) : print(line)),
    start: () => {
      held?.forEach((line) => print(line));
      held = undefined;
    },
  };
}
