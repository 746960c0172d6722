import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addBooleanFlag } from './boolean-flag.ts';
import { normalizeArguments } from './normalize-arguments.ts';

function program(): Command {
  const dev = new Command('dev').option('-s, --storage <kind>').option('-S, --seed [name]');
  addBooleanFlag(dev, '-i, --initWithSchema', '', true);
  const push = new Command('push').option('-r, --remote <url>');
  addBooleanFlag(push, '-e, --enforce', '', false);
  const print = new Command('print').option('-f, --format <format>');
  const clear = new Command('clear');
  addBooleanFlag(clear, '-f, --full', '', false);
  return new Command('triplit')
    .addCommand(dev)
    .addCommand(clear)
    .addCommand(new Command('schema').addCommand(push).addCommand(print));
}

function normalized(line: string): string {
  const { words, rest } = normalizeArguments(program(), line.split(' '));
  return [...words, '|', ...rest].join(' ');
}

test.each([
  ['dev --storage lmdb', 'dev | --storage lmdb'],
  ['--storage lmdb dev', 'dev | --storage lmdb'],
  ['--storage=lmdb dev', 'dev | --storage=lmdb'],
  ['schema -r http://x push -e', 'schema push | -r http://x -e'],
  ['dev --initWithSchema=false', 'dev | --no-initWithSchema'],
  ['dev --initWithSchema false', 'dev | --no-initWithSchema'],
  ['dev --no-initWithSchema', 'dev | --no-initWithSchema'],
  ['dev -i=true', 'dev | --initWithSchema'],
  ['--seed dev', 'dev | --seed'],
  ['dev --seed todos', 'dev | --seed todos'],
  ['-f clear', 'clear | -f'],
  ['schema print -f json', 'schema print | -f json'],
  ['deev', '| deev'],
])('%s is read as %s', (line, expected) => {
  expect(normalized(line)).toBe(expected);
});
