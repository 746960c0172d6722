/** Runs one command line in this process. Throws `CliFailure` for everything that a user can put right. */
import { Command, CommanderError } from 'commander';
import { CliFailure } from './cli-failure.ts';
import { clearCommand } from './commands/clear.ts';
import { devCommand } from './commands/dev.ts';
import { initCommand } from './commands/init.ts';
import { rolesCommand } from './commands/roles.ts';
import { schemaCommand } from './commands/schema.ts';
import { seedCommand } from './commands/seed.ts';
import { versionCommand } from './commands/version.ts';
import { normalizeArguments } from './normalize-arguments.ts';
import { cliVersion } from './package-version.ts';
import { printWarning } from './output.ts';

/** `argv` is without the program's own name: `['dev', '--storage', 'lmdb']`. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = buildProgram();
  const { command, words, rest } = normalizeArguments(program, argv);
  const isGroup = command.commands.length > 0;
  if (isGroup && rest.length === 0) {
    command.outputHelp();
    return;
  }
  try {
    await program.parseAsync([...words, ...rest], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const hint = error.code === 'commander.unknownCommand' ? `\n${helpHint(command, 'commands')}` : '';
    throw new CliFailure(error.message.replace(/^error: /, '') + hint, error.exitCode);
  }
}

function buildProgram(): Command {
  const program = new Command('triplit')
    .description('Develop with and look after a Triplit database.')
    .version(cliVersion(), '--version', 'Print the version of this command line')
    .helpCommand(false);
  for (const command of [
    devCommand(),
    initCommand(),
    schemaCommand(),
    seedCommand(),
    clearCommand(),
    rolesCommand(),
    versionCommand(),
  ]) {
    program.addCommand(command);
  }
  return configure(program);
}

/** Errors are thrown instead of printed, unknown flags are named and passed over, help shows the whole usage. */
function configure(command: Command): Command {
  command
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError(true);
  if (command.commands.length === 0) {
    command.allowUnknownOption(true).allowExcessArguments(true);
    command.hook('preAction', (_program, action) => warnOfUnknown(action));
  }
  command.commands.forEach(configure);
  return command;
}

function warnOfUnknown(command: Command): void {
  const extra = command.args.slice(command.registeredArguments.length);
  for (const argument of command.args.filter((text) => text.startsWith('-'))) {
    printWarning(`Unknown flag ${argument.split('=')[0]} is ignored. ${helpHint(command, 'flags')}`);
  }
  for (const argument of extra.filter((text) => !text.startsWith('-'))) {
    printWarning(`Unexpected argument ${JSON.stringify(argument)} is ignored.`);
  }
}

function helpHint(command: Command, what: 'commands' | 'flags'): string {
  return `\`${commandPath(command)} --help\` lists the ${what}.`;
}

function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name();
}
