/**
 * Replacing the schema of a database: validate, compare, probe the data, apply. A schema that cannot be applied is an
 * expected outcome, reported as data; only a storage failure throws.
 */
import type { CollectionQuery } from '../ast/query.ts';
import type { Row } from '../changes/types.ts';
import { diffSchemas } from '../schema/diff-schemas.ts';
import { getBackwardsIncompatibleEdits, getSchemaDiffIssues } from '../schema/schema-issues.ts';
import type { SchemaChange } from '../schema/schema-change.ts';
import type { DBSchema } from '../schema/types.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import { METADATA_COLLECTION } from '../transactions/check-writes.ts';
import type { DatabaseCore } from './database-core.ts';

export const SCHEMA_ENTITY_ID = '_schema';

export interface OverrideSchemaOptions {
  /** Refuse any edit that could break data or older clients, even when no stored row is affected. */
  readonly failOnBackwardsIncompatibleChange?: boolean;
}

export async function overrideSchema(
  core: DatabaseCore,
  newSchema: DBSchema,
  options: OverrideSchemaOptions,
): Promise<SchemaChange> {
  const oldSchema = core.schema;
  const problem = validateSchema(newSchema);
  if (problem !== undefined) {
    return { successful: false, code: 'SCHEMA_INVALID', message: problem, diff: [], issues: [], oldSchema, newSchema };
  }
  if (oldSchema === undefined) {
    await applySchema(core, newSchema);
    return { successful: true, code: 'SUCCESS', message: UPDATED, diff: [], issues: [], oldSchema, newSchema };
  }
  const diff = diffSchemas(oldSchema, newSchema);
  if (diff.length === 0)
    return { successful: true, code: 'SUCCESS', message: UPDATED, diff, issues: [], oldSchema, newSchema };
  const probe = async (query: CollectionQuery) => core.fetch(query, undefined, true);
  const issues = await getSchemaDiffIssues(probe, diff);
  if (issues.some((issue) => issue.violatesExistingData)) {
    return {
      successful: false,
      code: 'EXISTING_DATA_MISMATCH',
      message: VIOLATES_DATA,
      diff,
      issues,
      oldSchema,
      newSchema,
    };
  }
  if (options.failOnBackwardsIncompatibleChange === true && getBackwardsIncompatibleEdits(diff).length > 0) {
    return {
      successful: false,
      code: 'SCHEMA_COMPATIBILITY_MISMATCH',
      message: INCOMPATIBLE,
      diff,
      issues,
      oldSchema,
      newSchema,
    };
  }
  await applySchema(core, newSchema);
  return { successful: true, code: 'SUCCESS', message: UPDATED, diff, issues, oldSchema, newSchema };
}

const UPDATED = 'Schema updated successfully.';
const VIOLATES_DATA = 'Schema update failed due to existing data violations.';
const INCOMPATIBLE = 'Schema update failed due to backwards incompatible changes.';

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

const toJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
