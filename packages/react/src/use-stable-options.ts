/**
 * Options whose identity changes only with what a subscription depends on. Callbacks may be new functions on each render:
 * the latest is called.
 */
import type { EnabledSubscriptionOptions } from '@triplit/client';
import { useEffect, useMemo, useRef } from 'react';

type Options = Partial<EnabledSubscriptionOptions>;

export function useStableOptions(options: Options | undefined): Options {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const { localOnly, syncStatus, skipRules, enabled } = options ?? {};
  return useMemo(
    () => ({
      ...(localOnly !== undefined && { localOnly }),
      ...(syncStatus !== undefined && { syncStatus }),
      ...(skipRules !== undefined && { skipRules }),
      ...(enabled !== undefined && { enabled }),
      onRemoteFulfilled: () => latest.current?.onRemoteFulfilled?.(),
      onQuerySyncStateChange: (state, context) => latest.current?.onQuerySyncStateChange?.(state, context),
    }),
    [localOnly, syncStatus, skipRules, enabled],
  );
}
