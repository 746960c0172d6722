/** The messages that servers send to clients: one JSON text frame each, `{ type, payload }`. */
import type { TriplitErrorJson } from '../base/errors.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import type { CloseReason } from './close-reason.ts';
import type { Words } from './half-sip-hash.ts';
import type { SuperJson } from './super-json.ts';

/**
 * The connection takes messages from now on. `clientId` names this connection, for `POST /update-token`; `features`, see
 * `Feature`, are the additions in force.
 */
export interface ReadyMessage {
  readonly type: 'READY';
  readonly payload: { readonly clientId: string; readonly features?: readonly string[] };
}

/** Complete entities, and as deletes the ids that no query of this connection holds any more. */
export interface EntityDataMessage {
  readonly type: 'ENTITY_DATA';
  readonly payload: {
    readonly changes: SuperJson;
    readonly timestamp: Timestamp;
    /** Ids of the queries that had news, in order of connection. */
    readonly forQueries: readonly string[];
  };
}

/** What was accepted of the unanswered `CHANGES` is durable. */
export interface ChangesAckMessage {
  readonly type: 'CHANGES_ACK';
  readonly payload: {
    /** Not earlier than any commit of what was accepted. */
    readonly timestamp: Timestamp;
    /** Of a list of transactions: those that were refused. All others were accepted. */
    readonly rejected?: readonly RejectedTransaction[];
    /** Of a list of transactions: those that had been applied before, with the timestamp of then. */
    readonly repeated?: readonly RepeatedTransaction[];
  };
}

export interface RejectedTransaction {
  readonly id: string;
  /** With a status from 500 on it was not the transaction's fault, and it may be sent again. */
  readonly error: TriplitErrorJson;
}

export interface RepeatedTransaction {
  readonly id: string;
  readonly timestamp: Timestamp;
}

/** A message was refused. It never closes the connection. */
export interface ErrorMessage {
  readonly type: 'ERROR';
  readonly payload: {
    /** The type of the refused message; absent when it could not be read. */
    readonly messageType?: string;
    readonly error: TriplitErrorJson;
    readonly metadata?: ErrorMetadata;
  };
}

export interface WriteFailure {
  readonly txId: string;
  readonly collection: string;
  readonly error: TriplitErrorJson;
}

export interface ErrorMetadata {
  /** For `CONNECT_QUERY`: the query id, and what was wrong with the query. */
  readonly queryKey?: string;
  readonly innerError?: TriplitErrorJson;
  /** For `CHANGES`: one per collection of the batch. */
  readonly failures?: readonly WriteFailure[];
  /** For frames that are not JSON: the frame. */
  readonly message?: string;
}

/** Precedes a close by the server. */
export interface CloseMessage {
  readonly type: 'CLOSE';
  readonly payload: CloseReason;
}

export interface SchemaRequestMessage {
  readonly type: 'SCHEMA_REQUEST';
  readonly payload: Readonly<Record<string, never>>;
}

/**
 * With the feature `digest`: the query is not connected, since from the digest it cannot be told what to send. The client
 * is to ask again and list the ids that have these hashes, or, if no hashes are named, all ids.
 */
export interface QueryStateRequestMessage {
  readonly type: 'QUERY_STATE_REQUEST';
  readonly payload: {
    /** Of the query. */
    readonly id: string;
    /** By which the hashes were made. */
    readonly key?: Words;
    readonly hashes?: readonly Words[];
  };
}

export interface PongMessage {
  readonly type: 'PONG';
  readonly payload: { readonly clientTimestamp?: number; readonly serverTimestamp: number };
}

export type ServerSyncMessage =
  | ReadyMessage
  | EntityDataMessage
  | ChangesAckMessage
  | ErrorMessage
  | CloseMessage
  | SchemaRequestMessage
  | QueryStateRequestMessage
  | PongMessage;
