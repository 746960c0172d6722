/**
 * One WebSocket from its opening to its end: verifies the token, opens the connection, and feeds it the frames. Until the
 * token is verified nothing is processed; a few early frames are kept for afterwards.
 */
import { TriplitError } from '@triplit/db';
import { CLOSE_CODES, closeReasonText } from '@triplit/db/sync';
import type { CloseReason } from '@triplit/db/sync';
import { TokenIssuerUnavailableError, TokenVerificationError } from '../errors.ts';
import type { VerifiedToken } from '../auth/token-verifier.ts';
import type { Server } from '../server.ts';
import { factsOfToken } from '../token-facts.ts';
import type { SyncConnection } from './connection.ts';
import type { Transport } from './outlet.ts';

export interface SocketParameters {
  readonly token: string;
  /** NaN when the client sent something that is not a number. */
  readonly clientSchemaHash: number | undefined;
  readonly syncSchema: boolean;
}

/** Reads the query parameters of the address that a client connects to. */
export function socketParameters(query: URLSearchParams): SocketParameters {
  const schema = query.get('schema');
  return {
    token: query.get('token') ?? '',
    clientSchemaHash: schema === null ? undefined : Number.parseInt(schema, 10),
    syncSchema: query.get('sync-schema') === 'true',
  };
}

export class SocketSession {
  readonly #server: Server;
  readonly #transport: Transport;
  #early: string[] = [];
  #earlyCharacters = 0;
  #connection: SyncConnection | undefined;
  #ended = false;

  constructor(server: Server, transport: Transport) {
    this.#server = server;
    this.#transport = transport;
  }

  /** To be called once, when the socket is open. Never rejects. */
  async open({ token, ...options }: SocketParameters): Promise<void> {
    const { logger } = this.#server.context;
    try {
      const { claims } = await this.#verify(token);
      if (this.#ended) return;
      const connection = this.#server.openConnection(claims, { ...options, facts: factsOfToken(token) });
      this.#connection = connection;
      connection.attach(this.#transport);
      void connection.start();
      for (const frame of this.#early) void connection.receive(frame);
      this.#early = [];
      logger.info(`Client ${connection.clientId} connected (${this.#server.connections.count} connected)`);
    } catch (error) {
      if (this.#ended) return;
      if (error instanceof TriplitError) {
        logger.warn(`Refused a connection: ${error.message}`);
        const retry = error instanceof TokenIssuerUnavailableError;
        return this.#refuse(CLOSE_CODES.POLICY_VIOLATION, { type: 'UNAUTHORIZED', retry, message: error.message });
      }
      logger.error(`Could not open a connection: ${String(error)}`, {
        stack: error instanceof Error ? error.stack : undefined,
      });
      this.#refuse(CLOSE_CODES.INTERNAL_ERROR, {
        type: 'INTERNAL_ERROR',
        retry: true,
        message: 'The server could not open the connection.',
      });
    }
  }

  /** A text frame came in. */
  receive(frame: string): void {
    if (this.#ended) return;
    if (this.#connection) {
      void this.#connection.receive(frame);
      return;
    }
    const { framesBeforeAuthentication, charactersBeforeAuthentication } = this.#server.context.limits;
    this.#earlyCharacters += frame.length;
    if (this.#early.length < framesBeforeAuthentication && this.#earlyCharacters <= charactersBeforeAuthentication)
      this.#early.push(frame);
  }

  /** A binary frame came in; the protocol has none. */
  receiveBinary(): void {
    this.receive('');
  }

  /** The socket has closed, from whichever side. */
  closed(code: number): void {
    if (this.#connection) {
      const { logger } = this.#server.context;
      this.#connection.close();
      logger.info(
        `Client ${this.#connection.clientId} disconnected with code ${code} (${this.#server.connections.count} connected)`,
      );
    }
    this.#ended = true;
    this.#early = [];
  }

  #verify(token: string): Promise<VerifiedToken> {
    const { tokenVerifier } = this.#server.context;
    if (!tokenVerifier) throw new TokenVerificationError('No secret provided for token verification');
    return tokenVerifier.verify(token);
  }

  #refuse(code: number, reason: CloseReason): void {
    this.#ended = true;
    this.#early = [];
    this.#transport.send(JSON.stringify({ type: 'CLOSE', payload: reason }));
    this.#transport.close(code, closeReasonText(reason));
  }
}
