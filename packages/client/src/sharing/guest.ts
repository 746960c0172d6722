/** A follower as its leader sees it: it is told every step of the replica, and has a share in the connection. */
import type { TriplitErrorJson } from '@triplit/db';
import { platform, TriplitError } from '@triplit/db';
import type { ClientSyncMessage, CloseReason } from '@triplit/db/sync';
import type { Replica } from '../replica/replica.ts';
import type { SharedMethod } from '../sync/leader.ts';
import type { RemoteQuery } from '../sync/query-channel.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { FollowerMessage, LeaderMessage } from './messages.ts';
import type { Port } from './port.ts';

export interface GuestHost {
  readonly replica: Replica;
  readonly engine: SyncEngine;
  /** Makes the token, or a newer one of the same person, that of all who share. */
  takeSession(token: string | undefined): void;
  /** A guest does, or does not any more, want the connection. */
  wishesChanged(): void;
  gone(guest: Guest): void;
}

export class Guest {
  readonly #port: Port;
  readonly #host: GuestHost;
  readonly #queries = new Map<string, RemoteQuery>();
  readonly #stops: (() => void)[] = [];
  /** Whether the follower asked for the connection, and was told that it is ready. */
  wantsConnection = false;
  #isConnected = false;
  #isGone = false;
  /** Of the session that it takes part in. */
  token: string | undefined;

  constructor(port: Port, host: GuestHost) {
    this.#port = port;
    this.#host = host;
    port.listen((message: FollowerMessage) => this.#receive(message));
    host.replica.ready.then(
      () => this.#welcome(),
      (error: unknown) => this.#post({ type: 'refusal', reason: String((error as Error).message) }),
    );
  }

  /** The connection is ready, or was lost, or could not be made. */
  readinessChanged(isReady: boolean, reason: CloseReason | undefined): void {
    if (isReady) {
      this.#post({ type: 'available' });
      this.#openIfWanted();
    } else if (this.wantsConnection) {
      this.#isConnected = false;
      this.wantsConnection = false;
      this.#post(reason === undefined ? { type: 'closed' } : { type: 'closed', reason });
    }
  }

  /** The session that it takes part in ended elsewhere. */
  endSession(): void {
    if (this.token === undefined) return;
    this.token = undefined;
    this.#disconnect();
    this.#post({ type: 'sessionEnded' });
  }

  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#disconnect();
    for (const stop of this.#stops) stop();
    this.#port.close();
    this.#host.gone(this);
  }

  /** From here on every step is relayed, so the content and the steps leave no gap. */
  #welcome(): void {
    if (this.#isGone) return;
    const { replica, engine } = this.#host;
    this.#post({ type: 'welcome', content: replica.outbox.content() });
    this.#stops.push(
      replica.onOperation((operation) => this.#post({ type: 'operation', operation })),
      engine.onWriteReport((report) => this.#post({ type: 'report', report })),
    );
  }

  #receive(message: FollowerMessage): void {
    if (this.#isGone) return;
    switch (message.type) {
      case 'append':
        return void this.#host.engine.mirror({ kind: 'append', transaction: message.transaction }, true);
      case 'call':
        return void this.#answer(message.number, message.method, message.args);
      case 'session':
        this.token = message.token;
        return this.#host.takeSession(message.token);
      case 'connect':
        this.wantsConnection = true;
        this.#host.wishesChanged();
        return this.#openIfWanted();
      case 'disconnect':
        return this.#disconnect();
      case 'send':
        return this.#take(message.message);
      case 'watchTraffic':
        return this.#relayTraffic();
      case 'leave':
        return this.leave();
    }
  }

  #relayTraffic(): void {
    const { engine } = this.#host;
    const stops = [
      engine.onSyncMessageReceived((message) =>
        this.#post({ type: 'traffic', traffic: { direction: 'received', message } }),
      ),
      engine.onSyncMessageSent((message) => this.#post({ type: 'traffic', traffic: { direction: 'sent', message } })),
    ];
    this.#stops.push(...stops);
  }

  async #answer(number: number, method: SharedMethod | 'flush', args: readonly unknown[]): Promise<void> {
    try {
      const value = await callShared(this.#host, method, args);
      this.#post({ type: 'result', number, value });
    } catch (error) {
      this.#post({ type: 'result', number, error: errorJson(error) });
    }
  }

  /** What the follower would say to the server. */
  #take(message: ClientSyncMessage): void {
    switch (message.type) {
      case 'CONNECT_QUERY':
        return this.#connectQuery(message.payload.id, message.payload.params as never);
      case 'DISCONNECT_QUERY':
        this.#queries.get(message.payload.id)?.close();
        return void this.#queries.delete(message.payload.id);
      case 'UPDATE_TOKEN':
        this.token = message.payload.token;
        return this.#host.takeSession(message.payload.token);
      case 'PING':
        return this.#post({
          type: 'message',
          message: { type: 'PONG', payload: { ...message.payload, serverTimestamp: platform.now() } },
        });
      case 'CHANGES':
      case 'CHUNK':
      case 'SCHEMA_RESPONSE':
    }
  }

  #connectQuery(id: string, params: never): void {
    const before = this.#queries.get(id);
    // An answer from now on reaches the follower as a step of the replica, with the texts of its queries.
    let isNew = true;
    const query = this.#host.engine.subscribeUnchecked(params, (state, context) => {
      if (state === 'ERROR') this.#refuseQuery(id, context);
      else if (state === 'FULFILLED' && isNew) this.#alreadyAnswered(id);
    });
    isNew = false;
    this.#queries.set(id, query);
    before?.close();
  }

  #alreadyAnswered(id: string): void {
    const changes = { json: {} } as never;
    this.#post({
      type: 'message',
      message: {
        type: 'ENTITY_DATA',
        payload: { changes, timestamp: this.#host.replica.checkpoint, forQueries: [id] },
      },
    });
  }

  #refuseQuery(id: string, error: unknown): void {
    this.#queries.delete(id);
    this.#post({
      type: 'message',
      message: {
        type: 'ERROR',
        payload: { messageType: 'CONNECT_QUERY', error: errorJson(error), metadata: { queryKey: id } },
      },
    });
  }

  #openIfWanted(): void {
    if (!this.wantsConnection || this.#isConnected || !this.#host.engine.serverReady) return;
    this.#isConnected = true;
    this.#post({ type: 'opened' });
  }

  #disconnect(): void {
    this.wantsConnection = false;
    this.#isConnected = false;
    for (const query of this.#queries.values()) query.close();
    this.#queries.clear();
    this.#host.wishesChanged();
  }

  #post(message: LeaderMessage): void {
    if (!this.#isGone) this.#port.post(message);
  }
}

/** Does what only the leader does. */
export async function callShared(
  { engine, replica }: Pick<GuestHost, 'engine' | 'replica'>,
  method: SharedMethod | 'flush',
  args: readonly unknown[],
): Promise<unknown> {
  if (method === 'flush') return replica.flush();
  return (engine[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}

function errorJson(error: unknown): TriplitErrorJson {
  return error instanceof TriplitError ? error.toJSON() : new TriplitError(String((error as Error).message)).toJSON();
}
