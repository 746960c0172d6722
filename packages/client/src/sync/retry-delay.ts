/** How long to wait before a connection is tried again: doubling from 250 ms to 5 minutes, spread so that clients of a restarted server do not all return in the same instant. */

export const FIRST_RETRY_MS = 250;
export const MAX_RETRY_MS = 300_000;
/** The part of the delay that chance decides. */
const JITTER = 0.5;

/** `attempt` counts from 0; `chance` is in [0, 1). The result is between half of the full delay and the full delay. */
export function retryDelayMs(attempt: number, chance: number, firstMs = FIRST_RETRY_MS, maxMs = MAX_RETRY_MS): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 40));
  return Math.round(full * (1 - JITTER * chance));
}
