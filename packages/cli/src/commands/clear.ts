/** `triplit clear`: removes the entities of a server's database, with `--full` its schema and metadata too. */
import { Command } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { printInfo, printSuccess } from '../output.ts';
import { addConfirmationFlag, confirmDestructive } from '../remote/confirm.ts';
import { addServerFlags, serverClient } from '../remote/server-client.ts';
import type { ServerFlags } from '../remote/server-client.ts';

interface ClearFlags extends ServerFlags {
  readonly full: boolean;
  readonly ignoreDestructiveWarning: boolean;
}

export function clearCommand(): Command {
  const command = new Command('clear').description("Remove the data of a server's database");
  addBooleanFlag(command, '-f, --full', 'Remove the schema and all metadata too', false);
  addConfirmationFlag(command);
  return addServerFlags(command).action(async (flags: ClearFlags) => {
    const server = await serverClient(flags);
    const action = flags.full ? 'Clearing all data, the schema and all metadata' : 'Clearing all data';
    if (!(await confirmDestructive(action, server.url, flags.ignoreDestructiveWarning))) {
      printInfo('Nothing was cleared.');
      return;
    }
    await server.post('clear', { full: flags.full });
    printSuccess(
      flags.full ? `${server.url} is empty and has no schema.` : `${server.url} is empty and keeps its schema.`,
    );
  });
}
