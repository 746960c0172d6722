/**
 * The tabs of one origin that share a database: the one that holds a Web Lock leads, the others follow it over a
 * BroadcastChannel each. A lock is released by the browser however a tab ends, so a leader that was killed has a successor
 * at once, and a follower that was killed is noticed.
 */
import type { Logger } from '@triplit/logger';
import { startTimer } from '../background-timer.ts';
import { channelPort } from './port.ts';
import type { Channel, Port } from './port.ts';
import type { TabPlatform } from './tab-platform.ts';

/** What leads or follows. */
export interface TabMember {
  readonly isDecided: boolean;
  lead(): void;
  /** Settles when what the leader says is heard. */
  follow(port: Port): Promise<void>;
  accept(port: Port): () => void;
}

type Call = { readonly type: 'leader' } | { readonly type: 'hello'; readonly link: string };

/** A call for a leader that was not there yet is repeated. */
const CALL_INTERVAL_MS = 300;
/** So often in vain, and the user is told what is waited for. */
const CALLS_BEFORE_WARNING = 20;

export class TabGroup {
  readonly #name: string;
  readonly #member: TabMember;
  readonly #platform: TabPlatform;
  readonly #logger: Logger;
  readonly #channel: Channel;
  readonly #closing = new AbortController();
  readonly #guests = new Set<string>();
  /** Of the line to the leader. */
  #link: string | undefined;
  #releases: (() => void)[] = [];
  #stopCalling: () => void = () => undefined;

  constructor(name: string, member: TabMember, platform: TabPlatform, logger: Logger) {
    this.#name = `triplit:${name}`;
    this.#member = member;
    this.#platform = platform;
    this.#logger = logger;
    this.#channel = platform.openChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#receive(data as Call);
    void this.#take(this.#name, { ifAvailable: true }, (lock) => {
      if (lock !== null) return this.#lead();
      void this.#take(this.#name, { signal: this.#closing.signal }, () => this.#lead());
      this.#seekLeader();
      return undefined;
    });
  }

  /** Neither becomes the leader nor follows another one. A leader stays in the way of others until it is closed. */
  leave(): void {
    this.#closing.abort();
    this.#stopCalling();
    this.#channel.close();
  }

  /** Lets another tab lead. */
  close(): void {
    this.leave();
    for (const release of this.#releases) release();
  }

  async #lead(): Promise<void> {
    if (this.#closing.signal.aborted) return undefined;
    this.#stopCalling();
    this.#link = undefined;
    this.#member.lead();
    this.#call({ type: 'leader' });
    return this.#untilClosed();
  }

  #receive(call: Call): void {
    const isLeader = this.#member.isDecided && this.#link === undefined;
    if (call.type === 'leader') {
      if (!isLeader) this.#seekLeader();
    } else if (isLeader && !this.#guests.has(call.link)) {
      this.#guests.add(call.link);
      const showOut = this.#member.accept(this.#lineTo(call.link));
      // Granted when the follower is gone.
      void this.#take(this.#lineName(call.link), { signal: this.#closing.signal }, () => {
        this.#guests.delete(call.link);
        showOut();
      });
    }
  }

  #seekLeader(): void {
    this.#stopCalling();
    const link = crypto.randomUUID();
    this.#link = link;
    void this.#take(this.#lineName(link), {}, () => {
      if (this.#link !== link) return undefined;
      const held = this.#untilClosed();
      const call = (): void => this.#keepCalling(link, 0);
      // Without what it takes to follow, the member keeps its data in memory.
      this.#member.follow(this.#lineTo(link)).then(call, () => undefined);
      return held;
    });
  }

  #keepCalling(link: string, calls: number): void {
    if (this.#link !== link) return;
    this.#call({ type: 'hello', link });
    if (calls === CALLS_BEFORE_WARNING) {
      this.#logger.warn(
        'Another tab has the data of this page open and does not answer. Close or reload the other tabs.',
      );
    }
    this.#stopCalling = startTimer(() => {
      if (!this.#member.isDecided) this.#keepCalling(link, calls + 1);
    }, CALL_INTERVAL_MS);
  }

  #call(call: Call): void {
    if (!this.#closing.signal.aborted) this.#channel.postMessage(call);
  }

  /** Held until the callback's promise settles. */
  async #take(name: string, options: LockOptions, held: (lock: Lock | null) => unknown): Promise<void> {
    try {
      await this.#platform.locks.request(name, options, async (lock) => held(lock));
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    }
  }

  #untilClosed(): Promise<void> {
    return new Promise((resolve) => this.#releases.push(resolve));
  }

  #lineName(link: string): string {
    return `${this.#name}:${link}`;
  }

  #lineTo(link: string): Port {
    return channelPort(this.#platform.openChannel(this.#lineName(link)));
  }
}
