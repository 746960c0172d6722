/** Makes my name and picture known to the people who see my todos, once per change of either. */
import { useConnectionStatus } from '@triplit/react';
import { useEffect } from 'react';
import { client } from '../../triplit/client.ts';
import type { Identity } from './identity.ts';

export function usePublishedProfile({ id, name, imageUrl }: Identity): void {
  const isOpen = useConnectionStatus(client) === 'OPEN';
  useEffect(() => {
    if (!isOpen) return;
    const publish = async () => {
      const known = await client.fetchById('profiles', id);
      const wanted = imageUrl ?? null;
      if (known?.name === name && (known.imageUrl ?? null) === wanted) return;
      await client.insert('profiles', { id, name, imageUrl: wanted });
    };
    // A profile that could not be written is written at the next start; the todos do not depend on it.
    publish().catch(() => undefined);
  }, [isOpen, id, name, imageUrl]);
}
