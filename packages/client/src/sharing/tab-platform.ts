/** What tabs need of a browser to share a database. */
import type { Channel } from './port.ts';
import { webLocks } from './web-locks.ts';

export interface TabPlatform {
  readonly locks: Pick<LockManager, 'request'>;
  openChannel(name: string): Channel;
}

/** Undefined where something is missing, as in a server that renders pages. */
export function browserTabs(): TabPlatform | undefined {
  if (typeof indexedDB === 'undefined' || typeof BroadcastChannel === 'undefined') return undefined;
  const locks = webLocks();
  if (locks === undefined) return undefined;
  return {
    locks,
    openChannel: (name) => {
      const channel = new BroadcastChannel(name);
      // Under Node, an open channel would keep the process alive.
      (channel as { unref?(): void }).unref?.();
      return channel;
    },
  };
}
