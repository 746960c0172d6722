/** What a write changes, as plain data: partial rows by collection and id, in encoded (JSON) form. */
export type EntityId = string;
export type CollectionName = string;

/** An encoded row: JSON values only. Immutable once stored; an update makes a new object that shares unchanged parts. */
export type Row = Readonly<Record<string, unknown>>;

/** A partial, possibly nested row. It is an insert (or upsert) iff it has a truthy `id`. */
export type Change = Record<string, any>;

export interface CollectionChanges {
  sets: Map<EntityId, Change>;
  /** Applied before `sets`: an id in both means that the entity is replaced. */
  deletes: Set<EntityId>;
}
export type DBChanges = Record<CollectionName, CollectionChanges>;

/** The effect of a commit on one row, in full. `prev` or `next` is undefined when the row did not exist before or after. */
export interface RowChange {
  readonly collection: CollectionName;
  readonly id: EntityId;
  readonly prev: Row | undefined;
  readonly next: Row | undefined;
}
