/** What change sets do to single entities. */
import { applyChange } from '../changes/apply-change.ts';
import type { CollectionChanges, DBChanges, Row } from '../changes/types.ts';

/** One entity's row after a change set: delete, then set. */
export function applyToEntity(row: Row | undefined, part: CollectionChanges, id: string): Row | undefined {
  const current = part.deletes.has(id) ? undefined : row;
  const set = part.sets.get(id);
  if (set === undefined) return current;
  return applyChange(current, set).next;
}

export function applyAll(row: Row | undefined, parts: readonly CollectionChanges[], id: string): Row | undefined {
  let result = row;
  for (const part of parts) result = applyToEntity(result, part, id);
  return result;
}

/** Of each entity, by collection and id, the parts of transactions that touch it, oldest first. */
export type EntityParts = ReadonlyMap<string, ReadonlyMap<string, readonly CollectionChanges[]>>;

export function partsByEntity(
  transactions: Iterable<{ readonly changes: DBChanges }>,
  isWanted: (collection: string, id: string) => boolean = () => true,
): EntityParts {
  const found = new Map<string, Map<string, CollectionChanges[]>>();
  for (const { changes } of transactions) {
    for (const [collection, id] of touchedEntities(changes)) {
      if (!isWanted(collection, id)) continue;
      let entities = found.get(collection);
      if (entities === undefined) found.set(collection, (entities = new Map()));
      const parts = entities.get(id);
      if (parts === undefined) entities.set(id, [changes[collection]!]);
      else parts.push(changes[collection]!);
    }
  }
  return found;
}

export const partsOf = (parts: EntityParts, collection: string, id: string): readonly CollectionChanges[] =>
  parts.get(collection)?.get(id) ?? [];

export function isTouched(changes: DBChanges, collection: string, id: string): boolean {
  const part = changes[collection];
  return part !== undefined && (part.sets.has(id) || part.deletes.has(id));
}

export function* touchedEntities(changes: DBChanges): Iterable<readonly [collection: string, id: string]> {
  for (const collection of Object.keys(changes)) {
    const { sets, deletes } = changes[collection]!;
    for (const id of sets.keys()) yield [collection, id];
    for (const id of deletes) if (!sets.has(id)) yield [collection, id];
  }
}

export function isWithoutEntries(changes: DBChanges): boolean {
  return Object.values(changes).every(({ sets, deletes }) => sets.size === 0 && deletes.size === 0);
}

export function withoutEntity(changes: DBChanges, collection: string, id: string): DBChanges {
  const { sets, deletes } = changes[collection]!;
  const part = { sets: new Map(sets), deletes: new Set(deletes) };
  part.sets.delete(id);
  part.deletes.delete(id);
  return { ...changes, [collection]: part };
}
