/** Reading and writing entities over HTTP. The permissions of the token apply; a service token passes them. */
import { TriplitError } from '@triplit/db';
import type { CollectionQuery } from '@triplit/db';
import { requireQueryWithinLimits } from '../limits/query-limits.ts';
import { guardCollection } from '../write-guard.ts';
import { plainJson } from './plain-json.ts';
import { requestFailure } from './request-failure.ts';
import type { RouteRequest } from './route.ts';

type Entity = Record<string, unknown>;

export const couldNotInsert = 'Could not insert entity. An unknown error occurred.';
export const couldNotUpdate = 'Could not update entity. An unknown error occurred.';
export const couldNotDelete = 'Could not delete entity. An unknown error occurred.';

export async function fetchEntities({ context, db, isAdmin, params: { query } }: RouteRequest): Promise<unknown> {
  if (typeof query !== 'object' || query === null)
    throw new TriplitError('An unknown error occurred processing your request.');
  if (!isAdmin) requireQueryWithinLimits(query, context.limits);
  return plainJson(await db.fetch(query as CollectionQuery, { skipRules: isAdmin }));
}

export async function insertEntity({
  db,
  isAdmin,
  params: { collectionName, entity },
}: RouteRequest): Promise<unknown> {
  if (!isAdmin) guardCollection(db, collectionName, 'insert', idOf(entity));
  return plainJson(await db.insert(collectionName as string, entity as Entity, { skipRules: isAdmin }));
}

/** One transaction for all: either every entity is stored or none. */
export async function bulkInsert({ db, isAdmin, params, query }: RouteRequest): Promise<unknown> {
  const inserted: Record<string, unknown[]> = {};
  await db.transact(
    async (tx) => {
      for (const [collection, entities] of Object.entries(params)) {
        if (!Array.isArray(entities)) throw requestFailure(400, `The entities of '${collection}' are not a list.`);
        if (!isAdmin) guardCollection(db, collection, 'insert', idOf(entities[0]));
        const stored: unknown[] = [];
        for (const entity of entities as Entity[]) stored.push(await tx.insert(collection, entity));
        inserted[collection] = stored;
      }
    },
    { skipRules: isAdmin },
  );
  return query.get('noReturn') === 'true' ? {} : plainJson(inserted);
}

/** An entity that does not exist is left alone. */
export async function updateEntity({
  db,
  isAdmin,
  params: { collectionName, entityId, changes },
}: RouteRequest): Promise<unknown> {
  if (typeof changes !== 'object' || changes === null) throw new TriplitError(couldNotUpdate);
  if (!isAdmin) guardCollection(db, collectionName, 'update', String(entityId));
  await db.update(collectionName as string, entityId as string, changes as Entity, { skipRules: isAdmin });
  return {};
}

/** An entity that does not exist counts as deleted. */
export async function deleteEntity({
  db,
  isAdmin,
  params: { collectionName, entityId },
}: RouteRequest): Promise<unknown> {
  if (!isAdmin) guardCollection(db, collectionName, 'delete', String(entityId));
  await db.delete(collectionName as string, entityId as string, { skipRules: isAdmin });
  return {};
}

function idOf(entity: unknown): string {
  const id = typeof entity === 'object' && entity !== null ? (entity as Entity)['id'] : undefined;
  return typeof id === 'string' ? id : '';
}
