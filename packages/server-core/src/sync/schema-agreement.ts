/** Whether the schema that a client was built with fits the server's. */
import type { DBSchema } from '@triplit/db';
import type { ServerContext } from '../server-context.ts';
import { INCOMPATIBLE_SCHEMA, isCompatible, NO_SERVER_SCHEMA } from './compatible-schemas.ts';

/** `unknown`: the client has to show its schema. */
export type SchemaAgreement = 'agreed' | 'unknown' | { readonly refusal: string };

/** `hash`: of the client's schema, if it told one. */
export async function agreeByHash(
  { db, compatibleSchemas }: ServerContext,
  hash: number | undefined,
): Promise<SchemaAgreement> {
  if (hash === undefined) return 'agreed';
  if (!db.getSchema()) return { refusal: NO_SERVER_SCHEMA };
  return (await compatibleSchemas.has(hash)) ? 'agreed' : 'unknown';
}

/** Remembers the hash of a schema that fits. */
export async function agreeBySchema(
  { db, compatibleSchemas }: ServerContext,
  clientSchema: unknown,
  hash: number | undefined,
): Promise<SchemaAgreement> {
  if (!clientSchema) return 'agreed';
  const serverSchema = db.getSchema();
  if (!serverSchema || !isCompatible(clientSchema as DBSchema, serverSchema)) return { refusal: INCOMPATIBLE_SCHEMA };
  if (hash !== undefined) await compatibleSchemas.add(hash);
  return 'agreed';
}
