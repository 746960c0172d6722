/** `triplit version`: the versions of this command line and of the server it starts. */
import { Command } from 'commander';
import { print } from '../output.ts';
import { cliVersion, serverVersion } from '../package-version.ts';

export function versionCommand(): Command {
  return new Command('version')
    .description('Print the versions of the command line and the development server')
    .action(() => {
      print(`CLI version: ${cliVersion()}`);
      print(`Local dev server version: ${serverVersion()}`);
    });
}
