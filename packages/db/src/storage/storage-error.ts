/** What goes wrong below the database: a store that was closed, is full, broken, too new or used before it was ready. */
import { TriplitError } from '../base/errors.ts';

export class StorageError extends TriplitError {
  constructor(contextMessage?: string, options?: { cause?: unknown }) {
    super(contextMessage, 'The storage could not do what was asked of it.');
    this.name = 'StorageError';
    if (options !== undefined) this.cause = options.cause;
  }
}

/** The text of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function closedError(): StorageError {
  return new StorageError('The storage is closed. Open the database again to read or write.');
}

/** The end of a store that does not try again: what failed, and what that means for everything after. */
export function notDurableError(cause: unknown): StorageError {
  return new StorageError(
    `A write could not be made durable: ${reasonOf(cause)}. It and what is written later exist only in memory. Remove the cause and open the database again.`,
    { cause },
  );
}
