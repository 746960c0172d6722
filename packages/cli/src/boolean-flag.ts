/** Boolean flags in the three spellings users type: `--name`, `--no-name`, `-n`. */
import { Option } from 'commander';
import type { Command } from 'commander';

/** Adds the flag with its hidden negation. */
export function addBooleanFlag(command: Command, flags: string, description: string, defaultValue: boolean): Command {
  const positive = new Option(flags, description).default(defaultValue);
  return command.addOption(positive).addOption(new Option(`--no-${positive.attributeName()}`).hideHelp());
}
