/** What browsers give to the tabs of one origin, locks and channels, for tests. A tab can be killed like in a browser. */
import type { Channel } from '../sharing/port.ts';
import type { TabPlatform } from '../sharing/tab-platform.ts';

interface Waiting {
  readonly tab: FakeTab;
  readonly grant: () => void;
}

export class FakeOrigin {
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #holders = new Map<string, FakeTab>();
  readonly channels = new Set<FakeChannel>();

  openTab(): FakeTab {
    return new FakeTab(this);
  }

  async request(
    tab: FakeTab,
    name: string,
    { ifAvailable = false, signal }: LockOptions,
    held: (lock: Lock | null) => unknown,
  ): Promise<unknown> {
    await nextTurn();
    if (!tab.isAlive) return new Promise(() => undefined);
    if (this.#holders.has(name)) {
      if (ifAvailable) return held(null);
      await new Promise<void>((grant, reject) => {
        const waiting = { tab, grant };
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), waiting]);
        signal?.addEventListener('abort', () => {
          this.#waiting.set(name, this.#waiting.get(name)?.filter((other) => other !== waiting) ?? []);
          reject(new Error('aborted'));
        });
      });
    }
    this.#holders.set(name, tab);
    try {
      return await held({ name, mode: 'exclusive' });
    } finally {
      if (this.#holders.get(name) === tab) this.#release(name);
    }
  }

  kill(tab: FakeTab): void {
    for (const [name, waiting] of this.#waiting) {
      this.#waiting.set(
        name,
        waiting.filter((other) => other.tab !== tab),
      );
    }
    for (const [name, holder] of [...this.#holders]) if (holder === tab) this.#release(name);
    for (const channel of [...this.channels]) if (channel.tab === tab) channel.close();
  }

  #release(name: string): void {
    this.#holders.delete(name);
    const [next, ...others] = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, others);
    next?.grant();
  }
}

export class FakeTab implements TabPlatform {
  readonly #origin: FakeOrigin;
  isAlive = true;

  constructor(origin: FakeOrigin) {
    this.#origin = origin;
  }

  get locks(): TabPlatform['locks'] {
    const request = (name: string, options: LockOptions, held: (lock: Lock | null) => unknown) =>
      this.#origin.request(this, name, options, held);
    return { request } as unknown as TabPlatform['locks'];
  }

  openChannel(name: string): Channel {
    return new FakeChannel(this.#origin, this, name);
  }

  /** Nothing that it does from now on reaches anybody; its locks are released. */
  kill(): void {
    this.isAlive = false;
    this.#origin.kill(this);
  }
}

class FakeChannel implements Channel {
  readonly tab: FakeTab;
  readonly #origin: FakeOrigin;
  readonly #name: string;
  onmessage: ((event: MessageEvent) => unknown) | null = null;

  constructor(origin: FakeOrigin, tab: FakeTab, name: string) {
    this.#origin = origin;
    this.tab = tab;
    this.#name = name;
    origin.channels.add(this);
  }

  postMessage(message: unknown): void {
    if (!this.#origin.channels.has(this)) return;
    const data: unknown = structuredClone(message);
    for (const other of this.#origin.channels) {
      if (other === this || other.#name !== this.#name) continue;
      setTimeout(() => {
        if (this.#origin.channels.has(other)) other.onmessage?.({ data } as MessageEvent);
      });
    }
  }

  close(): void {
    this.#origin.channels.delete(this);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
