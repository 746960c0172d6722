/** The messages that clients send to servers: one JSON text frame each, `{ type, payload }`. */
import type { CollectionQuery } from '../ast/query.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import type { SuperJson } from './super-json.ts';

/** What the client's cache (without its outbox) holds for a query: ids by collection, as of a server timestamp. */
export interface QueryCheckpoint {
  readonly timestamp: Timestamp;
  readonly entityIds: Readonly<Record<string, readonly string[]>>;
  /** With the feature `digest`: of all ids that `entityIds` does not list. See `encodeDigest`. */
  readonly digest?: string;
}

/** Asks for a query's result and its changes. `id` is opaque to the server and unique in the connection. */
export interface ConnectQueryMessage {
  readonly type: 'CONNECT_QUERY';
  readonly payload: {
    readonly id: string;
    /** The query as the application wrote it; unknown keys (such as `traceId`) are ignored. */
    readonly params: CollectionQuery & { readonly traceId?: string };
    readonly state?: QueryCheckpoint;
  };
}

export interface DisconnectQueryMessage {
  readonly type: 'DISCONNECT_QUERY';
  readonly payload: { readonly id: string };
}

/** One batch of writes, which is stored as a whole or not at all. */
export interface ChangesBatch {
  readonly changes: SuperJson;
  readonly transactions?: undefined;
  readonly settled?: undefined;
}

/** Writes that are accepted or refused as one. */
export interface TransactionStep {
  /** Not repeated by this client for other writes, and not to be guessed by others. */
  readonly id: string;
  readonly changes: SuperJson;
}

/** A transaction is known by its id: one that was applied before is not applied again. */
export interface SentTransaction extends TransactionStep {
  /** Earlier transactions of which those that were not applied yet are applied in the same step, before it. */
  readonly joined?: readonly TransactionStep[];
}

/** With the feature `transactions`. They are applied in order, each in a step of its own. */
export interface TransactionList {
  readonly changes?: undefined;
  readonly transactions: readonly SentTransaction[];
  /** Transactions that the client will not send again. */
  readonly settled?: readonly string[];
}

/** At most one is unanswered per connection. */
export interface ChangesMessage {
  readonly type: 'CHANGES';
  readonly payload: ChangesBatch | TransactionList;
}

/** A part of the text of another message that was too long for one frame. */
export interface ChunkMessage {
  readonly type: 'CHUNK';
  readonly payload: {
    readonly data: string;
    /** The number of parts. */
    readonly total: number;
    /** From 0. Parts may arrive in any order. */
    readonly index: number;
    /** The same for every part of one message. */
    readonly id: string;
  };
}

export interface PingMessage {
  readonly type: 'PING';
  readonly payload: { readonly clientTimestamp?: number };
}

/** The answer to `SCHEMA_REQUEST`, and the one message besides `UPDATE_TOKEN` that is accepted before `READY`. */
export interface SchemaResponseMessage {
  readonly type: 'SCHEMA_RESPONSE';
  readonly payload: { readonly schema?: { readonly collections: unknown; readonly roles?: unknown } };
}

export interface UpdateTokenMessage {
  readonly type: 'UPDATE_TOKEN';
  readonly payload: { readonly token: string };
}

export type ClientSyncMessage =
  | ConnectQueryMessage
  | DisconnectQueryMessage
  | ChangesMessage
  | ChunkMessage
  | PingMessage
  | SchemaResponseMessage
  | UpdateTokenMessage;
