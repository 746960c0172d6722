/** `@triplit/react`: hooks over a Triplit client. */
export { createStateSubscription } from './create-state-subscription.ts';
export type { StateSubscription } from './create-state-subscription.ts';
export { useConnectionStatus } from './use-connection-status.ts';
export { useInfiniteQuery, usePaginatedQuery } from './use-paged-queries.ts';
export { useEntity, useQuery, useQueryOne } from './use-query.ts';
export type { QueryOneState } from './use-query.ts';
