/** Everything of a server that comes before its first connection: logging, keys, storage, schema. */
import { createDB, TriplitError } from '@triplit/db';
import type { DB, DBSchema, KVStore } from '@triplit/db';
import { Logger } from '@triplit/logger';
import { ConsoleHandler } from '@triplit/logger/console';
import { listSetting, Server, withDefaultRoles } from '@triplit/server-core';
import type { Schedule, TokenVerifier } from '@triplit/server-core';
import { payloadMegabytes } from './options.ts';
import type { ServerOptions } from './options.ts';

export interface OpenServer {
  readonly server: Server;
  readonly logger: Logger;
  /** Makes everything durable, and closes storage if it was opened here. */
  close(): Promise<void>;
}

export async function openServer(options: ServerOptions & { readonly schedule?: Schedule }): Promise<OpenServer> {
  // A handler of the caller's decides itself what it shows.
  const logTraffic = options.verboseLogs === true || options.logHandler !== undefined;
  const logger = new Logger([options.logHandler ?? new ConsoleHandler()], undefined, logTraffic ? 'DEBUG' : 'INFO');
  const { storage } = options;
  // Storage that was handed over open belongs to the caller, who may open it again.
  const isOurs = typeof storage === 'function' || storage === undefined;
  const close = (db: DB): Promise<void> => (isOurs ? db.close() : db.whenDurable());
  const kv = typeof storage === 'function' ? await storage() : storage;
  const { db, problem } = await openDatabase(kv, options.dbOptions);
  if (problem) {
    await close(db);
    throw problem;
  }
  const server = new Server(db, {
    logger,
    logTraffic,
    corsOrigins: listSetting(options.corsOrigins),
    auth: options,
    schedule: options.schedule,
    limits: {
      ...options.limits,
      ...(options.maxPayloadMb !== undefined && { bulkBodyMegabytes: payloadMegabytes(options.maxPayloadMb) }),
    },
  });
  await server.loadSettings();
  await reportKeys(server.context.tokenVerifier, logger);
  const stopCompacting = compactRegularly(db, logger);
  return {
    server,
    logger,
    close: () => {
      stopCompacting();
      return close(db);
    },
  };
}

/** How often what is older than the retention is looked for. */
const COMPACTION_INTERVAL_MS = 6 * 60 * 60_000;

/** Returns a function that ends it. */
function compactRegularly(db: DB, logger: Logger): () => void {
  const timer = setInterval(() => {
    db.compact().then(
      ({ forgottenDeletes, prunedEntities }) => {
        if (forgottenDeletes + prunedEntities > 0)
          logger.info(
            `Compaction forgot ${forgottenDeletes} deleted entities and pruned the sets of ${prunedEntities}.`,
          );
      },
      (error: unknown) => logger.error('Compaction failed and is tried again later.', { error }),
    );
  }, COMPACTION_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Says at the start which keys were recognised and what is wrong with them, and not only when the first user fails. */
async function reportKeys(verifier: TokenVerifier | undefined, logger: Logger): Promise<void> {
  if (!verifier) return;
  await verifier.ready;
  const problems = new Set(verifier.problems());
  for (const line of verifier.describe()) {
    if (problems.has(line)) logger.error(line);
    else if (line.startsWith('Warning: ')) logger.warn(line.slice('Warning: '.length));
    else logger.info(line);
  }
}

/** `problem`: why the database cannot be used as it was asked for. It is open all the same. */
async function openDatabase(
  kv: KVStore | undefined,
  { schema, variables }: NonNullable<ServerOptions['dbOptions']> = {},
): Promise<{ db: DB; problem?: TriplitError }> {
  const { db, event } = await createDB({
    kv,
    schema: schema && withDefaultRoles(schema as DBSchema),
    variables,
    clientId: 'server',
    persistClock: true,
  });
  if (event.type === 'SUCCESS') return { db };
  const reason = event.type === 'ERROR' ? event.error.message : explain(event.change);
  return { db, problem: new TriplitError(`Failed to initialize database: ${event.type}. ${reason}`) };
}

function explain({
  message,
  issues,
}: {
  message: string;
  issues: readonly { issue: string; context: unknown; violatesExistingData: boolean; cure: string }[];
}): string {
  const violations = issues.filter(({ violatesExistingData }) => violatesExistingData);
  return [
    message,
    ...violations.map(({ issue, cure, context }) => `${attributeName(context)}: ${issue}. ${cure}.`),
  ].join('\n');
}

function attributeName(context: unknown): string {
  const { collection, attribute } = context as { collection?: string; attribute?: readonly string[] };
  return [collection, ...(attribute ?? [])].join('.');
}
