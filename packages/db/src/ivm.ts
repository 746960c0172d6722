/** `@triplit/db/ivm`: the parts of live queries that programs of 1.x import by name. */
export {
  createQueryWithExistsAddedToIncludes,
  createQueryWithRelationalOrderAddedToIncludes,
  hasSubqueryFilterAtAnyLevel,
} from './query/extend-for-sync.ts';
export { diffChanges, queryResultsToChanges } from './database/view-changes.ts';
export { flattenViewEntity } from './database/view-entity.ts';
export type { ViewEntity } from './database/view-entity.ts';
