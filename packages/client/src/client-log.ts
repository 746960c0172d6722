/** Where a client's log goes: the console and, while debugging, a memory that `client.logs` shows. */
import type { Logger } from '@triplit/logger';
import { ConsoleHandler } from '@triplit/logger/console';
import { MemoryHandler } from '@triplit/logger/memory';

/** One for all clients of a program, so that several of them do not write each line several times. */
const consoleHandler = new ConsoleHandler();

/** Returns the records that are kept. */
export function attachLogHandlers(
  logger: Logger,
  level: 'info' | 'warn' | 'error' | 'debug' | undefined,
): readonly any[] {
  if (level !== undefined) logger.setLogLevel(level);
  logger.registerHandler(consoleHandler);
  if (level !== 'debug') return [];
  const memory = new MemoryHandler();
  logger.registerHandler(memory);
  return memory.logs;
}
