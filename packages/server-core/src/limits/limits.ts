/**
 * Every limit of the server, with its name and default. Exceeding one gives a specific answer and never ends the
 * process. Sizes of text are in characters (UTF-16 code units), sizes on the wire in bytes.
 */
import { DEFAULT_CHUNK_LIMITS } from '@triplit/db/sync';
import type { ChunkLimits } from '@triplit/db/sync';

export interface ServerLimits {
  /**
   * One incoming WebSocket frame. Larger frames close the socket with code 1009. Clients send what is longer than 512 KB in
   * chunks, none of which takes more than 2 MB on the wire; those of version 1 that were told not to need as much as they send.
   */
  readonly frameBytes: number;
  /** Frames that a client may send while its token is being verified, and text. They are kept until then. */
  readonly framesBeforeAuthentication: number;
  readonly charactersBeforeAuthentication: number;
  /** A socket without a valid token has this long to show one. */
  readonly authenticationDeadlineMs: number;
  /** Connections at a time of one principal, that is of one user of one issuer; not of service and anonymous tokens. */
  readonly connectionsPerPrincipal: number;
  /** Frames that one connection may send, on average. */
  readonly messagesPerSecond: number;
  /** Text that one connection may send, on average. */
  readonly charactersPerSecond: number;
  /** Frames and HTTP requests of one principal over all its connections, on average. */
  readonly messagesPerSecondPerPrincipal: number;
  readonly charactersPerSecondPerPrincipal: number;
  /**
   * Connections at a time of anonymous tokens from one address. Many people may share one, behind a router or a proxy that
   * the server was not told of.
   */
  readonly connectionsPerAddress: number;
  /** Frames and HTTP requests with anonymous tokens from one address, on average. */
  readonly messagesPerSecondPerAddress: number;
  readonly charactersPerSecondPerAddress: number;
  /** A burst may use up what so many seconds allow on average. */
  readonly burstSeconds: number;
  /** How often a silent socket is asked for a sign of life; one that gave none since the last time is dropped. */
  readonly pingIntervalMs: number;
  /** Messages of one connection that wait for an earlier one to be processed. */
  readonly waitingMessages: number;
  /** Unfinished chunked messages of one connection: their number, parts, text and age. */
  readonly chunks: ChunkLimits;
  readonly queriesPerConnection: number;
  /** How deep inclusions, `exists`, relational orders and paths of a client's query may be nested. */
  readonly includeDepth: number;
  /** Filters, order clauses and subqueries of a client's query, at all depths together. */
  readonly filterSize: number;
  /** Values in one list of a client's query, as for `in`. */
  readonly listLength: number;
  /** Above this many unsent bytes no further entity data is queued on a socket; it accumulates as one later frame. */
  readonly bufferedBytesBeforePause: number;
  /** Above this many unsent bytes the socket is closed; the client reconnects and resumes. */
  readonly bufferedBytes: number;
  /** Hashes of client schemas remembered as compatible. */
  readonly compatibleSchemas: number;
  /** A client that was told about a schema mismatch has this long to close the socket itself. */
  readonly schemaMismatchGraceMs: number;
  /** Body of an HTTP request, except on the bulk routes. */
  readonly requestBodyBytes: number;
  /** Body of a request to `/bulk-insert` and `/bulk-insert-file`. */
  readonly bulkBodyMegabytes: number;
}

const megabyte = 1024 * 1024;

export const defaultLimits: ServerLimits = {
  frameBytes: 16 * megabyte,
  framesBeforeAuthentication: 32,
  charactersBeforeAuthentication: megabyte,
  authenticationDeadlineMs: 15_000,
  connectionsPerPrincipal: 200,
  messagesPerSecond: 1_000,
  charactersPerSecond: 16 * megabyte,
  messagesPerSecondPerPrincipal: 4_000,
  charactersPerSecondPerPrincipal: 64 * megabyte,
  connectionsPerAddress: 1_000,
  messagesPerSecondPerAddress: 4_000,
  charactersPerSecondPerAddress: 64 * megabyte,
  burstSeconds: 20,
  pingIntervalMs: 30_000,
  waitingMessages: 1_000,
  chunks: DEFAULT_CHUNK_LIMITS,
  queriesPerConnection: 1_000,
  includeDepth: 12,
  filterSize: 1_000,
  listLength: 10_000,
  bufferedBytesBeforePause: 4 * megabyte,
  bufferedBytes: 256 * megabyte,
  compatibleSchemas: 1_000,
  schemaMismatchGraceMs: 5_000,
  requestBodyBytes: 100 * megabyte,
  bulkBodyMegabytes: 100,
};
