/** Where a client's log goes: the console and, while debugging, a memory that `client.logs` shows. */
import type { Logger } from '@triplit/logger';
import { ConsoleHandler } from '@triplit/logger/console';
import { MemoryHandler } from '@triplit/logger/memory';

/** Returns the records that are kept. */
export function attachLogHandlers(
  logger: Logger,
  level: 'info' | 'warn' | 'error' | 'debug' | undefined,
): readonly any[] {
  if (level !== undefined) logger.setLogLevel(level);
  // One is enough, whether of another client or of the application, which may have a format of its own.
  if (!logger.hasHandler((handler) => handler instanceof ConsoleHandler)) logger.registerHandler(new ConsoleHandler());
  if (level !== 'debug') return [];
  const memory = new MemoryHandler();
  logger.registerHandler(memory);
  return memory.logs;
}
