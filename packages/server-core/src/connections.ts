/** The open connections of one server, by client id. */
import type { CloseType } from '@triplit/db/sync';
import type { Claims } from './admin-access.ts';
import type { ServerContext } from './server-context.ts';
import { SyncConnection } from './sync/connection.ts';
import type { ConnectionOptions } from './sync/connection-options.ts';

export class Connections {
  readonly #context: ServerContext;
  readonly #open = new Map<string, SyncConnection>();
  #isDraining = false;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Whether the server is stopping, so that no client should connect. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Oldest first. */
  clientIds(): Iterable<string> {
    return this.#open.keys();
  }

  get(clientId: string): SyncConnection | undefined {
    return this.#open.get(clientId);
  }

  /** A connection under the same client id is closed. Throws when the principal has as many as it may. */
  open(token: Claims, options: ConnectionOptions): SyncConnection {
    const connection: SyncConnection = new SyncConnection(this.#context, token, options, () => {
      if (this.#open.get(connection.clientId) === connection) this.#open.delete(connection.clientId);
    });
    this.#open.get(connection.clientId)?.close();
    this.#open.set(connection.clientId, connection);
    return connection;
  }

  /** To be called when the schema has changed. */
  followSchema(): void {
    for (const connection of this.#open.values()) connection.followSchema();
  }

  /** Ends those that the test is true of, and tells their clients why. */
  endWhere(test: (connection: SyncConnection) => boolean, type: CloseType, message: string): void {
    for (const connection of [...this.#open.values()].filter(test)) connection.end(type, message);
  }

  /** Lets every connection send what was accepted, and closes it so that its client reconnects. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all([...this.#open.values()].map((connection) => connection.drain()));
  }
}
