/**
 * Replacing the schema of a database: validate, compare, probe the data, apply. A schema that cannot be applied is an
 * expected outcome, reported as data; only a storage failure throws.
 */
import type { CollectionQuery } from '../ast/query.ts';
import { equalValue } from '../values/equal-values.ts';
import type { SchemaChange } from '../schema/schema-change.ts';
import type { DBSchema } from '../schema/types.ts';
import { validateSchema } from '../schema/validate-schema.ts';
import type { DatabaseCore } from './database-core.ts';
import { applySchema, toJson } from './stored-schema.ts';

export interface OverrideSchemaOptions {
  /** Refuse any edit that could break data or older clients, even when no stored row is affected. */
  readonly failOnBackwardsIncompatibleChange?: boolean;
}

export type SchemaChangeListener = (change: SchemaChange) => unknown;

/** One after the other, each awaited; all of them, also when one fails, whose error is thrown at the end. */
export async function tellInTurn(listeners: Iterable<SchemaChangeListener>, change: SchemaChange): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  for (const listener of [...listeners]) {
    try {
      await listener(change);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
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
  // Comparing is for the day on which a schema changes; until then its code is not loaded.
  if (equalValue(toJson(oldSchema), toJson(newSchema)))
    return { successful: true, code: 'SUCCESS', message: UPDATED, diff: [], issues: [], oldSchema, newSchema };
  const { diffSchemas, getBackwardsIncompatibleEdits, getSchemaDiffIssues } =
    await import('../schema/compare-schemas.ts');
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
