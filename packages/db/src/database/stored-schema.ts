/** The schema as the database stores it: one entity of the collection `_metadata`. */
import type { Row } from '../changes/types.ts';
import type { DBSchema } from '../schema/types.ts';
import { cloneJson } from '../values/clone-json.ts';
import { METADATA_COLLECTION } from '../transactions/check-writes.ts';
import type { DatabaseCore } from './database-core.ts';

export const SCHEMA_ENTITY_ID = '_schema';

/** Persists the schema, replacing the stored one whole, and puts it in force. */
export async function applySchema(core: DatabaseCore, schema: DBSchema): Promise<void> {
  const row: Record<string, unknown> = { id: SCHEMA_ENTITY_ID, collections: toJson(schema.collections) };
  if (schema.roles !== undefined) row['roles'] = toJson(schema.roles);
  const durable = core.writeMetadataRow(SCHEMA_ENTITY_ID, row);
  core.setSchema(schema);
  await durable;
}

/** The schema stored in a database, or undefined. */
export function storedSchema(core: Pick<DatabaseCore, 'store'>): DBSchema | undefined {
  const row = core.store.row(METADATA_COLLECTION, SCHEMA_ENTITY_ID) as (Row & Partial<DBSchema>) | undefined;
  if (row === undefined || row.collections === undefined) return undefined;
  const { id: _id, ...schema } = row;
  return structuredClone(schema) as unknown as DBSchema;
}

/** Plain data that shares nothing with the schema; a Set that is a default or part of a filter becomes a list. */
export const toJson = (value: unknown): unknown => cloneJson(value);
