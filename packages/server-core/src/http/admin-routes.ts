/** What only a service token may do: look at and change the schema, count, clear, and apply changes as they are. */
import { TriplitError } from '@triplit/db';
import type { DBSchema } from '@triplit/db';
import { decodeChanges } from '@triplit/db/sync';
import { withDefaultRoles } from '../default-roles.ts';
import { SYSTEM_COLLECTION } from '../write-guard.ts';
import { requestFailure } from './request-failure.ts';
import type { RouteRequest } from './route.ts';

export const couldNotApplyChanges = 'Could not apply changes. An unknown error occurred.';

export function storedSchema({ context, params: { format = 'json' } }: RouteRequest): unknown {
  if (format !== 'json') throw requestFailure(400, 'Invalid format');
  const schema = context.db.getSchema();
  return schema
    ? { type: 'schema', schema: { collections: schema.collections, roles: schema.roles } }
    : { type: 'schemaless' };
}

/** Answers with what changed and what stands in the way; a refused schema is an answer too, not an error. */
export async function overrideSchema({
  context,
  params: { schema, failOnBackwardsIncompatibleChange },
}: RouteRequest): Promise<unknown> {
  if (typeof schema !== 'object' || schema === null)
    throw new TriplitError("The request has no schema. Send { schema: { collections, roles } } to '/override-schema'.");
  return context.db.overrideSchema(withDefaultRoles(schema as DBSchema), {
    failOnBackwardsIncompatibleChange: failOnBackwardsIncompatibleChange === true,
  });
}

export async function deleteAll({ context: { db }, params: { collectionName } }: RouteRequest): Promise<unknown> {
  if (typeof collectionName !== 'string' || collectionName === '')
    throw requestFailure(400, 'The request names no collection.');
  await db.transact(
    async (tx) => {
      for (const { id } of await tx.fetch({ collectionName, select: ['id'] }))
        await tx.delete(collectionName, String(id));
    },
    { skipRules: true },
  );
  return {};
}

export async function clear({ context, params: { full } }: RouteRequest): Promise<unknown> {
  await context.settings.clearDatabase(full === true);
  context.compatibleSchemas.reload();
  return {};
}

export async function stats({ context }: RouteRequest): Promise<unknown> {
  const counts = await context.db.getCollectionStats();
  return Array.from(counts, ([collection, numEntities]) => ({ collection, numEntities })).filter(
    ({ collection }) => collection !== SYSTEM_COLLECTION,
  );
}

export async function applyChanges({ context: { db }, params: { changes } }: RouteRequest): Promise<unknown> {
  if (typeof changes !== 'object' || changes === null) throw new TriplitError(couldNotApplyChanges);
  await db.commitChanges(decodeChanges(changes), { skipRules: true }).durable;
  return {};
}
