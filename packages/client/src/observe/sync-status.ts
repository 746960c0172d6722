/**
 * Results by whether the server has acknowledged them. The filter needs ids, so a query that selects none is asked for
 * them and they are taken out again.
 */
import type { CollectionQuery } from '@triplit/db';
import type { AnyEntity } from '../any-entity.ts';

/** `pending`: with an unacknowledged insert or update. `confirmed`: without one. */
export type SyncStatus = 'pending' | 'confirmed' | 'all';

export interface SyncStatusFilter {
  /** What to ask the database. */
  readonly query: CollectionQuery;
  apply(results: readonly AnyEntity[], pendingIds: ReadonlySet<string>): AnyEntity[];
}

export function syncStatusFilter(query: CollectionQuery, status: Exclude<SyncStatus, 'all'>): SyncStatusFilter {
  const lacksId = query.select !== undefined && !query.select.includes('id');
  // What is filtered out must not use up the limit.
  const { limit, ...unlimited } = query;
  const withoutId = new WeakMap<AnyEntity, AnyEntity>();
  const project = (row: AnyEntity): AnyEntity => {
    if (!lacksId) return row;
    let projected = withoutId.get(row);
    if (projected === undefined) {
      projected = { ...row };
      delete projected['id'];
      withoutId.set(row, projected);
    }
    return projected;
  };
  return {
    query: lacksId ? { ...unlimited, select: [...query.select!, 'id'] } : unlimited,
    apply: (results, pendingIds) =>
      results
        .filter((row) => pendingIds.has(row['id'] as string) === (status === 'pending'))
        .slice(0, limit)
        .map(project),
  };
}

export function requireSyncStatus(status: SyncStatus | undefined): Exclude<SyncStatus, 'all'> | undefined {
  return status === 'pending' || status === 'confirmed' ? status : undefined;
}
