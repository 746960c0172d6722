/** A client's database in IndexedDB: shared with other tabs, or its own. */
import { IndexedDbKVStore, SharedIndexedDbKVStore } from '@triplit/db/storage/indexed-db';
import type { Logger } from '@triplit/logger';
import { DEFAULT_DATABASE_NAME } from '../replica/storage-options.ts';
import type { IndexedDbOptions } from '../replica/storage-options.ts';
import { Member } from './member.ts';
import type { MemberOptions } from './member.ts';
import { TabGroup } from './tab-group.ts';
import type { TabPlatform } from './tab-platform.ts';

/** A member of the tabs that share the database. */
export function shareStorage(
  { name = DEFAULT_DATABASE_NAME, options }: IndexedDbOptions,
  logger: Logger,
  platform: TabPlatform,
  memberOptions: MemberOptions = {},
): Member {
  const member = new Member((owner) => new SharedIndexedDbKVStore(name, owner, options), logger, memberOptions);
  const group = new TabGroup(name, member, platform, logger);
  member.onKept = () => group.leave();
  member.onLeft = () => group.close();
  return member;
}

/** For browsers without what sharing takes. */
export function ownStorage({ name = DEFAULT_DATABASE_NAME, options }: IndexedDbOptions): IndexedDbKVStore {
  return new IndexedDbKVStore(name, options);
}
