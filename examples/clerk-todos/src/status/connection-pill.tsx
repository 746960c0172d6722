/** One word about the connection, and how many changes still wait for it. */
import { useConnectionStatus } from '@triplit/react';
import { useSyncExternalStore } from 'react';
import { client } from '../../triplit/client.ts';

interface ConnectionPillProps {
  readonly unsentChanges: number;
  readonly refused: boolean;
}

export function ConnectionPill({ unsentChanges, refused }: ConnectionPillProps) {
  const status = useConnectionStatus(client);
  const networkUp = useSyncExternalStore(subscribeToNetwork, () => navigator.onLine);
  const { kind, label } = describe(status, networkUp, refused);
  return (
    <p className={`pill ${kind}`} role="status" data-connection={status}>
      <span className="dot" aria-hidden="true" />
      {label}
      {unsentChanges > 0 && <span className="waiting">{unsentChanges} waiting</span>}
    </p>
  );
}

function describe(status: string, networkUp: boolean, refused: boolean) {
  if (!networkUp) return { kind: 'offline', label: 'Offline' };
  if (status === 'OPEN') return { kind: 'online', label: 'Online' };
  if (refused) return { kind: 'refused', label: 'Not connected' };
  if (status === 'UNINITIALIZED') return { kind: 'connecting', label: 'Connecting' };
  return { kind: 'connecting', label: 'Reconnecting' };
}

function subscribeToNetwork(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}
