/** Opens a database with its stored schema and brings it to the given one, reporting how that went. */
import { TriplitError } from '../base/errors.ts';
import type { FailedSchemaChange, SchemaChange } from '../schema/schema-change.ts';
import type { DBSchema, Models } from '../schema/types.ts';
import { DB } from './database.ts';
import type { DBOptions } from './database.ts';

export type DBInitializationEvent =
  | { type: 'SUCCESS'; change: SchemaChange | undefined }
  | { type: 'SCHEMA_UPDATE_FAILED'; change: FailedSchemaChange }
  | { type: 'ERROR'; error: Error };

export interface CreateDBOptions<M extends Models = Models> extends DBOptions<M> {
  failOnBackwardsIncompatibleChange?: boolean;
}

/** Rejects with a `TriplitError` only when no database could be opened at all. */
export async function createDB<M extends Models = Models>(
  options: CreateDBOptions<M> = {},
): Promise<{ db: DB<M>; event: DBInitializationEvent }> {
  const { schema, failOnBackwardsIncompatibleChange = false, ...rest } = options;
  let db: DB<M>;
  try {
    db = new DB<M>(rest);
    await DB.adoptStoredSchema(db as unknown as DB);
  } catch (error) {
    throw new TriplitError(`Failed to create a DB instance: ${(error as Error).message}`);
  }
  if (schema === undefined) return { db, event: { type: 'SUCCESS', change: undefined } };
  try {
    const change = await db.overrideSchema(schema as unknown as DBSchema, { failOnBackwardsIncompatibleChange });
    return { db, event: change.successful ? { type: 'SUCCESS', change } : { type: 'SCHEMA_UPDATE_FAILED', change } };
  } catch (error) {
    return { db, event: { type: 'ERROR', error: error as Error } };
  }
}
