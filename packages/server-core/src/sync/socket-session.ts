/**
 * One WebSocket from its opening to its end: verifies the token, opens the connection, and feeds it the frames. Until the
 * token is verified nothing is processed; a few early frames are kept for afterwards.
 */
import { platform, TriplitError } from '@triplit/db';
import {
  CLOSE_CODES,
  closeReasonText,
  parseClientMessage,
  parseFeatures,
  TOKEN_SUB_PROTOCOL_PREFIX,
} from '@triplit/db/sync';
import type { CloseReason, Feature } from '@triplit/db/sync';
import { LimitExceededError, TokenIssuerUnavailableError, TokenVerificationError } from '../errors.ts';
import type { VerifiedToken } from '../auth/token-verifier.ts';
import type { Connections } from '../connections.ts';
import type { ServerContext } from '../server-context.ts';
import { factsOfToken } from '../token-facts.ts';
import type { SyncConnection } from './connection.ts';
import type { Transport } from './outlet.ts';

export interface SocketParameters {
  readonly token: string;
  /** NaN when the client sent something that is not a number. */
  readonly clientSchemaHash: number | undefined;
  readonly syncSchema: boolean;
  readonly features: ReadonlySet<Feature>;
  /** Undefined when it is not known. */
  readonly address?: string;
}

/** The server, as far as a session needs it. */
export interface SessionHost {
  readonly context: ServerContext;
  readonly connections: Connections;
}

/**
 * Reads the address that a client connects to. `subProtocols`: those that it offers, as in the header
 * `Sec-WebSocket-Protocol`; a token may be in one of them, since addresses get into the logs of proxies. `address`: where
 * the client connects from.
 */
export function socketParameters(query: URLSearchParams, subProtocols = '', address?: string): SocketParameters {
  const schema = query.get('schema');
  const tokenProtocol = subProtocols
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(TOKEN_SUB_PROTOCOL_PREFIX));
  return {
    token: tokenProtocol?.slice(TOKEN_SUB_PROTOCOL_PREFIX.length) ?? query.get('token') ?? '',
    features: parseFeatures(query.get('features')),
    clientSchemaHash: schema === null ? undefined : Number.parseInt(schema, 10),
    syncSchema: query.get('sync-schema') === 'true',
    ...(address !== undefined && { address }),
  };
}

export class SocketSession {
  readonly #server: SessionHost;
  readonly #transport: Transport;
  #early: string[] = [];
  #earlyCharacters = 0;
  #connection: SyncConnection | undefined;
  #ended = false;
  /** The parameters of a socket whose token is to come in the first message. */
  #awaitsToken: SocketParameters | undefined;
  readonly #stopDeadline: () => void;

  constructor(server: SessionHost, transport: Transport) {
    this.#server = server;
    this.#transport = transport;
    const { authenticationDeadlineMs } = server.context.limits;
    this.#stopDeadline = platform.schedule(() => {
      if (this.#ended || this.#connection) return;
      const message = `The connection was not authenticated within ${authenticationDeadlineMs / 1000} seconds.`;
      this.#refuse(CLOSE_CODES.POLICY_VIOLATION, { type: 'UNAUTHORIZED', retry: true, message });
    }, authenticationDeadlineMs);
  }

  /** To be called once, when the socket is open. Never rejects. */
  async open(parameters: SocketParameters): Promise<void> {
    if (parameters.token === '' && parameters.features.has('token-message')) this.#awaitsToken = parameters;
    else await this.#authenticate(parameters);
  }

  async #authenticate({ token, ...options }: SocketParameters): Promise<void> {
    const { logger } = this.#server.context;
    try {
      const { claims } = await this.#verify(token);
      if (this.#ended) return;
      // It may have been replaced a moment ago, when there was no connection yet to end.
      this.#server.context.settings.tokens.requireCurrent(claims);
      const connection = this.#server.connections.open(claims, { ...options, facts: factsOfToken(token) });
      this.#connection = connection;
      this.#stopDeadline();
      connection.attach(this.#transport);
      void connection.start();
      for (const frame of this.#early) void connection.receive(frame);
      this.#early = [];
      logger.info(`Client ${connection.clientId} connected (${this.#server.connections.count} connected)`);
    } catch (error) {
      if (this.#ended) return;
      if (error instanceof LimitExceededError) {
        logger.warn(`Refused a connection: ${error.message}`);
        return this.#refuse(CLOSE_CODES.TRY_AGAIN_LATER, {
          type: 'LIMIT_EXCEEDED',
          retry: true,
          message: error.message,
        });
      }
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
    const parameters = this.#awaitsToken;
    if (parameters) {
      this.#awaitsToken = undefined;
      const parsed = parseClientMessage(frame);
      // Any other first message leaves the token empty, which is refused as a missing token.
      const token = parsed.ok && parsed.message.type === 'UPDATE_TOKEN' ? parsed.message.payload.token : '';
      void this.#authenticate({ ...parameters, token });
      return;
    }
    this.#keepEarly(frame);
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
    this.#stopDeadline();
  }

  /** None is left out: whoever sent it would wait for an answer in vain. */
  #keepEarly(frame: string): void {
    const { framesBeforeAuthentication: frames, charactersBeforeAuthentication: characters } =
      this.#server.context.limits;
    this.#early.push(frame);
    this.#earlyCharacters += frame.length;
    if (this.#early.length <= frames && this.#earlyCharacters <= characters) return;
    const excess = `Until its token is verified a client may send ${frames} messages and ${characters} characters.`;
    this.#server.context.logger.warn(`Refused a connection: ${excess}`);
    this.#refuse(CLOSE_CODES.TRY_AGAIN_LATER, { type: 'LIMIT_EXCEEDED', retry: true, message: excess });
  }

  #verify(token: string): Promise<VerifiedToken> {
    const { tokenVerifier } = this.#server.context;
    if (!tokenVerifier) throw new TokenVerificationError('No secret provided for token verification');
    return tokenVerifier.verify(token);
  }

  #refuse(code: number, reason: CloseReason): void {
    this.#ended = true;
    this.#early = [];
    this.#stopDeadline();
    this.#transport.send(JSON.stringify({ type: 'CLOSE', payload: reason }));
    this.#transport.close(code, closeReasonText(reason));
  }
}
