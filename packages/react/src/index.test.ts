import { expect, test } from 'vitest';
import * as entry from './index.ts';
import type * as types from './index.ts';

test.each([
  'useQuery',
  'useQueryOne',
  'useEntity',
  'usePaginatedQuery',
  'useInfiniteQuery',
  'useConnectionStatus',
  'createStateSubscription',
])('exports %s', (name) => {
  expect((entry as Record<string, unknown>)[name]).toBeTypeOf('function');
});

/** Compiles only when every type is exported. */
type Types<M extends object = any, Q extends object = any> = [
  types.QueryOneState<M & any, Q & any>,
  types.PaginatedState<M & any, Q & any>,
  types.PaginatedQuery<M & any, Q & any>,
  types.InfiniteState<M & any, Q & any>,
  types.InfiniteQuery<M & any, Q & any>,
  types.StateSubscription<M & any, Q & any>,
];

test('exports its types', () => {
  const all: Types | undefined = undefined;
  expect(all).toBe(undefined);
});
