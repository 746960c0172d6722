/**
 * Lets the tabs of a browser share the database of a client. Most of what that takes is loaded once it is known to be
 * wanted, so that programs that keep their data in memory never load it. Until then a connection is being made.
 */
import type { KVStore } from '@triplit/db';
import type { Logger } from '@triplit/logger';
import type { Replica } from '../replica/replica.ts';
import { indexedDbOptions } from '../replica/storage-options.ts';
import type { SimpleStorageOrInstances } from '../replica/storage-options.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { SyncTransport } from '../transport/transport.ts';
import { SharedTransport } from './shared-transport.ts';
import type { Sharing } from './sharing.ts';
import { browserTabs } from './tab-platform.ts';

/** Undefined when the storage belongs to this program alone. */
export function shareStorageLater(storage: SimpleStorageOrInstances | undefined, logger: Logger): Sharing | undefined {
  const options = indexedDbOptions(storage);
  const platform = browserTabs();
  if (options === undefined || platform === undefined) return undefined;
  return new LateSharing(async (transport) => {
    const { shareStorage } = await import('./share-storage.ts');
    return shareStorage(options, logger, platform, { transport });
  });
}

/** What is asked of it before it is loaded is done right then, in order; from then on it is done at once. */
class LateSharing implements Sharing {
  readonly kv: Promise<KVStore>;
  readonly #transport = new SharedTransport();
  readonly #loading: Promise<Sharing>;
  #loaded: Sharing | undefined;

  constructor(load: (transport: SharedTransport) => Promise<Sharing>) {
    this.#loading = load(this.#transport).then((sharing) => (this.#loaded = sharing));
    this.kv = this.#loading.then(({ kv }) => kv);
  }

  transport(network: SyncTransport): SyncTransport {
    this.#loading.then(
      (sharing) => sharing.transport(network),
      // Then the data is kept in memory, and nobody shares it.
      () => this.#transport.use(network),
    );
    return this.#transport;
  }

  attach(replica: Replica, engine: SyncEngine): void {
    this.#whenLoaded((sharing) => sharing.attach(replica, engine));
  }

  beginToLeave(): void {
    this.#whenLoaded((sharing) => sharing.beginToLeave());
  }

  keepRole(): void {
    this.#whenLoaded((sharing) => sharing.keepRole());
  }

  leave(): void {
    this.#whenLoaded((sharing) => sharing.leave());
  }

  #whenLoaded(act: (sharing: Sharing) => void): void {
    if (this.#loaded !== undefined) act(this.#loaded);
    else this.#loading.then(act, () => undefined);
  }
}
