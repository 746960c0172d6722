/** The answer to a request. */
import type { TriplitError } from '@triplit/db';

/** `payload`: a string is sent as text, a stream as server-sent events, anything else as JSON. */
export interface ServerResponse {
  readonly statusCode: number;
  readonly payload: unknown;
}

export function errorResponse(error: TriplitError): ServerResponse {
  return { statusCode: error.status, payload: error.toJSON() };
}
