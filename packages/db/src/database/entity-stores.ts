/**
 * How a database keeps changes, chosen by an entity store as in version 1: plainly by default, with an outbox on clients,
 * stamped on servers.
 */
import { TransactionOutbox } from '../transactions/outbox.ts';
import type { OutboxFactory } from './database-core.ts';

/** Every commit is stamped, by a clock that is restored from storage and never goes back. The mode of servers. */
export class ServerEntityStore {
  readonly stampsCommits = true;
  readonly createOutbox = undefined;
}

/** Local writes wait in a durable outbox for the server to confirm them, and are visible at once. The mode of clients. */
export class EntityStoreWithOutbox {
  readonly stampsCommits = false;
  readonly createOutbox: OutboxFactory = (...parts) => new TransactionOutbox(...parts);

  /** Version 1 took the key/value store here; give it to the database as `kv`. */
  constructor(_kv?: unknown) {}
}

export type EntityStoreChoice = ServerEntityStore | EntityStoreWithOutbox;
