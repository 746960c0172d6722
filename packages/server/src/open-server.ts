/** Everything of a server that comes before its first connection: logging, keys, storage, schema. */
import { createDB, TriplitError } from '@triplit/db';
import type { DB, DBSchema, KVStore } from '@triplit/db';
import { Logger } from '@triplit/logger';
import { ConsoleHandler } from '@triplit/logger/console';
import { Server, withDefaultRoles } from '@triplit/server-core';
import type { Schedule } from '@triplit/server-core';
import { payloadMegabytes } from './options.ts';
import type { ServerOptions } from './options.ts';
import { openTokenVerifier } from './token-settings.ts';

export interface OpenServer {
  readonly server: Server;
  readonly logger: Logger;
  /** Makes everything durable, and closes storage if it was opened here. */
  close(): Promise<void>;
}

export async function openServer(options: ServerOptions & { readonly schedule?: Schedule }): Promise<OpenServer> {
  const logger = new Logger([options.logHandler ?? new ConsoleHandler()], undefined, options.verboseLogs ? 'DEBUG' : 'INFO').context('server');
  const { verifyToken, leewaySeconds } = await openTokenVerifier(options, logger);
  const { storage } = options;
  const kv = typeof storage === 'function' ? await storage() : storage;
  const db = await openDatabase(kv, options.dbOptions);
  const server = new Server(db, {
    logger,
    verifyToken,
    leewaySeconds,
    schedule: options.schedule,
    limits: { ...options.limits, bulkBodyMegabytes: payloadMegabytes(options.maxPayloadMb) },
  });
  // Storage that was handed over open belongs to the caller, who may open it again.
  const isOurs = typeof storage === 'function' || storage === undefined;
  return { server, logger, close: () => (isOurs ? db.close() : db.whenDurable()) };
}

async function openDatabase(kv: KVStore | undefined, { schema, variables }: NonNullable<ServerOptions['dbOptions']> = {}): Promise<DB> {
  const { db, event } = await createDB({
    kv,
    schema: schema && withDefaultRoles(schema as DBSchema),
    variables,
    clientId: 'server',
    persistClock: true,
  });
  if (event.type === 'SUCCESS') return db;
  const reason = event.type === 'ERROR' ? event.error.message : explain(event.change);
  throw new TriplitError(`Failed to initialize database: ${event.type}. ${reason}`);
}

function explain({ message, issues }: { message: string; issues: readonly { issue: string; context: unknown; violatesExistingData: boolean; cure: string }[] }): string {
  const violations = issues.filter(({ violatesExistingData }) => violatesExistingData);
  return [message, ...violations.map(({ issue, cure, context }) => `${attributeName(context)}: ${issue}. ${cure}.`)].join('\n');
}

function attributeName(context: unknown): string {
  const { collection, attribute } = context as { collection?: string; attribute?: readonly string[] };
  return [collection, ...(attribute ?? [])].join('.');
}
