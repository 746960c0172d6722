/**
 * A server in the same process and transports to it, for tests: real server, real messages as text, no sockets. The
 * network between them can be taken away and put back.
 */
import { createDB } from '@triplit/db';
import type { DB, DBSchema } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import type { ClientSyncMessage, CloseReason, Feature } from '@triplit/db/sync';
import { closeReasonText } from '@triplit/db/sync';
import { Logger } from '@triplit/logger';
import { Server } from '@triplit/server-core';
import { decodeToken } from '../session/decode-token.ts';
import type { ConnectionStatus } from '../sync/connection-state.ts';
import { CallbackTransport } from '../transport/callback-transport.ts';
import type { TransportConnectParams } from '../transport/transport.ts';

type Connection = ReturnType<Server['openConnection']>;

export class LoopbackServer {
  readonly db: DB;
  readonly server: Server;
  readonly #transports = new Set<LoopbackTransport>();
  /** Whether new connections can be made. */
  isReachable = true;
  /** How long a message travels. */
  latencyMs = 0;
  /** What new connections are granted beyond version 1. */
  features: ReadonlySet<Feature>;

  private constructor(db: DB, features: ReadonlySet<Feature>) {
    this.db = db;
    this.features = features;
    this.server = new Server(db, { logger: new Logger() });
  }

  static async start(
    schema?: DBSchema,
    features: ReadonlySet<Feature> = new Set(['digest', 'transactions']),
  ): Promise<LoopbackServer> {
    const { db } = await createDB({
      kv: new BTreeKVStore(),
      clientId: 'server',
      persistClock: true,
      ...(schema && { schema }),
    });
    return new LoopbackServer(db as unknown as DB, features);
  }

  transport(): LoopbackTransport {
    const transport = new LoopbackTransport(this);
    this.#transports.add(transport);
    return transport;
  }

  /** Every connection is lost, without a word, and none can be made until `restoreNetwork`. */
  cutNetwork(): void {
    this.isReachable = false;
    for (const transport of this.#transports) transport.lose();
  }

  restoreNetwork(): void {
    this.isReachable = true;
  }
}

export class LoopbackTransport extends CallbackTransport {
  connectionStatus: ConnectionStatus = 'UNINITIALIZED';
  /** Everything that was sent, over all connections. */
  readonly sent: ClientSyncMessage[] = [];
  /** The text of everything that arrived, over all connections. */
  readonly received: string[] = [];
  /** Its program was killed: nothing that it does reaches anybody. */
  isDead = false;
  /** How often a connection was asked for. */
  connects = 0;
  readonly #host: LoopbackServer;
  #connection: Connection | undefined;
  #attempt = 0;

  constructor(host: LoopbackServer) {
    super();
    this.#host = host;
  }

  connect({ token }: TransportConnectParams): void {
    if (this.isDead) return;
    const attempt = ++this.#attempt;
    this.connects++;
    this.#connection?.close();
    this.#connection = undefined;
    this.connectionStatus = 'CONNECTING';
    this.#later(() => {
      if (attempt !== this.#attempt) return;
      if (!this.#host.isReachable) return this.#closed('');
      const connection = this.#host.server.openConnection(decodeToken(token) ?? {}, {
        features: this.#host.features,
      });
      const isCurrent = (): boolean => this.#connection === connection;
      this.#connection = connection;
      connection.attach({
        send: (data) => this.#later(() => isCurrent() && this.#receive(data)),
        close: (_code, reason) => this.#later(() => isCurrent() && this.#closed(reason)),
        bufferedBytes: () => 0,
      });
      this.connectionStatus = 'OPEN';
      this.tellOpen();
      void connection.start();
    });
  }

  sendMessage(message: ClientSyncMessage): boolean {
    const connection = this.#connection;
    if (connection === undefined || !this.isOpen) return false;
    this.sent.push(message);
    const text = JSON.stringify(message);
    this.#later(() => void connection.receive(text));
    return true;
  }

  close(reason?: CloseReason): void {
    const attempt = this.#attempt;
    this.connectionStatus = 'CLOSING';
    this.#later(() => {
      if (attempt === this.#attempt) this.#closed(reason ? closeReasonText(reason) : '');
    });
  }

  /** The network is gone. */
  lose(): void {
    if (this.#connection !== undefined) this.#closed('');
  }

  #receive(data: string): void {
    this.received.push(data);
    this.tellMessage({ data });
  }

  /** Never in the same turn, as with a network. */
  #later(task: () => void): void {
    setTimeout(task, this.#host.latencyMs);
  }

  #closed(reason: string): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.connectionStatus = 'CLOSED';
    this.tellClose({ reason });
  }
}
