/**
 * The hybrid logical clock of one database. Invariant: the timestamps that `next` gives out strictly increase, and lie
 * after every timestamp that was observed and followed, however the wall clock moves.
 */
import { platform } from '../base/platform.ts';
import type { Timestamp } from './timestamp.ts';

/** How far into the future an observed timestamp may pull this clock. Later ones come from a broken clock. */
export const MAX_CLOCK_DRIFT_MS = 24 * 60 * 60 * 1000;

export interface ClockOptions {
  /** Names this clock in its timestamps and decides between equal times. */
  readonly clientId: string;
  /** The last physical time given out before, milliseconds since the epoch. */
  readonly lastPhysicalTimeMs?: number;
  readonly lastLogicalTime?: number;
}

export class HybridLogicalClock {
  /** Before every timestamp that a clock gives out. */
  static readonly MIN: Timestamp = Object.freeze([0, 0, ''] as const);
  static readonly compare = compareTimestamps;

  readonly #clientId: string;
  #physicalMs: number;
  #logical: number;

  constructor({ clientId, lastPhysicalTimeMs = 0, lastLogicalTime = 0 }: ClockOptions) {
    this.#clientId = clientId;
    this.#physicalMs = lastPhysicalTimeMs;
    this.#logical = lastLogicalTime;
  }

  get clientId(): string {
    return this.#clientId;
  }

  /** A timestamp later than all before. */
  next(): Timestamp {
    const now = platform.now();
    if (now > this.#physicalMs) {
      this.#physicalMs = now;
      this.#logical = 0;
    } else {
      this.#logical++;
    }
    return [this.#physicalMs, this.#logical, this.#clientId];
  }

  /** The wall time with the logical count as it stands. Not a stamp for a commit: it may repeat. */
  current(): Timestamp {
    return [platform.now(), this.#logical, this.#clientId];
  }

  /** Moves the clock to the physical time, forward only. */
  updatePhysicalTimeMs(physicalMs: number): void {
    if (physicalMs <= this.#physicalMs) return;
    this.#physicalMs = physicalMs;
    this.#logical = 0;
  }

  /**
   * Moves the clock forward, so that what comes next is later than the timestamp. A timestamp further ahead of the wall
   * clock than `MAX_CLOCK_DRIFT_MS` is not followed and `false` is returned, so that the caller can refuse what it stamps:
   * one broken clock must not carry all others off.
   */
  observe([physicalMs, logical]: Timestamp): boolean {
    if (physicalMs < this.#physicalMs || (physicalMs === this.#physicalMs && logical <= this.#logical)) return true;
    if (physicalMs > platform.now() + MAX_CLOCK_DRIFT_MS) return false;
    this.#physicalMs = physicalMs;
    this.#logical = logical;
    return true;
  }
}

/** Orders by physical time, then logical count, then node id: negative when `a` is earlier. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[1] !== b[1]) return a[1] - b[1];
  if (a[2] === b[2]) return 0;
  // A named locale, since every replica must decide alike; code units decide where the locale sees no difference.
  return a[2].localeCompare(b[2], 'en') || (a[2] < b[2] ? -1 : 1);
}
