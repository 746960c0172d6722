/**
 * `triplit dev`: a server for this project, with the schema of its schema file. Everything that can be wrong with the
 * settings is found before the banner is printed; after that it runs until it is interrupted.
 */
import { Command, Option } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { CliFailure } from '../cli-failure.ts';
import { bannerLines } from '../dev/banner.ts';
import { applySchema } from '../dev/apply-schema.ts';
import { startDevServer } from '../dev/dev-server.ts';
import type { DevServer } from '../dev/dev-server.ts';
import { assertPortIsFree, DEFAULT_PORT, listenAddress, readPort } from '../dev/port.ts';
import { watchSchema } from '../dev/schema-watcher.ts';
import { readServerSettings } from '../dev/server-settings.ts';
import { databaseFileFor, STORAGE_CHOICES } from '../dev/storage-choice.ts';
import type { StorageChoice } from '../dev/storage-choice.ts';
import { print, printError, printInfo, printSuccess, printWarning } from '../output.ts';
import { readProjectSchema, schemaPath } from '../project/schema-file.ts';
import { findSeed } from '../project/seed-files.ts';
import { serverClient } from '../remote/server-client.ts';
import { addSchemaFlags } from './schema.ts';
import { chooseSeeds, runSeed } from './seed.ts';

interface DevFlags {
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

export function devCommand(): Command {
  const command = new Command('dev')
    .description('Start a development server for this project')
    .addOption(new Option('-s, --storage <kind>', 'Where data is kept').choices(STORAGE_CHOICES).default('memory'))
    .option('-d, --dbPort <port>', 'Port', String(DEFAULT_PORT))
    .option('--host <address>', 'Address to listen on; 0.0.0.0 opens the server to your network', 'localhost')
    .option('-S, --seed [name]', 'Insert a seed after the start');
  addBooleanFlag(command, '-v, --verbose', 'Show bodies and debug records in the log', false);
  addBooleanFlag(command, '-i, --initWithSchema', 'Apply the schema file at the start', true);
  addBooleanFlag(command, '--watch', 'Apply the schema file whenever it or a file it imports is saved', true);
  addBooleanFlag(command, '-e, --enableWebhooks', 'Let webhooks be sent', false);
  command
    .addOption(new Option('--upstreamUrl <url>').hideHelp())
    .addOption(new Option('--upstreamToken <token>').hideHelp());
  command.addOption(new Option('--inspect').default(false).hideHelp());
  return addSchemaFlags(command).action((flags: DevFlags) => runDevServer(flags));
}

async function runDevServer(flags: DevFlags): Promise<void> {
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
  if (!project)
    printWarning('There is no schema file, so the server accepts anything. `triplit init` writes a first one.');
  if (flags.watch && flags.initWithSchema) {
    const watcher = watchSchema({
      path,
      sources: project?.sources ?? [],
      onSchema: async ({ schema }) => reportSchemaChange(await applySchema(server.db, schema)),
      onError: (error) =>
        printError(`${error instanceof Error ? error.message : String(error)}\nThe server keeps the schema it has.`),
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

function reportSchemaChange(outcome: Awaited<ReturnType<typeof applySchema>>): void {
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
        printError(`The server did not close cleanly: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
