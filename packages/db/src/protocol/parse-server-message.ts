/** The client's door for frames: a frame of a type it does not know, or of the wrong shape, becomes a refusal to ignore. */
import { TriplitError } from '../base/errors.ts';
import { UnrecognizedMessageTypeError } from './errors.ts';
import { isTimestamp, parseEnvelope, requireShape, ShapeError } from './parse-message.ts';
import type { ParsedMessage } from './parse-message.ts';
import type { ServerSyncMessage } from './server-messages.ts';
import { isRecord } from './super-json.ts';

const checks: { readonly [T in ServerSyncMessage['type']]: (payload: Record<string, unknown>) => void } = {
  READY: ({ clientId, features }) => {
    requireShape(typeof clientId === 'string', 'has no clientId');
    requireShape(features === undefined || Array.isArray(features), 'has features that are no list');
  },
  ENTITY_DATA: requireEntityData,
  CHANGES_ACK: requireChangesAck,
  ERROR: ({ error }) => requireShape(isRecord(error) && typeof error['name'] === 'string', 'has no error'),
  CLOSE: ({ type }) => requireShape(typeof type === 'string', 'has no type'),
  SCHEMA_REQUEST: () => undefined,
  QUERY_STATE_REQUEST: requireQueryStateRequest,
  PONG: () => undefined,
};

/** Never throws. */
export function parseServerMessage(text: string): ParsedMessage<ServerSyncMessage> {
  const parsed = parseEnvelope(text);
  if (!parsed.ok) return parsed;
  const { type, payload } = parsed.message;
  if (typeof type !== 'string' || !Object.hasOwn(checks, type)) {
    const error = new UnrecognizedMessageTypeError(type);
    return { ok: false, refusal: { messageType: typeof type === 'string' ? type.slice(0, 100) : undefined, error } };
  }
  try {
    requireShape(isRecord(payload), 'has no payload');
    checks[type as ServerSyncMessage['type']](payload);
    return { ok: true, message: { type, payload } as unknown as ServerSyncMessage };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const refusal = {
      messageType: type,
      error: new TriplitError(`The server's message is malformed: ${type} ${error.message}.`),
    };
    return { ok: false, refusal };
  }
}

function requireChangesAck({ timestamp, rejected = [], repeated = [] }: Record<string, unknown>): void {
  requireShape(isTimestamp(timestamp), 'has no valid timestamp');
  const isRejected = (entry: unknown): boolean =>
    isRecord(entry) && typeof entry['id'] === 'string' && isRecord(entry['error']);
  requireShape(Array.isArray(rejected) && rejected.every(isRejected), 'has a malformed list "rejected"');
  const isRepeated = (entry: unknown): boolean =>
    isRecord(entry) && typeof entry['id'] === 'string' && isTimestamp(entry['timestamp']);
  requireShape(Array.isArray(repeated) && repeated.every(isRepeated), 'has a malformed list "repeated"');
}

function requireQueryStateRequest({ id, key, hashes }: Record<string, unknown>): void {
  requireShape(typeof id === 'string', 'has no id of a query');
  if (hashes === undefined) return;
  const areWords = (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && value.every((word) => Number.isInteger(word));
  requireShape(areWords(key), 'has hashes without a valid key');
  requireShape(Array.isArray(hashes) && hashes.every(areWords), 'has malformed hashes');
}

function requireEntityData({ changes, timestamp, forQueries }: Record<string, unknown>): void {
  requireShape(isRecord(changes), 'has no changes');
  requireShape(isTimestamp(timestamp), 'has no valid timestamp');
  requireShape(Array.isArray(forQueries) && forQueries.every((id) => typeof id === 'string'), 'has no list of queries');
}
