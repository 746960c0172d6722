/**
 * The sync server without a runtime: one database, its live connections, and the requests made of it. Sockets and HTTP
 * are mounted on it from outside; programs may also use it directly.
 */
import { platform } from '@triplit/db';
import type { DB } from '@triplit/db';
import { logger as defaultLogger } from '@triplit/logger';
import type { Logger } from '@triplit/logger';
import type { Claims } from './admin-access.ts';
import { Connections } from './connections.ts';
import { handleRequest } from './http/handle-request.ts';
import type { ServerResponse } from './http/server-response.ts';
import { Principals } from './limits/principals.ts';
import type { ServerContext } from './server-context.ts';
import { Session } from './session.ts';
import { ServerSettings } from './settings/server-settings.ts';
import type { GivenSettings } from './settings/server-settings.ts';
import { CompatibleSchemas } from './sync/compatible-schemas.ts';
import type { SyncConnection } from './sync/connection.ts';
import type { ConnectionOptions } from './sync/connection-options.ts';
import { FlushQueue } from './sync/flush-queue.ts';
import type { Schedule } from './sync/flush-queue.ts';
import { TrafficLog } from './traffic-log.ts';

export interface ServerCoreOptions extends GivenSettings {
  readonly logger?: Logger;
  /** Writes a debug record for every message and request. Default: false. */
  readonly logTraffic?: boolean;
  /** Runs a task once the events of the turn have been handled. Default: a timer without delay. */
  readonly schedule?: Schedule;
}

export class Server {
  readonly db: DB;
  readonly context: ServerContext;
  readonly connections: Connections;
  readonly #stopFollowing: () => void;

  constructor(db: DB, options: ServerCoreOptions = {}) {
    this.db = db;
    const logger = options.logger ?? defaultLogger;
    if (!db.stampsCommits)
      logger.warn(
        'The database of this server does not remember when entities changed: clients that come back get everything anew, and may keep removed members of sets. Create it with createDB({ persistClock: true }).',
      );
    const settings = new ServerSettings(db, options, (line) => logger.warn(line));
    const compatibleSchemas = new CompatibleSchemas(db, settings.limits.compatibleSchemas);
    this.context = {
      db,
      settings,
      get limits() {
        return settings.limits;
      },
      get allowedOrigins() {
        return settings.allowedOrigins;
      },
      get tokenVerifier() {
        return settings.tokenVerifier;
      },
      get leewayMs() {
        return (settings.tokenVerifier?.leewaySeconds ?? 0) * 1000;
      },
      principals: new Principals(settings),
      logger,
      traffic: options.logTraffic ? new TrafficLog(logger) : undefined,
      flushQueue: new FlushQueue(options.schedule ?? ((task) => void platform.schedule(task))),
      compatibleSchemas,
    };
    this.connections = new Connections(this.context);
    this.#stopFollowing = db.onSchemaChange(async (change) => {
      if (change.successful) this.connections.followSchema();
      await compatibleSchemas.follow(change);
    });
  }

  /** Puts in force the settings that were changed while an earlier server ran on the database. To be called at the start. */
  loadSettings(): Promise<void> {
    return this.context.settings.load();
  }

  /** `token`: the claims of a verified token. */
  createSession(token: Claims): Session {
    return new Session(this, token);
  }

  /** `token`: the claims of a verified token. The caller adds a listener or a transport and then calls `start`. */
  openConnection(token: Claims, options: ConnectionOptions = {}): SyncConnection {
    return this.connections.open(token, options);
  }

  closeConnection(clientId: string): void {
    this.connections.get(clientId)?.close();
  }

  /** Answers a request as the HTTP API does. `token`: the claims of a verified token. Never rejects. */
  handleRequest(route: readonly string[], params: unknown, token: Claims | undefined): Promise<ServerResponse> {
    return handleRequest(this, route, params, token);
  }

  /** Lets every connection send what was accepted, closes them so that clients reconnect, and waits for storage. */
  async drain(): Promise<void> {
    this.#stopFollowing();
    await this.connections.drain();
    await this.db.whenDurable();
  }
}
