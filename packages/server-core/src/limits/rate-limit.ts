/** A budget that refills steadily, so that bursts are fine and a steady flood is not. */
import { platform } from '@triplit/db';

export class RateLimit {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #countedAtMs = platform.monotonicNow();

  /** `burstSeconds`: the budget never holds more than it gains in so many seconds. */
  constructor(perSecond: number, burstSeconds: number) {
    this.#perSecond = perSecond;
    this.#most = perSecond * burstSeconds;
    this.#left = this.#most;
  }

  /** False when the budget does not cover the amount; then nothing is taken. */
  take(amount: number): boolean {
    const now = platform.monotonicNow();
    const seconds = (now - this.#countedAtMs) / 1000;
    this.#countedAtMs = now;
    this.#left = Math.min(this.#most, this.#left + seconds * this.#perSecond);
    if (!(amount >= 0 && amount <= this.#left)) return false;
    this.#left -= amount;
    return true;
  }

  /** Whether nothing was taken lately, so that a new budget would be the same. */
  get isFull(): boolean {
    return this.take(0) && this.#left === this.#most;
  }
}
