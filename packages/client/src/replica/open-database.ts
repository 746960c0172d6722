/** Opens the client's database with its stored schema, brings it to the given one, and tells the application how that went. */
import { createDB, EntityStoreWithOutbox, logSchemaChangeViolations, platform } from '@triplit/db';
import type { DB, DBInitializationEvent, DBSchema, KVStore, Models, Roles, TriplitError } from '@triplit/db';
import { BTreeKVStore } from '@triplit/db/storage/memory-btree';
import type { Logger } from '@triplit/logger';

export interface DatabaseOptions<M extends Models = Models> {
  readonly kv: KVStore | Promise<KVStore>;
  readonly schema?: M;
  readonly roles?: Roles;
  readonly variables?: Record<string, unknown>;
  /** Storage that may be missing or blocked, as in private windows: then memory takes its place. */
  readonly fallBackToMemory: boolean;
  readonly onDatabaseInit?: (db: DB<M>, event: DBInitializationEvent) => void | Promise<void>;
}

/** Rejects with whatever `onDatabaseInit` threw, or when storage that has no substitute cannot be opened. */
export async function openDatabase<M extends Models>(options: DatabaseOptions<M>, logger: Logger): Promise<DB<M>> {
  const { db, event } = await open(options, logger);
  if (options.onDatabaseInit !== undefined) await options.onDatabaseInit(db, event);
  else reportEvent(event, logger);
  return db;
}

async function open<M extends Models>(
  { kv, schema, roles, variables, fallBackToMemory }: DatabaseOptions<M>,
  logger: Logger,
): Promise<{ db: DB<M>; event: DBInitializationEvent }> {
  const dbSchema: DBSchema<M> | undefined = schema && { collections: schema, ...(roles && { roles }) };
  const clientId = platform.randomUuid();
  const openOn = async (store: KVStore | Promise<KVStore>) =>
    createDB<M>({
      kv: await store,
      clientId,
      variables: variables ?? {},
      entityStore: new EntityStoreWithOutbox(),
      ...(dbSchema && { schema: dbSchema }),
    });
  if (!fallBackToMemory) return openOn(kv);
  try {
    return await openOn(kv);
  } catch (error) {
    const { contextMessage, message } = error as TriplitError;
    logger.warn(
      `IndexedDB could not be opened, so data is kept in memory and lost when this page closes. ${contextMessage ?? message}`,
    );
    return openOn(new BTreeKVStore());
  }
}

function reportEvent(event: DBInitializationEvent, logger: Logger): void {
  switch (event.type) {
    case 'SUCCESS':
      return;
    case 'ERROR':
      logger.error(`The client's database could not take over the schema: ${event.error.message}`, {
        error: event.error,
      });
      return;
    case 'SCHEMA_UPDATE_FAILED':
      logSchemaChangeViolations(event.change, { logger });
      logger.error('The client goes on with the schema that it had saved before.');
  }
}
