/**
 * The life of a development server. Everything that can be wrong with the settings is found before the banner is
 * printed; after that it runs until it is interrupted.
 */
import { CliFailure, explanationOf } from '../cli-failure.ts';
import { chooseSeeds, runSeed } from '../commands/seed.ts';
import { print, printError, printInfo, printSuccess, printWarning } from '../output.ts';
import { readProjectSchema, schemaPath } from '../project/schema-file.ts';
import { findSeed } from '../project/seed-files.ts';
import { serverClient } from '../remote/server-client.ts';
import { applySchema } from './apply-schema.ts';
import type { SchemaOutcome } from './apply-schema.ts';
import { bannerLines } from './banner.ts';
import { startDevServer } from './dev-server.ts';
import type { DevServer } from './dev-server.ts';
import { assertPortIsFree, isLoopback, listenAddress, readPort } from './port.ts';
import { watchSchema } from './schema-watcher.ts';
import { readServerSettings } from './server-settings.ts';
import { databaseFileFor } from './storage-choice.ts';
import type { StorageChoice } from './storage-choice.ts';
import { DEVELOPMENT_JWT_SECRET } from './tokens.ts';

export interface DevFlags {
  readonly storage: StorageChoice;
  readonly dbPort: string;
  readonly host: string;
  readonly verbose: boolean;
  readonly initWithSchema: boolean;
  readonly watch: boolean;
  readonly seed?: string | true;
  readonly enableWebhooks: boolean;
  readonly schemaPath?: string;
  readonly requireSchema: boolean;
  readonly upstreamUrl?: string;
  readonly upstreamToken?: string;
  readonly inspect: boolean;
}

export async function runDevServer(flags: DevFlags): Promise<void> {
  if (Boolean(flags.upstreamUrl) !== Boolean(flags.upstreamToken)) {
    throw new CliFailure('--upstreamUrl and --upstreamToken belong together: pass both or neither.');
  }
  const folder = process.cwd();
  const port = readPort(flags.dbPort);
  const host = listenAddress(flags.host);
  const settings = readServerSettings(process.env);
  const path = schemaPath(flags.schemaPath, folder, process.env);
  const seeds =
    flags.seed === undefined ? [] : flags.seed === true ? await chooseSeeds() : [findSeed(flags.seed, folder)];
  process.env['TRIPLIT_DISABLE_WEBHOOKS'] = flags.enableWebhooks ? '' : 'true';
  if (flags.inspect) (await import('node:inspector')).open();

  await assertPortIsFree(port, host);
  const databaseFile = databaseFileFor(flags.storage, folder, process.env);
  const project = await readProjectSchema(path, { required: flags.requireSchema });
  const server = await startDevServer({
    port,
    host,
    storage: flags.storage,
    databaseFile,
    verbose: flags.verbose,
    settings,
    schema: flags.initWithSchema ? project?.schema : undefined,
  });
  stopOnSignal(server);

  for (const seed of seeds)
    await runSeed(await serverClient({ remote: server.url, token: server.tokens?.service }), seed);
  if (!isLoopback(host) && settings.jwtSecret === DEVELOPMENT_JWT_SECRET) {
    printWarning(
      'Everyone on your network can use the service token below, which is the same for everybody. Set TRIPLIT_JWT_SECRET to a secret of your own.',
    );
  }
  if (!project)
    printWarning('There is no schema file, so the server accepts anything. `triplit init` writes a first one.');
  if (flags.watch && flags.initWithSchema) {
    const watcher = watchSchema({
      path,
      sources: project?.sources ?? [],
      onSchema: async ({ schema }) => reportSchemaChange(await applySchema(server.db, schema)),
      onError: (error) =>
        printError(
          `${error instanceof Error ? explanationOf(error) : String(error)}\nThe server keeps the schema it has.`,
        ),
    });
    server.onClose(() => watcher.close());
    await watcher.ready;
  }
  const { url, tokens } = server;
  bannerLines({ url, tokens, storage: flags.storage, databaseFile, verbose: flags.verbose }).forEach((line) =>
    print(line),
  );
  server.startLog();
}

function reportSchemaChange(outcome: SchemaOutcome): void {
  switch (outcome.type) {
    case 'unchanged':
      return;
    case 'applied':
      printSuccess('Applied the changed schema:');
      outcome.edits.forEach((edit) => printInfo(edit));
      return;
    case 'refused':
      printError(`The changed schema was not applied; the server keeps the one it has. ${outcome.explanation}`);
  }
}

/** The first Ctrl-C or SIGTERM closes everything and exits with 0, a second one ends the process at once. */
function stopOnSignal(server: DevServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        printError(
          `The server did not close cleanly: ${error instanceof Error ? explanationOf(error) : String(error)}`,
        );
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
