/**
 * What is kept of things that are gone, and until when: removed members of sets stay marked in rows that others may hold,
 * up to the horizon of the last compaction.
 */
import { compileMemberPruner } from '../schema/removed-members.ts';
import type { MemberPruner } from '../schema/removed-members.ts';
import type { RowChange } from '../changes/types.ts';
import { compareTimestamps } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { horizonKey } from '../entities/entity-keys.ts';
import type { RecordType } from '../schema/data-type.ts';
import type { StorageEngine } from '../storage/port.ts';

export class Retention {
  readonly #storage: StorageEngine;
  readonly #typeOf: (collection: string) => RecordType | undefined;
  readonly #pruners = new Map<string, MemberPruner | undefined>();
  #horizon: Timestamp | undefined;
  #moving: Promise<void> = Promise.resolve();

  constructor(storage: StorageEngine, typeOf: (collection: string) => RecordType | undefined) {
    this.#storage = storage;
    this.#typeOf = typeOf;
  }

  /** To be called when storage was opened or emptied. */
  load(): void {
    this.#horizon = this.#storage.get(horizonKey) as Timestamp | undefined;
  }

  /** To be called when the types have changed. */
  forgetTypes(): void {
    this.#pruners.clear();
  }

  get hasHorizon(): boolean {
    return this.#horizon !== undefined;
  }

  /** Whether a deleted entity with this stamp may be forgotten, and removed members of another dropped. */
  isBeforeHorizon(timestamp: Timestamp): boolean {
    return this.#horizon !== undefined && compareTimestamps(timestamp, this.#horizon) < 0;
  }

  /** It only moves forward, and is in force once it is durable; then this settles. One move waits for another. */
  moveHorizon(horizon: Timestamp): Promise<void> {
    const moved = this.#moving.then(async () => {
      if (this.#horizon !== undefined && compareTimestamps(horizon, this.#horizon) <= 0) return;
      await this.#storage.write([{ key: horizonKey, value: horizon }]);
      this.#horizon = horizon;
    });
    // Whoever asked for a move is told that it failed; the next one tries for itself.
    this.#moving = moved.catch(() => undefined);
    return moved;
  }

  /** Where nobody else has to learn of a removal, rows need not remember it. */
  withoutRemovedMembers(changes: readonly RowChange[]): readonly RowChange[] {
    let pruned: RowChange[] | undefined;
    let collection: string | undefined;
    let pruner: MemberPruner | undefined;
    for (let index = 0; index < changes.length; index++) {
      const change = changes[index]!;
      if (change.collection !== collection) {
        collection = change.collection;
        pruner = this.#pruner(collection);
      }
      if (pruner === undefined || change.next === undefined) continue;
      const next = pruner(change.next, change.prev);
      if (next !== change.next) (pruned ??= [...changes])[index] = { ...change, next };
    }
    return pruned ?? changes;
  }

  #pruner(collection: string): MemberPruner | undefined {
    const known = this.#pruners.get(collection);
    if (known !== undefined || this.#pruners.has(collection)) return known;
    const type = this.#typeOf(collection);
    const pruner = type && compileMemberPruner(type);
    this.#pruners.set(collection, pruner);
    return pruner;
  }
}
