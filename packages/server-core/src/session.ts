/** What the holder of one verified token may do with a server: open connections and make requests. */
import type { DB } from '@triplit/db';
import type { Claims } from './admin-access.ts';
import { hasAdminAccess } from './admin-access.ts';
import type { ServerResponse } from './http/server-response.ts';
import type { SyncConnection } from './sync/connection.ts';
import type { ConnectionOptions } from './sync/connection-options.ts';

/** The server, as far as a session needs it. */
export interface SessionHost {
  readonly db: DB;
  openConnection(token: Claims, options: ConnectionOptions): SyncConnection;
  handleRequest(route: readonly string[], params: unknown, token: Claims): Promise<ServerResponse>;
}

export class Session {
  /** The claims of the token. */
  readonly token: Claims;
  /** The database as this session sees it. */
  readonly db: DB;
  readonly #host: SessionHost;

  constructor(host: SessionHost, token: Claims) {
    this.#host = host;
    this.token = token;
    this.db = host.db.withSessionVars({ ...token });
  }

  get hasAdminAccess(): boolean {
    return hasAdminAccess(this.token);
  }

  createConnection(options: ConnectionOptions = {}): SyncConnection {
    return this.#host.openConnection(this.token, options);
  }

  handleRequest(route: readonly string[], params: unknown): Promise<ServerResponse> {
    return this.#host.handleRequest(route, params, this.token);
  }
}
