/** `@triplit/react`: hooks over the client's live queries. */
export type { InfiniteState } from './infinite-store.ts';
export type { PaginatedState } from './paginated-store.ts';
export { createStateSubscription } from './create-state-subscription.ts';
export type { StateSubscription } from './create-state-subscription.ts';
export { useConnectionStatus } from './use-connection-status.ts';
export { useInfiniteQuery } from './use-infinite-query.ts';
export type { InfiniteQuery } from './use-infinite-query.ts';
export { usePaginatedQuery } from './use-paginated-query.ts';
export type { PaginatedQuery } from './use-paginated-query.ts';
export { useEntity, useQuery, useQueryOne } from './use-query.ts';
export type { QueryOneState } from './use-query.ts';
