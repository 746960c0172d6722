/**
 * Turns a change set into its effect on rows: deletes first, then sets merged onto what is there. Nothing is written.
 */
import { InvalidOperationError } from '../base/errors.ts';
import { applyChange } from '../changes/apply-change.ts';
import type { Change, DBChanges, Row, RowChange } from '../changes/types.ts';
import { OverlaySource } from '../entities/overlay-source.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { setOwn } from '../values/own-property.ts';

/** One checked act on one row. An entity that is deleted and set in one commit is deleted first, then inserted. */
export type StagedWrite =
  | { readonly operation: 'insert'; readonly collection: string; readonly id: string; readonly next: Row }
  | {
      readonly operation: 'update';
      readonly collection: string;
      readonly id: string;
      readonly prev: Row;
      readonly next: Row;
      readonly change: Change;
    }
  | { readonly operation: 'delete'; readonly collection: string; readonly id: string; readonly prev: Row };

export interface StagedCommit {
  readonly writes: readonly StagedWrite[];
  readonly rowChanges: readonly RowChange[];
}

/** The minimal change set that was really applied. */
export function appliedChanges(changes: DBChanges, { writes }: StagedCommit): DBChanges {
  const applied: DBChanges = {};
  for (const collection of Object.keys(changes))
    setOwn(applied, collection, { sets: new Map(), deletes: new Set(changes[collection]!.deletes) });
  for (const write of writes) {
    if (write.operation === 'delete') continue;
    applied[write.collection]!.sets.set(write.id, write.operation === 'insert' ? write.next : write.change);
  }
  return applied;
}

/** The state that the commit would lead to. */
export function stateAfter({ rowChanges }: StagedCommit, source: EntitySource): EntitySource {
  const after = new OverlaySource(source);
  for (const { collection, id, next } of rowChanges) after.set(collection, id, next);
  return after;
}

export function stageChanges(changes: DBChanges, source: EntitySource): StagedCommit {
  const writes: StagedWrite[] = [];
  const rowChanges: RowChange[] = [];
  for (const collection of Object.keys(changes)) {
    const { sets, deletes } = changes[collection]!;
    for (const id of deletes) {
      const prev = source.row(collection, id);
      if (prev !== undefined) writes.push({ operation: 'delete', collection, id, prev });
      if (prev !== undefined && !sets.has(id)) rowChanges.push({ collection, id, prev, next: undefined });
    }
    for (const [id, set] of sets) {
      assertSameId(collection, id, set);
      const stored = source.row(collection, id);
      const current = deletes.has(id) ? undefined : stored;
      if (current === undefined) {
        if (!set['id']) {
          // A partial change of an entity that is not there has no effect; a delete in the same batch keeps its own.
          if (stored !== undefined) rowChanges.push({ collection, id, prev: stored, next: undefined });
          continue;
        }
        const next: Row = set;
        writes.push({ operation: 'insert', collection, id, next });
        rowChanges.push({ collection, id, prev: stored, next });
        continue;
      }
      const { next, change } = applyChange(current, set);
      if (next === current) continue;
      writes.push({ operation: 'update', collection, id, prev: current, next: next as Row, change });
      rowChanges.push({ collection, id, prev: stored, next: next as Row });
    }
  }
  return { writes, rowChanges };
}

function assertSameId(collection: string, id: string, set: Change): void {
  if (set['id'] === undefined || set['id'] === id) return;
  throw new InvalidOperationError(
    `Attempted to update the id of an entity in the ${collection} to ${String(set['id'])}. The 'id' attribute of an entity is immutable and cannot be updated.`,
  );
}
