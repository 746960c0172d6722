/**
 * How a query's checkpoint is told to a server that takes digests: as a digest where that is shorter than the ids, with
 * those ids listed beside it that the server has asked for.
 */
import type { DBChanges } from '@triplit/db';
import { digestOf, encodeDigest, idHash } from '@triplit/db/sync';
import type { QueryCheckpoint, QueryStateRequestMessage, Words } from '@triplit/db/sync';

/** Fewer ids are about as short as a digest, and never need a second message. */
export const MIN_DIGEST_IDS = 100;

type Ids = readonly (readonly [collection: string, ids: readonly string[]])[];

export function digestClaim({ timestamp, entityIds }: QueryCheckpoint): QueryCheckpoint {
  const all = Object.entries(entityIds);
  const count = all.reduce((sum, [, ids]) => sum + ids.length, 0);
  if (count < MIN_DIGEST_IDS) return { timestamp, entityIds };
  return { timestamp, entityIds: {}, digest: encodeDigest(digestOf(all)) };
}

/** What the server has asked for: the ids with the hashes that it names, or all. */
export function requestedClaim(
  checkpoint: QueryCheckpoint,
  { key, hashes }: QueryStateRequestMessage['payload'],
): QueryCheckpoint {
  if (key === undefined || hashes === undefined) return checkpoint;
  const all = Object.entries(checkpoint.entityIds);
  const listed = idsWith(new Map(hashes), key, all);
  const rest = all.map(
    ([collection, ids]) => [collection, ids.filter((id) => !listed.get(collection)!.has(id))] as const,
  );
  const entityIds = Object.fromEntries([...listed].map(([collection, ids]) => [collection, [...ids]]));
  return { timestamp: checkpoint.timestamp, entityIds, digest: encodeDigest(digestOf(rest, key)) };
}

/** Whether changes of the server take away what the claim says is held. */
export function isContradicted(claim: QueryCheckpoint | undefined, changes: DBChanges): boolean {
  return Object.entries(claim?.entityIds ?? {}).some(([collection, ids]) => {
    const deletes = Object.hasOwn(changes, collection) ? changes[collection]!.deletes : undefined;
    return deletes !== undefined && deletes.size > 0 && ids.some((id) => deletes.has(id));
  });
}

function idsWith(hashes: ReadonlyMap<number, number>, key: Words, all: Ids): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    all.map(([collection, ids]) => {
      const hashOf = idHash(key, collection);
      const hasOne = (id: string): boolean => {
        const [low, high] = hashOf(id);
        return hashes.get(low) === high;
      };
      return [collection, new Set(ids.filter(hasOne))];
    }),
  );
}
