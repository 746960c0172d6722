/** The collections whose entities belong to a prepared query: its own and those of its inclusions at any depth. */
import type { PreparedQuery } from '@triplit/db';

export function collectionsOf(prepared: PreparedQuery, found = new Set<string>()): ReadonlySet<string> {
  found.add(prepared.collectionName);
  for (const { subquery } of Object.values(prepared.include ?? {})) collectionsOf(subquery, found);
  return found;
}
