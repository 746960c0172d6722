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
