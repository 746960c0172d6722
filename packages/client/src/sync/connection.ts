/**
 * Carries out what the connection's state machine decides: sockets, timers, pings. Events are processed strictly one
 * after the other, and those of a socket that was given up are dropped.
 */
import { platform } from '@triplit/db';
import { parseCloseReason, parseServerMessage } from '@triplit/db/sync';
import type { ClientSyncMessage, CloseReason, Feature, ServerSyncMessage } from '@triplit/db/sync';
import type { Logger } from '@triplit/logger';
import { startTimer } from '../background-timer.ts';
import type { SyncTransport, TransportConnectParams } from '../transport/transport.ts';
import { INITIAL_STATE, next, statusOf } from './connection-state.ts';
import type { ConnectionEffect, ConnectionEvent, ConnectionState, ConnectionStatus } from './connection-state.ts';
import { Heartbeat } from './heartbeat.ts';
import { retryDelayMs } from './retry-delay.ts';

export interface ConnectionHost {
  /** Undefined when something is missing that a connection needs. */
  connectParams(): TransportConnectParams | undefined;
  /**
   * Gets a usable token before a socket is opened; undefined when there is one. Settles with whether there is one now;
   * a rejection means: try again later.
   */
  refreshBeforeConnect(): Promise<boolean> | undefined;
  onStatusChange(status: ConnectionStatus): void;
  onReady(): void;
  /** `reason`: what the server gave, if it did. */
  onLost(reason: CloseReason | undefined): void;
  onMessage(message: ServerSyncMessage): void;
  onMessageSent(message: ClientSyncMessage): void;
  onRefused(reason: CloseReason): void;
}

/** A socket that was told to close but does not say that it has. */
const CLOSE_TIMEOUT_MS = 2_000;
const CHANCE_STEPS = 256;

export class Connection {
  readonly #transport: SyncTransport;
  readonly #host: ConnectionHost;
  readonly #logger: Logger;
  readonly #heartbeat: Heartbeat;
  #state: ConnectionState = INITIAL_STATE;
  /** Of the current socket; events of others are stale. */
  #generation = 0;
  /** Whether the current socket was begun and has not said that it is closed. */
  #hasSocket = false;
  #clientId: string | undefined;
  /** Of the current socket, once it is ready. */
  #features: readonly string[] = [];
  #token: string | undefined;
  readonly #events: ConnectionEvent[] = [];
  #isProcessing = false;
  #stopRetryTimer: () => void = () => undefined;
  #stopCloseTimer: () => void = () => undefined;

