/**
 * One client's connection: handshake, queries down, changes up. Its messages are processed strictly in the order of
 * arrival, its answers leave strictly in order, and nothing a client sends can make it throw.
 */
import { platform, TriplitError } from '@triplit/db';
import {
  ChunkAssembler,
  closeCode,
  CLOSE_CODES,
  closeReasonText,
  parseClientMessage,
  QuerySyncError,
  refusalMessage,
} from '@triplit/db/sync';
import type { ClientSyncMessage, CloseType, MessageRefusal, ServerSyncMessage } from '@triplit/db/sync';
import type { Claims } from '../admin-access.ts';
import type { VerifiedToken } from '../auth/token-verifier.ts';
import { errorForClient } from '../error-for-client.ts';
import { LimitExceededError, TokenIssuerUnavailableError } from '../errors.ts';
import { requireQueryWithinLimits } from '../limits/query-limits.ts';
import type { ServerContext } from '../server-context.ts';
import { factsOfClaims, factsOfToken } from '../token-facts.ts';
import type { TokenFacts } from '../token-facts.ts';
import { receiveBatch } from './client-changes.ts';
import { receiveTransactions } from './client-transactions.ts';
import { ConnectedQueries } from './connected-queries.ts';
import type { InvalidQuery } from './connected-queries.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { ConnectionRights } from './connection-rights.ts';
import { entityDataMessage } from './entity-data.ts';
import type { EntityNews } from './entity-news.ts';
import type { Flushable } from './flush-queue.ts';
import { frameText } from './frame-text.ts';
import { Inbox } from './inbox.ts';
import { Outlet, outgoing } from './outlet.ts';
import type { MessageListener, OutgoingMessage, Transport } from './outlet.ts';
import { resumeStateOf } from './resume.ts';
import { agreeByHash, agreeBySchema } from './schema-agreement.ts';
import type { SchemaAgreement } from './schema-agreement.ts';
import { SendChain } from './send-chain.ts';
import { TokenLifetime } from './token-lifetime.ts';

type Phase = 'new' | 'schema-requested' | 'refused' | 'ready' | 'closed';
type MessageOf<T extends ClientSyncMessage['type']> = Extract<ClientSyncMessage, { type: T }>;

/** A fault of the server may be gone in a moment; what is wrong with a token or schema is not. */
const MAY_PASS: readonly CloseType[] = ['INTERNAL_ERROR', 'LIMIT_EXCEEDED'];
/** How long entity data is held back from a socket that does not keep up, before it is looked at again. */
const PAUSE_MS = 50;

export class SyncConnection implements Flushable {
  readonly clientId: string;
  readonly options: ConnectionOptions;
  readonly #context: ServerContext;
  readonly #rights: ConnectionRights;
  readonly #queries: ConnectedQueries;
  readonly #chunks: ChunkAssembler;
  readonly #inbox: Inbox;
  readonly #chain = new SendChain();
  readonly #outlet = new Outlet();
  readonly #lifetime: TokenLifetime;
  readonly #onClosed: () => void;
  #phase: Phase = 'new';
  #isSendingEntities = false;

