/** Applies a version of the project's schema to a running database, or says attribute by attribute why it cannot be. */
import { DEFAULT_ROLES } from '@triplit/db';
import type { DB, DBSchema } from '@triplit/db';
import { describeChange, describeRefusal } from '../schema-report.ts';

export type SchemaOutcome =
  | { readonly type: 'applied'; readonly edits: readonly string[] }
  | { readonly type: 'unchanged' }
  | { readonly type: 'refused'; readonly explanation: string };

/** Refuses only what existing data violates, as at the start of a server. Without roles the schema gets the default ones. */
export async function applySchema(db: DB, schema: DBSchema): Promise<SchemaOutcome> {
  const change = await db.overrideSchema({ ...schema, roles: schema.roles ?? DEFAULT_ROLES });
  if (!change.successful) return { type: 'refused', explanation: describeRefusal(change) };
  const edits = describeChange(change);
  return edits.length === 0 ? { type: 'unchanged' } : { type: 'applied', edits };
}
