/** What a client says it already holds of a query, and when such an entity needs no sending again. */
import { HybridLogicalClock, InvalidOperationError } from '@triplit/db';
import type { EntityMap, Timestamp } from '@triplit/db';
import { compareDigests, decodeDigest, digestOf, idHash } from '@triplit/db/sync';
import type { Feature, IdDigest, IdSets, QueryCheckpoint, QueryStateRequestMessage, Words } from '@triplit/db/sync';

export interface ResumeState {
  /** The timestamp of the last entity data that the client applied, of any query. */
  readonly timestamp: Timestamp;
  /** By collection. */
  readonly entityIds: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of what the client holds beside these. */
  readonly digest: IdDigest | undefined;
}

/** What has to be asked of a client whose digest does not tell what it holds; see `QueryStateRequestMessage`. */
export type StateRequest = Omit<QueryStateRequestMessage['payload'], 'id'>;

/** Whether the client holds an entity that the query shows now. */
export type Holdings = (collection: string, id: string) => boolean;

/** Throws when the connection has not asked for what the checkpoint makes use of. */
export function resumeStateOf(
  { timestamp, entityIds, digest }: QueryCheckpoint,
  features: ReadonlySet<Feature> | undefined,
): ResumeState {
  if (digest != null && !features?.has('digest'))
    throw new InvalidOperationError("This connection has not asked for the feature 'digest'.");
  return {
    timestamp,
    entityIds: new Map(Object.entries(entityIds).map(([collection, ids]) => [collection, new Set(ids)])),
    digest: digest == null ? undefined : decodeDigest(digest),
  };
}

/** An entity stamped at exactly the checkpoint counts as changed: sending once too often is harmless, once too little is not. */
export function unchangedSince(stamped: Timestamp | undefined, checkpoint: Timestamp): boolean {
  return stamped !== undefined && HybridLogicalClock.compare(stamped, checkpoint) < 0;
}

/** `current`: what the query shows now. */
export function holdingsOf({ entityIds, digest }: ResumeState, current: EntityMap): Holdings | StateRequest {
  const isListed: Holdings = (collection, id) => entityIds.get(collection)?.has(id) === true;
  if (digest === undefined) return isListed;
  const key: Words = [digest[0]!, digest[1]!];
  const unlisted = withoutListed(current, isListed);
  const differences = compareDigests(digestOf(unlisted, key), digest);
  if (differences === undefined) return {};
  const { onlyMine, onlyTheirs } = differences;
  // What becomes of these the client can only be told by their ids.
  if (onlyTheirs.size > 0) return { key, hashes: [...onlyTheirs] };
  const lacking = idsOf(onlyMine, key, unlisted);
  return lacking === undefined ? {} : (collection, id) => lacking.get(collection)?.has(id) !== true;
}

function withoutListed(current: EntityMap, isListed: Holdings): IdSets {
  return [...current].map(([collection, rows]) => [
    collection,
    [...rows.keys()].filter((id) => !isListed(collection, id)),
  ]);
}

/** The ids that have these hashes. Undefined when two ids have the same. */
function idsOf(
  hashes: ReadonlyMap<number, number>,
  key: Words,
  sets: IdSets,
): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  const found = new Map<string, Set<string>>();
  if (hashes.size === 0) return found;
  let count = 0;
  for (const [collection, ids] of sets) {
    const hashOf = idHash(key, collection);
    const members = new Set<string>();
    found.set(collection, members);
    for (const id of ids) {
      const [low, high] = hashOf(id);
      if (hashes.get(low) === high) members.add(id);
    }
    count += members.size;
  }
  return count === hashes.size ? found : undefined;
}
