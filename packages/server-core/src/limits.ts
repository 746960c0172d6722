/**
 * Every limit of the server, with its name and default. Exceeding one gives a specific answer and never ends the
 * process. Sizes of text are in characters (UTF-16 code units), sizes on the wire in bytes.
 */
import { DEFAULT_CHUNK_LIMITS } from '@triplit/db/sync';
import type { ChunkLimits } from '@triplit/db/sync';

export interface ServerLimits {
  /** One incoming WebSocket frame. Larger frames close the socket with code 1009. */
  readonly frameBytes: number;
  /** Frames kept while the token of a socket is being verified. Further ones are dropped. */
  readonly framesBeforeAuthentication: number;
  readonly charactersBeforeAuthentication: number;
  /** Messages of one connection that wait for an earlier one to be processed. */
  readonly waitingMessages: number;
  /** Unfinished chunked messages of one connection: their number, parts, text and age. */
  readonly chunks: ChunkLimits;
  readonly queriesPerConnection: number;
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
  frameBytes: 100 * megabyte,
  framesBeforeAuthentication: 32,
  charactersBeforeAuthentication: megabyte,
  waitingMessages: 1_000,
  chunks: DEFAULT_CHUNK_LIMITS,
  queriesPerConnection: 1_000,
  bufferedBytesBeforePause: 4 * megabyte,
  bufferedBytes: 256 * megabyte,
  compatibleSchemas: 1_000,
  schemaMismatchGraceMs: 5_000,
  requestBodyBytes: 100 * megabyte,
  bulkBodyMegabytes: 100,
};
