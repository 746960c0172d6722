/** The errors that the client raises on purpose, in addition to those of the database. One line per class. */
import { errorClass } from '@triplit/db';

// Reading
export class UnrecognizedFetchPolicyError extends errorClass(
  'UnrecognizedFetchPolicyError',
  400,
  (policy: unknown) =>
    `The fetch policy ${String(policy)} is not recognized. Use local-first, local-only, remote-first, remote-only or local-and-remote.`,
) {}
export class RemoteFetchFailedError extends errorClass(
  'RemoteFetchFailedError',
  500,
  () => 'An error occurred while fetching from the server.',
) {}
export class RemoteSyncFailedError extends errorClass(
  'RemoteSyncFailedError',
  500,
  () => 'An error occurred while syncing with the server.',
) {}
export class MissingConnectionInformationError extends errorClass(
  'MissingConnectionInformationError',
  500,
  () => 'The client cannot connect because connection information is missing.',
) {}

// What the runtime lacks
export class IndexedDbUnavailableError extends errorClass(
  'IndexedDbUnavailableError',
  503,
  () => 'IndexedDB is not available in this environment.',
) {}
export class WebSocketsUnavailableError extends errorClass(
  'WebSocketsUnavailableError',
  503,
  () =>
    'This environment has no WebSocket, so the client cannot connect. Assign one before connecting, for example ' +
    "`import { WebSocket } from 'undici'; globalThis.WebSocket = WebSocket` on Node 20, or pass the `transport` option.",
) {}

// Sessions
export class NoActiveSessionError extends errorClass(
  'NoActiveSessionError',
  403,
  () => 'There is no active session. Call startSession first.',
) {}
export class SessionAlreadyActiveError extends errorClass(
  'SessionAlreadyActiveError',
  403,
  () => 'A session is already active. Call endSession first.',
) {}
export class SessionRolesMismatchError extends errorClass(
  'SessionRolesMismatchError',
  403,
  () =>
    'The roles of the new token differ from those of the active session. Start a new session with startSession instead.',
) {}
export class TokenExpiredError extends errorClass('TokenExpiredError', 401, () => 'The token has expired.') {}
export class TokenDecodingError extends errorClass(
  'TokenDecodingError',
  401,
  () => 'The token could not be decoded. It must be a JSON Web Token.',
) {}

// Workers
export class WorkerInternalClientNotInitializedError extends errorClass(
  'WorkerInternalClientNotInitializedError',
  500,
  () => 'The client inside the worker has not been initialized.',
) {}
