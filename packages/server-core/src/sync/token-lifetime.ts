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

  /** `expiresAt` in seconds since the epoch; anything but a number means that the token does not expire. */
  constructor(expiresAt: unknown, leewayMs: number, onExpired: () => void) {
    this.#leewayMs = leewayMs;
    this.#onExpired = onExpired;
    this.extend(expiresAt);
  }

  isOver(): boolean {
    return platform.now() >= this.#endMs;
  }

  extend(expiresAt: unknown): void {
    this.#endMs =
      typeof expiresAt === 'number' && Number.isFinite(expiresAt)
        ? expiresAt * 1000 + this.#leewayMs
        : Number.POSITIVE_INFINITY;
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
