/** What a client may know of a failure: the error itself if it was raised on purpose, else only that there was one. */
import { TriplitError } from '@triplit/db';
import type { Logger } from '@triplit/logger';

/** `what`: what failed, for the log. */
export function errorForClient(
  caught: unknown,
  what: string,
  logger: Logger,
  message = 'An unknown error occurred while processing your request.',
): TriplitError {
  if (caught instanceof TriplitError) return caught;
  const stack = caught instanceof Error ? caught.stack : undefined;
  logger.error(`Could not process ${what}: ${String(caught)}`, { stack });
  return new TriplitError(message);
}
