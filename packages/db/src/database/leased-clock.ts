/**
 * A clock that survives restarts. Every stamp it gives lies below a lease that was written to storage before, and a
 * restarted clock begins at the lease: so it never goes back, even when the wall clock does.
 */
import { HybridLogicalClock } from '../clock/hybrid-logical-clock.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import { clockLeaseKey, highestTimestampKey } from '../entities/entity-keys.ts';
import type { StorageEngine } from '../storage/port.ts';

/** How far ahead of the newest stamp a lease is taken. A restart within this time runs ahead of the wall clock by less. */
const LEASE_MS = 10_000;

export class LeasedClock extends HybridLogicalClock {
  readonly #storage: StorageEngine;
  #leaseMs: number;

  constructor(clientId: string, storage: StorageEngine) {
    const lease = (storage.get(clockLeaseKey) as number | undefined) ?? 0;
    const highest = (storage.get(highestTimestampKey) as Timestamp | undefined)?.[0] ?? 0;
    super({ clientId, lastPhysicalTimeMs: Math.max(lease, highest), lastLogicalTime: 0 });
    this.#storage = storage;
    this.#leaseMs = lease;
  }

  override next(): Timestamp {
    const timestamp = super.next();
    if (timestamp[0] >= this.#leaseMs) {
      this.#leaseMs = timestamp[0] + LEASE_MS;
      // Batched with the writes of this turn. Should it fail, so do they, and nothing that was stamped is acknowledged.
      this.#storage.write([{ key: clockLeaseKey, value: this.#leaseMs }]).catch(() => undefined);
    }
    return timestamp;
  }
}