  constructor(context: ServerContext, token: Claims, options: ConnectionOptions, onClosed: () => void) {
    this.#context = context;
    this.#rights = new ConnectionRights(context, token, options);
    this.options = options;
    this.clientId = options.clientId ?? platform.randomUuid();
    this.#queries = new ConnectedQueries({
      db: this.#rights.db,
      skipRules: this.#rights.isAdmin,
      mostQueries: context.limits.queriesPerConnection,
      onNews: () => context.flushQueue.add(this),
    });
    this.#chunks = new ChunkAssembler(context.limits.chunks);
    this.#inbox = new Inbox(context.limits.waitingMessages);
    this.#lifetime = new TokenLifetime(this.#rights.facts.expiresAt, context.leewayMs, () => this.end('TOKEN_EXPIRED'));
    this.#onClosed = onClosed;
  }

  /** What the connection may see and write, and whom it speaks for. */
  get rights(): ConnectionRights {
    return this.#rights;
  }

  /** The claims of its token. */
  get token(): Claims {
    return this.#rights.token;
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** Compares schemas if the client asks for it, then sends `READY`. Messages sent meanwhile wait. */
  start(): Promise<void> {
    return this.#inbox.enqueue(() => this.#guard(undefined, () => this.#handshake()));
  }

  /** Receives every message to the client, as `(type, payload)`. Returns a function that removes the listener. */
  addListener(listener: MessageListener): () => void {
    return this.#outlet.addListener(listener);
  }

  /** Sends every message to the client through the socket as well. */
  attach(transport: Transport): void {
    this.#outlet.attach(transport);
  }

  /** Takes a message as an object. Settles when it has been processed; never rejects. */
  dispatchCommand(message: ClientSyncMessage): Promise<void> {
    return this.receive(frameText(message));
  }

  /** Takes a frame. Settles when it has been processed; never rejects. */
  receive(frame: string): Promise<void> {
    if (this.#phase === 'closed') return Promise.resolve();
    if (this.#lifetime.isOver()) {
      this.end('TOKEN_EXPIRED');
      return Promise.resolve();
    }
    const excess = this.#inbox.isFull
      ? `More than ${this.#context.limits.waitingMessages} messages are waiting to be processed.`
      : this.#rights.allowance.excessOf(frame);
    if (excess !== undefined) {
      this.#context.logger.warn(`Closed the connection of client ${this.clientId}: ${excess}`);
      this.end('LIMIT_EXCEEDED', excess);
      return Promise.resolve();
    }
    const parsed = parseClientMessage(frame);
    return this.#inbox.enqueue(() => (parsed.ok ? this.#process(parsed.message) : this.#refuse(parsed.refusal)));
  }

  /**
   * Lets the connection live as long as a newer token that gives the same rights. With other rights it goes on under
   * them if the client asked for that when it connected; otherwise it ends, as clients of version 1 expect.
   */
  updateToken(token: Claims, facts: TokenFacts = factsOfClaims(token)): void {
    try {
      const effect = this.#rights.follow(token, facts);
      if (effect === 'refused') return this.end('ROLES_MISMATCH', "Roles for new token don't match the old token.");
      this.#lifetime.extend(facts.expiresAt);
      if (effect === 'changed') this.#refuseQueries(this.#queries.authorize(this.#rights.db, this.#rights.isAdmin));
    } catch (caught) {
      const type = caught instanceof LimitExceededError ? 'LIMIT_EXCEEDED' : 'INTERNAL_ERROR';
      this.end(type, this.#known(caught, 'UPDATE_TOKEN').message);
    }
  }

  /** Sends what waits, as one `ENTITY_DATA`. Called by the flush queue at the end of a turn. */
  flush(): void {
    if (this.#phase !== 'ready' || this.#isSendingEntities) return;
    if (this.#outlet.bufferedBytes > this.#context.limits.bufferedBytesBeforePause) {
      platform.schedule(() => this.#context.flushQueue.add(this), PAUSE_MS);
      return;
    }
    const news = this.#takeNews();
    if (!news) return;
    // Later than every commit so far, all of which are in this frame or an earlier one.
    const timestamp = this.#rights.db.clock.next();
    const frame = entityDataMessage(news, timestamp);
    this.#isSendingEntities = true;
    this.#chain.push(
      {
        send: () => {
          this.#isSendingEntities = false;
          this.#deliver(frame);
          if (this.#queries.hasNews) this.#context.flushQueue.add(this);
        },
        fail: (error) => this.#storageFailed(error),
      },
      this.#rights.db.whenDurable(),
    );
  }

  /** Ends the connection from the server's side: tells the client why, then closes the socket. */
  end(type: CloseType, message?: string, retry = MAY_PASS.includes(type)): void {
    if (this.#phase === 'closed') return;
    const reason = outgoing({
      type: 'CLOSE',
      payload: message === undefined ? { type, retry } : { type, message, retry },
    });
    this.#context.traffic?.sent(reason, this.clientId);
    this.#outlet.send(reason);
    this.#outlet.closeTransport(closeCode(type), closeReasonText({ type, retry }));
    this.close();
  }

  /** Lets what was accepted reach the client, then closes the socket so that the client reconnects. */
  async drain(): Promise<void> {
    this.flush();
    await this.#chain.whenEmpty();
    this.#outlet.closeTransport(1001, '');
    this.close();
  }

  /** Drops the queries and everything that waits. Sends nothing. Idempotent. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#context.flushQueue.delete(this);
    this.#queries.close();
    this.#inbox.close();
    this.#chain.close();
    this.#chunks.clear();
    this.#lifetime.stop();
    this.#rights.allowance.leave();
    this.#outlet.detach();
    this.#onClosed();
  }

  #process(message: ClientSyncMessage): void | Promise<void> {
    if (this.#phase === 'closed') return undefined;
    this.#context.traffic?.received(message.type, this.clientId);
    const allowedBeforeReady = message.type === 'SCHEMA_RESPONSE' || message.type === 'UPDATE_TOKEN';
    if (this.#phase !== 'ready' && !allowedBeforeReady)
      return this.#refuse({ messageType: message.type, error: new TriplitError('Server not ready for messages') });
    return this.#guard(message.type, () => this.#handle(message));
  }

  #handle(message: ClientSyncMessage): void | Promise<void> {
    switch (message.type) {
      case 'CONNECT_QUERY':
        return this.#connectQuery(message);
      case 'DISCONNECT_QUERY':
        return this.#queries.disconnect(message.payload.id);
      case 'CHANGES':
        return this.#applyChanges(message);
      case 'CHUNK':
        return this.#assemble(message);
      case 'PING':
        return this.#pong(message);
      case 'SCHEMA_RESPONSE':
        return this.#compareSchemas(message);
      case 'UPDATE_TOKEN':
        return this.#replaceToken(message);
    }
  }

  async #handshake(): Promise<void> {
    this.#follow(await agreeByHash(this.#context, this.options.clientSchemaHash));
  }

  async #compareSchemas({ payload }: MessageOf<'SCHEMA_RESPONSE'>): Promise<void> {
    this.#follow(await agreeBySchema(this.#context, payload.schema, this.options.clientSchemaHash));
  }

  #follow(agreement: SchemaAgreement): void {
    if (agreement === 'agreed') return this.#becomeReady();
    if (agreement !== 'unknown') return this.#refuseSchema(agreement.refusal);
    this.#phase = 'schema-requested';
    this.#send({ type: 'SCHEMA_REQUEST', payload: {} });
  }

  #becomeReady(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'ready';
    const { features } = this.options;
    const agreed = features && features.size > 0 ? { features: [...features] } : {};
    this.#send({ type: 'READY', payload: { clientId: this.clientId, ...agreed } });
  }

  /** The client closes the socket when it reads this; one that does not is closed after a while. */
  #refuseSchema(message: string): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'refused';
    const reason = { type: 'SCHEMA_MISMATCH', retry: false } as const;
    this.#send({ type: 'CLOSE', payload: { ...reason, message } });
    platform.schedule(() => {
      if (this.#phase !== 'refused') return;
      this.#outlet.closeTransport(CLOSE_CODES.POLICY_VIOLATION, closeReasonText(reason));
      this.close();
    }, this.#context.limits.schemaMismatchGraceMs);
  }

  #connectQuery({ payload: { id, params, state } }: MessageOf<'CONNECT_QUERY'>): void {
    try {
      if (!this.#rights.isAdmin) requireQueryWithinLimits(params, this.#context.limits);
      const request = this.#queries.connect(
        id,
        params,
        state ? resumeStateOf(state, this.options.features) : undefined,
      );
      if (request) this.#send({ type: 'QUERY_STATE_REQUEST', payload: { id, ...request } });
    } catch (caught) {
      this.#refuseQuery(id, caught);
    }
  }

  #refuseQuery(id: string, caught: unknown): void {
    const error = this.#known(caught, 'CONNECT_QUERY');
    const metadata = { queryKey: id, innerError: error.toJSON() };
    this.#refuse({ messageType: 'CONNECT_QUERY', error: new QuerySyncError(error), metadata });
  }

  #refuseQueries(invalid: readonly InvalidQuery[]): void {
    for (const { id, error } of invalid) this.#refuseQuery(id, error);
  }

  /** To be called when the schema has changed: its permissions hold for the queries that are connected, too. */
  followSchema(): void {
    this.#refuseQueries(this.#queries.prepareAgain());
  }

  #applyChanges({ payload }: MessageOf<'CHANGES'>): void {
    const { db, isAdmin, facts } = this.#rights;
    const known = (caught: unknown): TriplitError => this.#known(caught, 'CHANGES');
    const writer = { db, isAdmin, facts, features: this.options.features, known };
    const { answer, durable, refusal } = payload.transactions
      ? receiveTransactions(payload, writer)
      : receiveBatch(payload, writer);
    if (!durable) return this.#send(answer);
    const ack = outgoing(answer);
    this.#chain.push({ send: () => this.#deliver(ack), fail: (caught) => this.#send(refusal(caught)) }, durable);
  }

  #assemble({ payload }: MessageOf<'CHUNK'>): void | Promise<void> {
    const text = this.#chunks.add(payload);
    if (text === undefined) return undefined;
    const parsed = parseClientMessage(text);
    if (!parsed.ok) return this.#refuse(parsed.refusal);
    if (parsed.message.type === 'CHUNK') throw new TriplitError('A chunked message cannot itself be a chunk.');
    return this.#process(parsed.message);
  }

  #pong({ payload: { clientTimestamp } }: MessageOf<'PING'>): void {
    this.#send({ type: 'PONG', payload: { clientTimestamp, serverTimestamp: platform.now() } });
  }

  async #replaceToken({ payload: { token } }: MessageOf<'UPDATE_TOKEN'>): Promise<void> {
    const { tokenVerifier, settings } = this.#context;
    if (!tokenVerifier)
      throw new TriplitError('This server takes no tokens over a connection: it was made without a token verifier.');
    let verified: VerifiedToken;
    try {
      verified = await tokenVerifier.verify(token);
      settings.tokens.requireCurrent(verified.claims);
    } catch (caught) {
      const retry = caught instanceof TokenIssuerUnavailableError;
      return this.end('UNAUTHORIZED', this.#known(caught, 'UPDATE_TOKEN').message, retry);
    }
    this.updateToken(verified.claims, factsOfToken(token));
  }

  /** Runs a handler so that whatever it throws becomes an answer. */
  #guard(messageType: ClientSyncMessage['type'] | undefined, run: () => void | Promise<void>): void | Promise<void> {
    const failed = (caught: unknown) => {
      const error = this.#known(caught, messageType ?? 'the handshake');
      if (messageType) this.#refuse({ messageType, error });
      else this.end('INTERNAL_ERROR', error.message);
    };
    try {
      const running = run();
      return running?.catch(failed);
    } catch (caught) {
      return failed(caught);
    }
  }

  #known(caught: unknown, what: string): TriplitError {
    return errorForClient(caught, `${what} of client ${this.clientId}`, this.#context.logger);
  }

  #takeNews(): EntityNews | undefined {
    try {
      return this.#queries.take();
    } catch (caught) {
      this.end('INTERNAL_ERROR', this.#known(caught, 'the news').message);
      return undefined;
    }
  }

  #refuse(refusal: MessageRefusal): void {
    this.#send(refusalMessage(refusal));
  }

  #send(message: ServerSyncMessage): void {
    const sendable = outgoing(message);
    this.#chain.push({ send: () => this.#deliver(sendable) });
  }

  #deliver(message: OutgoingMessage): void {
    if (this.#phase === 'closed') return;
    if (this.#lifetime.isOver()) return this.end('TOKEN_EXPIRED');
    this.#context.traffic?.sent(message, this.clientId);
    this.#outlet.send(message);
    if (this.#outlet.bufferedBytes <= this.#context.limits.bufferedBytes) return;
    this.#context.logger.warn(`Closed the connection of client ${this.clientId}: it does not read what it is sent.`);
    this.#outlet.closeTransport(CLOSE_CODES.TRY_AGAIN_LATER, '');
    this.close();
  }

  /** Without durability nothing may be shown to the client; reconnecting, it starts from what is durable. */
  #storageFailed(error: unknown): void {
    this.#context.logger.error(`Storage could not make changes durable: ${String(error)}`);
    this.end('INTERNAL_ERROR', 'The server could not store data.');
  }
}
