/** `@triplit/db/ivm`: the parts of live queries that programs of 1.x import by name. */
export {
  createQueryWithExistsAddedToIncludes,
  createQueryWithRelationalOrderAddedToIncludes,
  hasSubqueryFilterAtAnyLevel,
} from './query/extend-for-sync.ts';
