/** Results as change sets, and what leads from one to another. Programs of version 1 derive sync messages from them. */
import type { PreparedQuery } from '../ast/query.ts';
import { changesOfCollection } from '../changes/merge-changes.ts';
import type { DBChanges } from '../changes/types.ts';
import { equalValue } from '../values/equal-values.ts';
import type { ViewEntity } from './view-entity.ts';

/** Every entity of the results and their inclusions, as full sets. */
export function queryResultsToChanges(results: readonly ViewEntity[], query: PreparedQuery): DBChanges {
  const changes: DBChanges = {};
  addEntities(results, query, changes);
  return changes;
}

function addEntities(results: readonly ViewEntity[], query: PreparedQuery, changes: DBChanges): void {
  const { sets } = changesOfCollection(changes, query.collectionName);
  for (const { data, subqueries } of results) {
    sets.set(data['id'] as string, data);
    for (const [alias, { subquery }] of Object.entries(query.include ?? {})) {
      const below = subqueries[alias];
      if (below) addEntities(Array.isArray(below) ? below : [below], subquery, changes);
    }
  }
}

/** Sets that are new or different in `after`, and deletes of what only `before` has. */
export function diffChanges(before: DBChanges, after: DBChanges): DBChanges {
  const diff: DBChanges = {};
  for (const [collection, { sets }] of Object.entries(after)) {
    const earlier = Object.hasOwn(before, collection) ? before[collection]!.sets : undefined;
    const changed = changesOfCollection(diff, collection);
    for (const [id, row] of sets) if (!equalValue(earlier?.get(id), row)) changed.sets.set(id, row);
  }
  for (const [collection, { sets }] of Object.entries(before)) {
    const later = Object.hasOwn(after, collection) ? after[collection]!.sets : undefined;
    const changed = changesOfCollection(diff, collection);
    for (const id of sets.keys()) if (later?.has(id) !== true) changed.deletes.add(id);
  }
  return diff;
}
