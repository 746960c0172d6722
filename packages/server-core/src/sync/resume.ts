/** What a client says it already holds of a query, and when such an entity needs no sending again. */
import { HybridLogicalClock } from '@triplit/db';
import type { Timestamp } from '@triplit/db';
import type { QueryCheckpoint } from '@triplit/db/sync';

export interface ResumeState {
  /** The timestamp of the last entity data that the client applied, of any query. */
  readonly timestamp: Timestamp;
  /** By collection. */
  readonly entityIds: ReadonlyMap<string, ReadonlySet<string>>;
}

export function resumeStateOf({ timestamp, entityIds }: QueryCheckpoint): ResumeState {
  return {
    timestamp,
    entityIds: new Map(Object.entries(entityIds).map(([collection, ids]) => [collection, new Set(ids)])),
  };
}

/** An entity stamped at exactly the checkpoint counts as changed: sending once too often is harmless, once too little is not. */
export function unchangedSince(stamped: Timestamp | undefined, checkpoint: Timestamp): boolean {
  return stamped !== undefined && HybridLogicalClock.compare(stamped, checkpoint) < 0;
}
