import type { ConnectionStatus, TriplitClient } from '@triplit/client';
import { useCallback, useSyncExternalStore } from 'react';

/** The status of the client's sync connection, live. */
export function useConnectionStatus(client: TriplitClient<any>): ConnectionStatus {
  const subscribe = useCallback((onChange: () => void) => client.onConnectionStatusChange(onChange), [client]);
  const getSnapshot = useCallback(() => client.connectionStatus, [client]);
  return useSyncExternalStore(subscribe, getSnapshot, () => 'UNINITIALIZED');
}
