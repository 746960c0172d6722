/** `triplit dev`: a server for this project, with the schema of its schema file. */
import { Command, Option } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { DEFAULT_PORT } from '../dev/port.ts';
import type { DevFlags } from '../dev/run-dev-server.ts';
import { STORAGE_CHOICES } from '../dev/storage-choice.ts';
import { addSchemaFlags } from './schema.ts';

export function devCommand(): Command {
  const command = new Command('dev')
    .description('Start a development server for this project')
    .addOption(new Option('-s, --storage <kind>', 'Where data is kept').choices(STORAGE_CHOICES).default('memory'))
    .option('-d, --dbPort <port>', 'Port', String(DEFAULT_PORT))
    .option('--host <address>', 'Address to listen on; 0.0.0.0 opens the server to your network', 'localhost')
    .option('-S, --seed [name]', 'Insert a seed after the start');
  addBooleanFlag(command, '-v, --verbose', 'Show debug records and details in the log', false);
  addBooleanFlag(command, '-i, --initWithSchema', 'Apply the schema file at the start', true);
  addBooleanFlag(command, '--watch', 'Apply the schema file whenever it or a file it imports is saved', true);
  addBooleanFlag(command, '-e, --enableWebhooks', 'Let webhooks be sent', false);
  command
    .addOption(new Option('--upstreamUrl <url>').hideHelp())
    .addOption(new Option('--upstreamToken <token>').hideHelp());
  command.addOption(new Option('--inspect').default(false).hideHelp());
  return addSchemaFlags(command).action(async (flags: DevFlags) => {
    // The server is loaded only by the command that starts one; help and the other commands stay quick.
    const { runDevServer } = await import('../dev/run-dev-server.ts');
    await runDevServer(flags);
  });
}
