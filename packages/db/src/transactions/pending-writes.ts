/**
 * The writes of one transaction before it commits: the change set that will be committed, and the rows as the
 * transaction sees them.
 */
import { applyChange, mergeChange } from '../changes/apply-change.ts';
import type { Change, CollectionChanges, DBChanges } from '../changes/types.ts';
import { OverlaySource } from '../entities/overlay-source.ts';
import type { EntitySource } from '../query/entity-source.ts';
import { ReadSet } from './read-set.ts';
import { TrackedSource } from './tracked-source.ts';

/** What inherits from it has no names but its own, and is quicker than what inherits from nothing. */
const NOTHING = Object.create(null) as object;

export class PendingWrites {
  readonly changes = Object.create(NOTHING) as DBChanges;
  readonly #committed: EntitySource;
  #reads: ReadSet | undefined;
  #base: EntitySource | undefined;
  #overlay: OverlaySource | undefined;
  /** Written since something was read last: collection and id by turns. Before the first read it is everything. */
  #unseen: string[] | undefined;

  constructor(committed: EntitySource) {
    this.#committed = committed;
  }

  /** What was read of the committed state. Most transactions read nothing, not even what they wrote. */
  get reads(): ReadSet | undefined {
    return this.#reads;
  }

  /** What the transaction reads: its own writes over the committed state. */
  get source(): EntitySource {
    const base = (this.#base ??= new TrackedSource(this.#committed, (this.#reads = new ReadSet())));
    const overlay = (this.#overlay ??= new OverlaySource(base));
    const unseen = this.#unseen ?? this.#written();
    this.#unseen = [];
    for (let at = 0; at < unseen.length; at += 2) this.#show(unseen[at]!, unseen[at + 1]!, base, overlay);
    return overlay;
  }

  /** An insert replaces what this transaction had set for the id; at commit it merges into an entity that exists. */
  insert(collection: string, id: string, row: Change): void {
    this.#collection(collection).sets.set(id, row);
    this.#unseen?.push(collection, id);
  }

  update(collection: string, id: string, change: Change): void {
    const { sets } = this.#collection(collection);
    const pending = sets.get(id);
    sets.set(id, pending === undefined ? change : mergeChange(pending, change));
    this.#unseen?.push(collection, id);
  }

  /** Deleting what this transaction inserted takes back the insert; anything else becomes a delete. */
  delete(collection: string, id: string): void {
    const { sets, deletes } = this.#collection(collection);
    const pending = sets.get(id);
    sets.delete(id);
    if (!pending?.['id']) deletes.add(id);
    this.#unseen?.push(collection, id);
  }

  #show(collection: string, id: string, base: EntitySource, overlay: OverlaySource): void {
    const { sets, deletes } = this.#collection(collection);
    const stored = deletes.has(id) ? undefined : base.row(collection, id);
    const set = sets.get(id);
    if (set === undefined && !deletes.has(id)) {
      overlay.unset(collection, id);
      return;
    }
    overlay.set(collection, id, set === undefined ? stored : applyChange(stored, set).next);
  }

  #written(): string[] {
    const written: string[] = [];
    for (const collection of Object.keys(this.changes)) {
      const { sets, deletes } = this.changes[collection]!;
      for (const id of [...sets.keys(), ...deletes]) written.push(collection, id);
    }
    return written;
  }

  #collection(collection: string): CollectionChanges {
    return (this.changes[collection] ??= { sets: new Map(), deletes: new Set() });
  }
}
