/**
 * Compaction: what was kept so that late changes and absent peers cannot bring deleted things back may go when it is
 * older than the retention. Invariant: the horizon, up to which things may be gone, is durable before anything goes.
 */
import { metadataPrefix, prefixEnd } from '../entities/entity-keys.ts';
import { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { compileMemberPruner } from '../schema/removed-members.ts';
import type { RowChange } from '../changes/types.ts';
import { platform } from '../base/platform.ts';
import type { StorageEdit } from '../storage/port.ts';
import { decodeTuple } from '../values/key-encoding.ts';
import type { DatabaseCore } from './database-core.ts';

/** Entities looked at between two turns of the event loop. */
const ENTITIES_PER_TURN = 1_000;

export interface CompactionReport {
  /** Entities that were deleted before the horizon and are forgotten now. */
  forgottenDeletes: number;
  /** Entities whose removed set members were dropped. */
  prunedEntities: number;
}

export async function compact(core: DatabaseCore, horizonMs: number): Promise<CompactionReport> {
  const report: CompactionReport = { forgottenDeletes: 0, prunedEntities: 0 };
  const horizon: Timestamp = [horizonMs, 0, ''];
  await core.retention.moveHorizon(horizon);
  for (let after = metadataPrefix; ;) {
    const stamps = [...core.storage.range({ gt: after, lt: prefixEnd(metadataPrefix), limit: ENTITIES_PER_TURN })];
    const edits: StorageEdit[] = [];
    const pruned: RowChange[] = [];
    for (const [key, stamp] of stamps) {
      const [, collection, id] = decodeTuple(key) as [string, string, string | undefined];
      if (id === undefined || HybridLogicalClock.compare(stamp as Timestamp, horizon) >= 0) continue;
      const prev = core.store.row(collection, id);
      if (prev === undefined) {
        edits.push({ key, value: undefined });
        report.forgottenDeletes += 1;
        continue;
      }
      const type = core.typeOf(collection);
      const next = (type && compileMemberPruner(type)?.(prev)) ?? prev;
      if (next === prev) continue;
      pruned.push({ collection, id, prev, next });
      report.prunedEntities += 1;
    }
    if (edits.length > 0 || pruned.length > 0) await core.rewriteRows(pruned, edits);
    if (stamps.length < ENTITIES_PER_TURN) return report;
    after = stamps.at(-1)![0];
    await new Promise<void>((resolve) => void platform.schedule(resolve));
  }
}
