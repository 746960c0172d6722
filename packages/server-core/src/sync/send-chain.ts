/**
 * The ordered way out of one connection: messages leave in the order in which they were pushed, and a message that
 * waits for a condition (durability) holds back everything behind it.
 */
export interface Sendable {
  /** Delivers the message. Must not throw. */
  send(): void;
  /** Called instead of `send` when what the message waited for failed. */
  fail?(error: unknown): void;
}

interface Entry extends Sendable {
  state: 'waiting' | 'ready' | 'failed';
  error?: unknown;
}

export class SendChain {
  readonly #entries: Entry[] = [];
  #idle: (() => void)[] = [];
  #closed = false;

  /** Sends at once when nothing is before it and there is nothing to wait for. */
  push(message: Sendable, after?: Promise<unknown>): void {
    if (this.#closed) return;
    if (!after) {
      if (this.#entries.length === 0) message.send();
      else this.#entries.push(entryOf(message, 'ready'));
      return;
    }
    const entry = entryOf(message, 'waiting');
    this.#entries.push(entry);
    after.then(
      () => this.#settle(entry, 'ready', undefined),
      (error: unknown) => this.#settle(entry, 'failed', error),
    );
  }

  /** Settles when everything pushed so far has left (or the chain was closed). */
  whenEmpty(): Promise<void> {
    if (this.#entries.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Drops what has not left yet. */
  close(): void {
    this.#closed = true;
    this.#entries.length = 0;
    this.#notifyIdle();
  }

  #settle(entry: Entry, state: 'ready' | 'failed', error: unknown): void {
    entry.state = state;
    entry.error = error;
    while (!this.#closed) {
      const head = this.#entries[0];
      if (!head || head.state === 'waiting') break;
      this.#entries.shift();
      if (head.state === 'ready') head.send();
      else head.fail?.(head.error);
    }
    if (this.#entries.length === 0) this.#notifyIdle();
  }

  #notifyIdle(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

function entryOf(message: Sendable, state: Entry['state']): Entry {
  return { send: () => message.send(), fail: (error) => message.fail?.(error), state };
}
