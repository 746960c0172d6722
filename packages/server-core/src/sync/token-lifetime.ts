/**
 * How long a connection's token is good for, counted from when it was accepted by a clock that nobody can set: moving the
 * wall clock must neither end every connection nor prolong one. Expiry shows at the next message in either direction, and
 * on an idle connection by a timer, exactly once.
 */
import { platform } from '@triplit/db';

/** Timers cannot wait longer than this; a longer wait is taken in steps. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class TokenLifetime {
  readonly #leewayMs: number;
  readonly #onExpired: () => void;
  /** On the monotonic clock. */
  #endMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  /** `expiresAt` in seconds since the epoch; undefined means that the token does not expire. */
  constructor(expiresAt: number | undefined, leewayMs: number, onExpired: () => void) {
    this.#leewayMs = leewayMs;
    this.#onExpired = onExpired;
    this.extend(expiresAt);
  }

  isOver(): boolean {
    return platform.monotonicNow() >= this.#endMs;
  }

  /** To be called when the token is accepted. */
  extend(expiresAt: number | undefined): void {
    const leftMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1000 - platform.now();
    this.#endMs = platform.monotonicNow() + leftMs + this.#leewayMs;
    this.#watch();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #watch(): void {
    this.stop();
    if (this.#endMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(Math.max(this.#endMs - platform.monotonicNow(), 0), LONGEST_WAIT_MS);
    this.#cancelTimer = platform.schedule(() => (this.isOver() ? this.#onExpired() : this.#watch()), waitMs);
  }
}
