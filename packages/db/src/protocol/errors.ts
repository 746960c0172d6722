/** The errors of the wire itself. Names, statuses and sentences are fixed: clients and servers of any version meet here. */
import { errorClass } from '../base/errors.ts';
import type { TriplitError, TriplitErrorJson } from '../base/errors.ts';

/** A frame that is not a JSON object. */
export class MalformedMessagePayloadError extends errorClass(
  'MalformedMessagePayloadError',
  400,
  () => 'Messages payloads must be valid JSON.',
) {}

export class UnrecognizedMessageTypeError extends errorClass(
  'UnrecognizedMessageTypeError',
  400,
  (messageType: unknown) => `Unrecognized message type: ${String(messageType).slice(0, 100)}.`,
) {}

/** Wraps what was wrong with a query, for its subscriber. Clients find the query by `metadata.queryKey` of the message. */
export class QuerySyncError extends errorClass(
  'QuerySyncError',
  500,
  (innerError: TriplitError | TriplitErrorJson | undefined) =>
    `An error occurred while syncing your query: ${JSON.stringify(innerError)}`,
) {}
