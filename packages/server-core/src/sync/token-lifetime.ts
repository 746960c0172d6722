/**
 * How long a connection's token is good for. Expiry shows at the next message in either direction, and on an idle
 * connection by a timer, exactly once.
 */
import { platform } from '@triplit/db';

/** Timers cannot wait longer than this; a longer wait is taken in steps. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class TokenLifetime {
  readonly #leewayMs: number;
  readonly #onExpired: () => void;
  #endMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  /** `expiresAt` in seconds since the epoch; undefined means that the token does not expire. */
  constructor(expiresAt: number | undefined, leewayMs: number, onExpired: () => void) {
    this.#leewayMs = leewayMs;
    this.#onExpired = onExpired;
    this.extend(expiresAt);
  }

  isOver(): boolean {
    return platform.now() >= this.#endMs;
  }

  extend(expiresAt: number | undefined): void {
    this.#endMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1000 + this.#leewayMs;
    this.#watch();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #watch(): void {
    this.stop();
    if (this.#endMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(Math.max(this.#endMs - platform.now(), 0), LONGEST_WAIT_MS);
    this.#cancelTimer = platform.schedule(() => (this.isOver() ? this.#onExpired() : this.#watch()), waitMs);
  }
}
