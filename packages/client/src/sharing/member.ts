/**
 * One of several programs that share a replica: leads or follows, and may come to lead later. What it leads or follows is
 * attached once it exists. Whatever its role, others can follow it.
 */
import type { KVStore, StorageEntry } from '@triplit/db';
import type { StoreOwner } from '@triplit/db/storage/indexed-db';
import type { Logger } from '@triplit/logger';
import type { Replica } from '../replica/replica.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { SyncTransport } from '../transport/transport.ts';
import type { Follower } from './follower.ts';
import { Host } from './host.ts';
import type { Port } from './port.ts';
import { SharedTransport } from './shared-transport.ts';
import type { Sharing } from './sharing.ts';

/** A store that copies another's content; where a copy can become the original, it can be taken over. */
export interface SharedStore extends KVStore {
  takeOver?(onStored: (content: Iterable<StorageEntry>) => void): Promise<void>;
}

export interface MemberOptions {
  /** The one that the client has already, when it has one. */
  readonly transport?: SharedTransport | undefined;
  /** As for `Host`. */
  readonly servesOnly?: boolean;
}

export class Member implements Sharing {
  readonly kv: SharedStore;
  /** Called when the role is to stay what it is. */
  onKept: () => void = () => undefined;
  /** Called when this program has left. */
  onLeft: () => void = () => undefined;
  readonly #logger: Logger;
  readonly #servesOnly: boolean;
  readonly #transport: SharedTransport;
  #role: 'undecided' | 'leader' | 'follower' = 'undecided';
  #resolveContent!: (content: readonly StorageEntry[] | undefined) => void;
  #rejectContent!: (error: unknown) => void;
  /** Settles when the database holds what is in memory, after it was taken over. */
  #takeover: Promise<void> | undefined;
  #isLeaving = false;
  #hasLeft = false;
  #network: SyncTransport | undefined;
  #engine: SyncEngine | undefined;
  #replica: Replica | undefined;
  #host: Host | undefined;
  /** The first program has nobody to follow and never loads what that takes. */
  #follower: Follower | undefined;

  /** `openStore` makes the store that all share. */
  constructor(
    openStore: (owner: StoreOwner) => SharedStore,
    logger: Logger,
    { transport = new SharedTransport(), servesOnly = false }: MemberOptions = {},
  ) {
    this.#logger = logger;
    this.#transport = transport;
    this.#servesOnly = servesOnly;
    const content = new Promise<readonly StorageEntry[] | undefined>((resolve, reject) => {
      this.#resolveContent = resolve;
      this.#rejectContent = reject;
    });
    content.catch(() => undefined);
    this.kv = openStore({ content, flush: () => this.#takeover ?? this.#follower!.flush() });
  }

  /** Whether it has the content of a leader, or leads. */
  get isDecided(): boolean {
    return this.#role !== 'undecided';
  }

  transport(network: SyncTransport): SyncTransport {
    this.#network = network;
    return this.#transport;
  }

  attach(replica: Replica, engine: SyncEngine): void {
    this.#replica = replica;
    this.#engine = engine;
    this.#host = new Host(replica, engine, this.#servesOnly);
  }

  /** Settles when what the leader says is heard. */
  async follow(port: Port): Promise<void> {
    try {
      const module = await import('./follower.ts');
      this.#follower ??= this.#begin(new module.Follower(this.#logger));
    } catch (error) {
      this.#rejectContent(error);
      throw error;
    }
    if (this.#role === 'leader' || this.#hasLeft) port.close();
    else this.#follower.join(port);
  }

  lead(): void {
    const before = this.#role;
    if (before === 'leader' || this.#hasLeft) return;
    this.#role = 'leader';
    if (before === 'undecided') {
      this.#follower?.leave();
      this.#resolveContent(undefined);
    } else {
      this.#takeOver();
    }
    this.#transport.use(this.#network!);
    this.#engine!.hurry();
    // The last leader may have closed the connection for its own part.
    if (before === 'follower') this.#engine!.connectIfWanted();
  }

  /** Lets somebody follow. Returns a function that ends it. */
  accept(port: Port): () => void {
    return this.#host!.accept(port);
  }

  beginToLeave(): void {
    this.#isLeaving = true;
    this.#follower?.beginToLeave();
    this.#host?.close();
  }

  keepRole(): void {
    this.onKept();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#follower?.leave();
    this.onLeft();
  }

  #begin(follower: Follower): Follower {
    follower.attach({ replica: this.#replica!, engine: this.#engine! });
    follower.content.then(
      (entries) => this.#beginToFollow(follower, entries),
      (error: unknown) => this.#rejectContent(error),
    );
    return follower;
  }

  #beginToFollow(follower: Follower, content: readonly StorageEntry[]): void {
    if (this.#role !== 'undecided') return;
    this.#role = 'follower';
    this.#engine!.follow(follower);
    this.#transport.use(follower.transport);
    this.#resolveContent(content);
  }

  #takeOver(): void {
    const engine = this.#engine!;
    const replica = this.#replica!;
    engine.lead();
    this.#takeover = replica.ready.then(() =>
      this.kv.takeOver?.((stored) => {
        // What the last leader had stored, but could not tell any more.
        for (const transaction of replica.outbox.transactionsIn(stored)) {
          void engine.mirror({ kind: 'append', transaction }, false);
        }
      }),
    );
    this.#takeover.catch((error: unknown) => {
      if (this.#isLeaving) return;
      this.#logger.error(`The data could not be taken over from the tab that had stored it: ${String(error)}`, {
        error,
      });
    });
    void this.#follower!.lead(this.#takeover.catch(() => undefined));
  }
}
