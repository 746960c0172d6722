/** How a client shares its replica with other programs, as the client sees it. */
import type { KVStore } from '@triplit/db';
import type { Replica } from '../replica/replica.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { SyncTransport } from '../transport/transport.ts';

export interface Sharing {
  readonly kv: KVStore | Promise<KVStore>;
  /** The transport for the engine, which uses `network` while this program leads. */
  transport(network: SyncTransport): SyncTransport;
  /** To be called in the turn in which the sharing was made. */
  attach(replica: Replica, engine: SyncEngine): void;
  /** Nobody can follow any more. What is still to be stored is, by this program or its leader. */
  beginToLeave(): void;
  /** Nothing is left for others to store: from now on the role stays what it is. */
  keepRole(): void;
  /** Everything is stored: another program may lead. */
  leave(): void;
}
