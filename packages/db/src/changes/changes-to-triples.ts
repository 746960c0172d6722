/** A change set as a flat list, one triple per leaf. Deletes have no triples. */
import type { Timestamp } from '../clock/timestamp.ts';
import { isRecord } from './json-kind.ts';
import type { Change, CollectionName, DBChanges, EntityId } from './types.ts';

export interface Triple {
  readonly id: EntityId;
  readonly collection: CollectionName;
  readonly attribute: readonly string[];
  readonly value: unknown;
  readonly timestamp: Timestamp;
}

/** Arrays and null are leaves. */
export function changesToTriples(changes: DBChanges, timestamp: Timestamp): Triple[] {
  const triples: Triple[] = [];
  for (const [collection, { sets }] of Object.entries(changes)) {
    for (const [id, change] of sets) {
      visitLeaves(change, [], (attribute, value) => triples.push({ id, collection, attribute, value, timestamp }));
    }
  }
  return triples;
}

function visitLeaves(change: Change, path: readonly string[], visit: (path: string[], value: unknown) => void): void {
  for (const [key, value] of Object.entries(change)) {
    const attribute = [...path, key];
    if (isRecord(value)) visitLeaves(value, attribute, visit);
    else visit(attribute, value);
  }
}