  constructor(transport: SyncTransport, host: ConnectionHost, pingIntervalMs: number, logger: Logger) {
    this.#transport = transport;
    this.#host = host;
    this.#logger = logger;
    this.#heartbeat = new Heartbeat(pingIntervalMs, {
      ping: () => this.ping(),
      onSilence: () => this.dispatch({ type: 'silent' }),
    });
  }

  get status(): ConnectionStatus {
    return statusOf(this.#state);
  }

  get isReady(): boolean {
    return this.#state.name === 'ready';
  }

  /** Whether an addition to the protocol is in force. Known once the server is ready. */
  hasFeature(feature: Feature): boolean {
    return this.#features.includes(feature);
  }

  /** The server's name for this connection. */
  get clientId(): string | undefined {
    return this.#clientId;
  }

  /** What the current socket was opened with. */
  get token(): string | undefined {
    return this.#token;
  }

  dispatch(event: ConnectionEvent): void {
    this.#events.push(event);
    if (this.#isProcessing) return;
    this.#isProcessing = true;
    try {
      for (let current = this.#events.shift(); current !== undefined; current = this.#events.shift()) {
        this.#process(current);
      }
    } finally {
      this.#isProcessing = false;
    }
  }

  /** False when the message could not be sent. */
  send(message: ClientSyncMessage): boolean {
    if (!this.isReady || !this.#transport.sendMessage(message)) return false;
    this.#logger.debug('sent', { ...message });
    this.#host.onMessageSent(message);
    return true;
  }

  ping(): void {
    this.send({ type: 'PING', payload: { clientTimestamp: platform.now() } });
  }

  #process(event: ConnectionEvent): void {
    const before = this.status;
    const { state, effects } = next(this.#state, event);
    this.#state = state;
    if (state.name !== 'closing') this.#stopCloseTimer();
    if (this.status !== before) this.#host.onStatusChange(this.status);
    const reason = 'reason' in event ? event.reason : undefined;
    for (const effect of effects) this.#carryOut(effect, reason);
  }

  #carryOut(effect: ConnectionEffect, reason: CloseReason | undefined): void {
    switch (effect.type) {
      case 'openSocket':
        return this.#openSocket();
      case 'closeSocket':
        return this.#closeSocket(effect.reason);
      case 'startRetryTimer':
        return this.#startRetryTimer(effect.attempt);
      case 'stopRetryTimer':
        return this.#stopRetryTimer();
      case 'becameReady':
        this.#heartbeat.start();
        return this.#host.onReady();
      case 'lost':
        this.#heartbeat.stop();
        this.#clientId = undefined;
        this.#features = [];
        return this.#host.onLost(reason);
      case 'probe':
        return this.#heartbeat.probe();
      case 'reportRefusal':
        return this.#host.onRefused(effect.reason);
    }
  }

  #openSocket(): void {
    const generation = ++this.#generation;
    this.#hasSocket = false;
    const refreshing = this.#host.refreshBeforeConnect();
    if (refreshing === undefined) return this.#connectTransport(generation);
    const isCurrent = (): boolean => generation === this.#generation && this.#state.name === 'connecting';
    refreshing.then(
      (hasToken) => {
        if (!isCurrent()) return;
        if (hasToken) this.#connectTransport(generation);
        else this.dispatch({ type: 'impossible' });
      },
      () => {
        if (isCurrent()) this.dispatch({ type: 'closed' });
      },
    );
  }

  #connectTransport(generation: number): void {
    const params = this.#host.connectParams();
    if (params === undefined) return this.dispatch({ type: 'impossible' });
    this.#token = params.token;
    try {
      this.#transport.connect(params);
    } catch (error) {
      this.#logger.warn(`The client cannot connect: ${(error as Error).message}`);
      return this.dispatch({ type: 'impossible' });
    }
    this.#hasSocket = true;
    const current = <A extends readonly unknown[]>(handle: (...args: A) => void) => {
      return (...args: A): void => {
        if (generation === this.#generation) handle(...args);
      };
    };
    this.#transport.onOpen(current(() => this.dispatch({ type: 'opened' })));
    this.#transport.onMessage(current(({ data }) => this.#receive(data)));
    this.#transport.onClose(
      current(({ reason }) => {
        this.#hasSocket = false;
        this.dispatch({ type: 'closed', reason: parseCloseReason(reason ?? '') });
      }),
    );
    this.#transport.onError(
      current(() => {
        this.#logger.debug(`The connection to ${params.server} failed.`);
        this.#transport.close();
      }),
    );
  }

  #closeSocket(reason: CloseReason): void {
    const isAwaited = this.#state.name === 'closing';
    // When nobody waits for this socket to close, nothing that it says later may be heard.
    if (!isAwaited) this.#generation++;
    if (this.#hasSocket) {
      if (isAwaited) this.#stopCloseTimer = startTimer(() => this.dispatch({ type: 'closed' }), CLOSE_TIMEOUT_MS);
      this.#transport.close(reason);
    } else if (isAwaited) {
      this.dispatch({ type: 'closed' });
    }
  }

  #startRetryTimer(attempt: number): void {
    const chance = platform.randomBytes(new Uint8Array(1))[0]! / CHANCE_STEPS;
    this.#stopRetryTimer = platform.schedule(() => this.dispatch({ type: 'retryDue' }), retryDelayMs(attempt, chance));
  }

  #receive(data: string): void {
    this.#heartbeat.heard();
    const parsed = parseServerMessage(data);
    if (!parsed.ok) {
      this.#logger.debug(`Ignored a message of the server: ${parsed.refusal.error.message}`);
      return;
    }
    const { message } = parsed;
    this.#logger.debug('received', { ...message });
    if (message.type === 'READY') {
      this.#clientId = message.payload.clientId;
      this.#features = message.payload.features ?? [];
    }
    this.#host.onMessage(message);
    if (message.type === 'READY') this.dispatch({ type: 'ready' });
    if (message.type === 'CLOSE') this.dispatch({ type: 'refused', reason: message.payload });
  }
}
