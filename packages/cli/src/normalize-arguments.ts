/**
 * Brings an argument list into the one order the parser reads: command words first, then flags and values as typed.
 * Flags may so stand anywhere on the line, and a boolean flag may carry a value (`--full=false`, `--full true`).
 */
import type { Command, Option } from 'commander';

export interface NormalizedArguments {
  readonly command: Command;
  readonly words: readonly string[];
  readonly rest: readonly string[];
}

export function normalizeArguments(program: Command, argv: readonly string[]): NormalizedArguments {
  // The same short flag means different things to different commands, so the command is found first.
  const { command } = scan(program, argv, flagsBelow(program));
  return scan(program, argv, flagsOf(command));
}

function scan(program: Command, argv: readonly string[], flags: ReadonlyMap<string, Option>): NormalizedArguments {
  const words: string[] = [];
  const rest: string[] = [];
  let command = program;
  let onlyOperands = false;
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!;
    const next = argv[index + 1];
    if (argument === '--') onlyOperands = true;
    if (onlyOperands || !isFlag(argument)) {
      const child = onlyOperands ? undefined : subcommand(command, argument);
      if (child) {
        words.push(child.name());
        command = child;
      } else {
        rest.push(argument);
      }
      continue;
    }
    const { name, value } = splitFlag(argument);
    const option = flags.get(name);
    if (option?.isBoolean()) {
      const takesNext = value === undefined && (next === 'true' || next === 'false');
      rest.push(booleanFlag(option, name, value ?? (takesNext ? next : undefined)));
      if (takesNext) index++;
      continue;
    }
    rest.push(argument);
    const wantsValue = option !== undefined && value === undefined && next !== undefined && !isFlag(next);
    if (wantsValue && (option.required || !subcommand(command, next))) {
      rest.push(next);
      index++;
    }
  }
  return { command, words, rest };
}

function isFlag(argument: string): boolean {
  return argument.startsWith('-') && argument !== '-' && !/^-\d/.test(argument);
}

function splitFlag(argument: string): { name: string; value: string | undefined } {
  const equals = argument.indexOf('=');
  return equals < 0
    ? { name: argument, value: undefined }
    : { name: argument.slice(0, equals), value: argument.slice(equals + 1) };
}

function booleanFlag(option: Option, name: string, value: string | undefined): string {
  if (value === undefined) return name;
  const wanted = (value === 'true') !== option.negate;
  return wanted ? `--${option.attributeName()}` : `--no-${option.attributeName()}`;
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

function flagsOf(command: Command): Map<string, Option> {
  const flags = new Map<string, Option>();
  for (const option of command.options) {
    if (option.long) flags.set(option.long, option);
    if (option.short) flags.set(option.short, option);
  }
  return flags;
}

function flagsBelow(command: Command): Map<string, Option> {
  return new Map([...command.commands.flatMap((child) => [...flagsBelow(child)]), ...flagsOf(command)]);
}
