import { Logger } from '@triplit/logger';
import { ConsoleHandler } from '@triplit/logger/console';
import { MemoryHandler } from '@triplit/logger/memory';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TriplitClient } from './client.ts';
import { TodoWorld } from './testing/todo-world.ts';

let lines: unknown[][];
beforeEach(() => {
  lines = [];
  for (const method of ['log', 'debug', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((...line) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

describe('several clients of one logger', () => {
  test('write each line once', () => {
    const logger = new Logger();
    const clients = [1, 2, 3].map(() => new TriplitClient({ logger }));
    clients[0]!.logger.warn('once');
    expect(lines).toEqual([[expect.stringContaining('once')]]);
  });

  test('leave the line to a console handler of the application', () => {
    const logger = new Logger([new ConsoleHandler({ formatter: ({ message }) => ['mine', message] })]);
    new TriplitClient({ logger }).logger.warn('once');
    expect(lines).toEqual([['mine', 'once']]);
  });

  test('write nothing to the console past an exclusive handler', () => {
    const logger = new Logger();
    const memory = new MemoryHandler();
    logger.registerHandler(memory, { exclusive: true });
    new TriplitClient({ logger }).logger.warn('quiet');
    expect([lines, memory.logs.length]).toEqual([[], 1]);
  });
});

test('debug keeps the records, and shows every sync message as OUT or IN', async () => {
  const world = await TodoWorld.start();
  const { client } = world.open({ logger: new Logger(), logLevel: 'debug' });
  await client.fetch(client.query('todos'), { policy: 'remote-first' });
  const sync = client.logs.filter(({ context }) => context === 'sync');
  expect(sync.map(({ message, attributes }) => [message, attributes?.type])).toEqual(
    expect.arrayContaining([
      ['received', 'READY'],
      ['sent', 'CONNECT_QUERY'],
      ['received', 'ENTITY_DATA'],
    ]),
  );
  const shown = lines.map(([line]) => String(line));
  expect(shown).toContain('%c OUT %c CONNECT_QUERY');
  expect(shown).toContain('%c IN %c ENTITY_DATA');
  await world.close();
});

test('info keeps nothing', () => {
  const client = new TriplitClient({ logger: new Logger(), logLevel: 'info' });
  client.logger.warn('x');
  expect(client.logs).toEqual([]);
});
