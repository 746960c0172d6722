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
export type StagedWrite = RowChange &
  (
    | { readonly operation: 'insert'; readonly next: Row }
    | { readonly operation: 'update'; readonly prev: Row; readonly next: Row; readonly change: Change }
    | { readonly operation: 'delete'; readonly prev: Row }
  );

export class StagedCommit {
  readonly writes: readonly StagedWrite[];
  /** The effect on each row: the same list, unless an entity was deleted and set in one commit. */
  readonly rowChanges: readonly RowChange[];
  #after: EntitySource | undefined;

  constructor(writes: readonly StagedWrite[], rowChanges: readonly RowChange[]) {
    this.writes = writes;
    this.rowChanges = rowChanges;
  }

  /** The state that the commit would lead to from that of `source`. */
  stateAfter(source: EntitySource): EntitySource {
    if (this.#after !== undefined) return this.#after;
    const after = new OverlaySource(source);
    for (const { collection, id, next } of this.rowChanges) after.set(collection, id, next);
    return (this.#after = after);
  }
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

export function stageChanges(changes: DBChanges, source: EntitySource): StagedCommit {
  const writes: StagedWrite[] = [];
  let rowChanges: RowChange[] = writes;
  for (const collection of Object.keys(changes)) {
    const { sets, deletes } = changes[collection]!;
    for (const id of deletes) {
      const prev = source.row(collection, id);
      if (prev === undefined) continue;
      const isReplaced = sets.has(id);
      if (isReplaced && rowChanges === writes) rowChanges = [...writes];
      const write: StagedWrite = { collection, id, prev, next: undefined, operation: 'delete' };
      writes.push(write);
      if (rowChanges !== writes && !isReplaced) rowChanges.push(write);
    }
    for (const [id, set] of sets) {
      assertSameId(collection, id, set);
      const stored = source.row(collection, id);
      const isReplaced = stored !== undefined && deletes.has(id);
      const write = isReplaced ? stage(collection, id, undefined, set) : stage(collection, id, stored, set);
      if (write !== undefined) writes.push(write);
      if (isReplaced) rowChanges.push({ collection, id, prev: stored, next: write?.next });
      else if (write !== undefined && rowChanges !== writes) rowChanges.push(write);
    }
  }
  return new StagedCommit(writes, rowChanges);
}

/** Undefined when the set has no effect, as a partial change of an entity that is not there. */
function stage(collection: string, id: string, prev: Row | undefined, set: Change): StagedWrite | undefined {
  if (prev === undefined) return set['id'] ? { collection, id, prev, next: set, operation: 'insert' } : undefined;
  const { next, change } = applyChange(prev, set);
  return next === prev ? undefined : { collection, id, prev, next: next as Row, operation: 'update', change };
}

function assertSameId(collection: string, id: string, set: Change): void {
  if (set['id'] === undefined || set['id'] === id) return;
  throw new InvalidOperationError(
    `Attempted to update the id of an entity in the ${collection} to ${String(set['id'])}. The 'id' attribute of an entity is immutable and cannot be updated.`,
  );
}
