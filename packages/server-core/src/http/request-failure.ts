/** A request that cannot be answered as asked, with the status that says whose fault it is. */
import { TriplitError } from '@triplit/db';

export function requestFailure(status: number, explanation: string): TriplitError {
  const error = new TriplitError(explanation);
  error.status = status;
  return error;
}
