/**
 * The server's door for frames: checks the shape of everything a handler relies on, so that no frame can surprise one.
 * The inside of queries, changes and schemas is left to those who read them (`decodeChanges`, `prepare` …).
 */
import { TriplitError } from '../base/errors.ts';
import type { ClientSyncMessage } from './client-messages.ts';
import { QuerySyncError, UnrecognizedMessageTypeError } from './errors.ts';
import { isDigestText } from './id-digest.ts';
import { isTimestamp, parseEnvelope, requireSafeJson, requireShape, ShapeError } from './parse-message.ts';
import type { MessageRefusal, ParsedMessage } from './parse-message.ts';
import { isRecord } from './super-json.ts';

export const MAX_QUERY_ID_LENGTH = 1024;
/** In one message, each of which becomes a commit. */
export const MAX_TRANSACTIONS = 5_000;
const MAX_TRANSACTION_ID_LENGTH = 128;

const checks: { readonly [T in ClientSyncMessage['type']]: (payload: Record<string, unknown>) => void } = {
  CONNECT_QUERY: requireConnectQuery,
  DISCONNECT_QUERY: ({ id }) => requireShape(typeof id === 'string', 'needs the id of a query'),
  CHANGES: requireChanges,
  CHUNK: requireChunk,
  PING: ({ clientTimestamp }) =>
    requireShape(isOptionalNumber(clientTimestamp), 'has a clientTimestamp that is not a number'),
  SCHEMA_RESPONSE: requireSchemaResponse,
  UPDATE_TOKEN: ({ token }) => requireShape(typeof token === 'string', 'needs a token'),
};

/** Never throws. A refusal carries the error, message type and metadata that the protocol lays down for its cause. */
export function parseClientMessage(text: string): ParsedMessage<ClientSyncMessage> {
  const parsed = parseEnvelope(text);
  if (!parsed.ok) return parsed;
  const { type, payload } = parsed.message;
  if (typeof type !== 'string' || !Object.hasOwn(checks, type)) {
    const error = new UnrecognizedMessageTypeError(type);
    return { ok: false, refusal: { messageType: typeof type === 'string' ? type.slice(0, 100) : undefined, error } };
  }
  try {
    requireShape(isRecord(payload), 'needs a payload, an object');
    checks[type as ClientSyncMessage['type']](payload);
    return { ok: true, message: { type, payload } as unknown as ClientSyncMessage };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return { ok: false, refusal: refusalOf(type as ClientSyncMessage['type'], payload, error.message) };
  }
}

/** Clients act on a refused query through its id, and on refused changes through the failures. */
function refusalOf(type: ClientSyncMessage['type'], payload: unknown, reason: string): MessageRefusal {
  const error = new TriplitError(`The message is malformed: ${type} ${reason}.`);
  const id = isRecord(payload) ? payload['id'] : undefined;
  if (type === 'CONNECT_QUERY' && typeof id === 'string') {
    const metadata = { queryKey: id.slice(0, MAX_QUERY_ID_LENGTH), innerError: error.toJSON() };
    return { messageType: type, error: new QuerySyncError(error), metadata };
  }
  if (type !== 'CHANGES') return { messageType: type, error };
  return { messageType: type, error, metadata: { failures: [{ txId: '', collection: '', error: error.toJSON() }] } };
}

function requireConnectQuery({ id, params, state }: Record<string, unknown>): void {
  requireShape(
    typeof id === 'string' && id.length <= MAX_QUERY_ID_LENGTH,
    `needs an id of at most ${MAX_QUERY_ID_LENGTH} characters`,
  );
  requireShape(isRecord(params), 'needs "params", the query');
  requireShape(typeof params['collectionName'] === 'string', 'has a query without a collectionName');
  requireSafeJson(params);
  // Senders in other languages write null for what they leave out.
  if (state == null) return;
  requireShape(isRecord(state) && isTimestamp(state['timestamp']), 'has a state without a valid timestamp');
  const { entityIds, digest } = state;
  const isListOfIds = (ids: unknown): boolean =>
    Array.isArray(ids) && ids.every((entityId) => typeof entityId === 'string');
  requireShape(
    isRecord(entityIds) && Object.values(entityIds).every(isListOfIds),
    'has a state whose entityIds are not lists of ids',
  );
  requireShape(!Object.hasOwn(entityIds, '__proto__'), 'has a state with a collection named "__proto__"');
  requireShape(digest == null || isDigestText(digest), 'has a state with a malformed digest');
}

function requireChanges({ changes, transactions, settled }: Record<string, unknown>): void {
  if (transactions === undefined) return requireShape(isRecord(changes), 'needs "changes", an object');
  requireShape(changes === undefined, 'has both "changes" and "transactions"');
  requireShape(Array.isArray(transactions), 'has "transactions" that are no list');
  requireShape(transactions.length <= MAX_TRANSACTIONS, `has more than ${MAX_TRANSACTIONS} transactions`);
  const steps = transactions.flatMap((transaction: unknown) => {
    const joined: unknown = isRecord(transaction) ? (transaction['joined'] ?? []) : [];
    requireShape(Array.isArray(joined), 'has a transaction with "joined" that is no list');
    return [...(joined as unknown[]), transaction];
  });
  for (const step of steps) {
    requireShape(isRecord(step) && isTransactionId(step['id']), 'has a transaction without a valid id');
    requireShape(isRecord(step['changes']), 'has a transaction without "changes", an object');
  }
  if (settled == null) return;
  const isListOfIds = Array.isArray(settled) && settled.length <= MAX_TRANSACTIONS && settled.every(isTransactionId);
  requireShape(isListOfIds, `has "settled" that is no list of at most ${MAX_TRANSACTIONS} ids`);
}

function isTransactionId(id: unknown): boolean {
  return typeof id === 'string' && id !== '' && id.length <= MAX_TRANSACTION_ID_LENGTH;
}

function requireChunk({ data, total, index, id }: Record<string, unknown>): void {
  requireShape(typeof id === 'string' && id.length <= MAX_QUERY_ID_LENGTH, 'needs an id');
  requireShape(typeof data === 'string', 'needs data, a text');
  requireShape(Number.isInteger(total) && Number.isInteger(index), 'needs a whole total and index');
}

function requireSchemaResponse({ schema }: Record<string, unknown>): void {
  if (schema == null) return;
  requireShape(isRecord(schema) && isRecord(schema['collections']), 'has a schema without collections');
  requireSafeJson(schema);
}

function isOptionalNumber(value: unknown): boolean {
  return value == null || typeof value === 'number';
}
