/** The status of the connection to the server, live. */
import type { ConnectionStatus, Models, TriplitClient } from '@triplit/client';
import { useCallback, useSyncExternalStore } from 'react';

export function useConnectionStatus<M extends Models>(client: TriplitClient<M>): ConnectionStatus {
  const subscribe = useCallback((onChange: () => void) => client.onConnectionStatusChange(onChange), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.connectionStatus,
    () => 'UNINITIALIZED' as const,
  );
}
