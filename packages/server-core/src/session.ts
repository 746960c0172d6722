/** What the holder of one verified token may do with a server: open connections and make requests. */
import type { DB } from '@triplit/db';
import type { Claims } from './admin-access.ts';
import { hasAdminAccess } from './admin-access.ts';
import type { ServerResponse } from './http/route.ts';
import type { Server } from './server.ts';
import type { ConnectionOptions, SyncConnection } from './sync/connection.ts';

export class Session {
  readonly server: Server;
  /** The claims of the token. */
  readonly token: Claims;
  /** The database as this session sees it. */
  readonly db: DB;

  constructor(server: Server, token: Claims) {
    this.server = server;
    this.token = token;
    this.db = server.db.withSessionVars({ ...token });
  }

  get hasAdminAccess(): boolean {
    return hasAdminAccess(this.token);
  }

  createConnection(options: ConnectionOptions = {}): SyncConnection {
    return this.server.openConnection(this.token, options);
  }

  handleRequest(route: readonly string[], params: unknown): Promise<ServerResponse> {
    return this.server.handleRequest(route, params, this.token);
  }
}
