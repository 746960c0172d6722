/** Asks before a command that can destroy data, and refuses to guess where nobody can answer. */
import { confirm, isCancel } from '@clack/prompts';
import type { Command } from 'commander';
import { addBooleanFlag } from '../boolean-flag.ts';
import { CliFailure } from '../cli-failure.ts';

export function addConfirmationFlag(command: Command): Command {
  return addBooleanFlag(command, '--ignoreDestructiveWarning', 'Do not ask before destroying data', false);
}

/** Resolves to false when the user declines. */
export async function confirmDestructive(action: string, url: string, ignoreWarning: boolean): Promise<boolean> {
  if (ignoreWarning) return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliFailure(
      `${action} at ${url} destroys data and nobody can be asked here. Pass --ignoreDestructiveWarning to do it anyway.`,
    );
  }
  const answer = await confirm({ message: `${action} at ${url}. This cannot be undone. Go on?`, initialValue: false });
  return !isCancel(answer) && answer;
}
