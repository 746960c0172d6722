/** Lets the tabs of a browser share the database of a client, where the browser has what that takes. */
import { SharedIndexedDbKVStore } from '@triplit/db/storage/indexed-db';
import type { Logger } from '@triplit/logger';
import { DEFAULT_DATABASE_NAME } from '../replica/storage-options.ts';
import type { SimpleStorageOrInstances } from '../replica/storage-options.ts';
import { Member } from './member.ts';
import { TabGroup } from './tab-group.ts';
import type { TabPlatform } from './tab-group.ts';
import { webLocks } from './web-locks.ts';

export interface Sharing {
  readonly member: Member;
  /** Nothing is left to be stored by another program: from now on the role stays what it is. */
  leave(): void;
  /** Lets another program lead; to be called when the store is closed. */
  release(): void;
}

/** Undefined when the storage belongs to this program alone. */
export function shareStorage(
  storage: SimpleStorageOrInstances | undefined,
  logger: Logger,
  { platform = browserTabs(), servesOnly = false }: { platform?: TabPlatform | undefined; servesOnly?: boolean } = {},
): Sharing | undefined {
  if (platform === undefined || storage === undefined) return undefined;
  const options = storage === 'indexeddb' ? { type: storage } : storage;
  if (typeof options !== 'object' || !('type' in options) || options.type !== 'indexeddb') return undefined;
  const { name = DEFAULT_DATABASE_NAME, options: storeOptions } = options as { name?: string; options?: object };
  const member = new Member((owner) => new SharedIndexedDbKVStore(name, owner, storeOptions), logger, servesOnly);
  const group = new TabGroup(name, member, platform, logger);
  return { member, leave: () => group.leave(), release: () => group.close() };
}

function browserTabs(): TabPlatform | undefined {
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
