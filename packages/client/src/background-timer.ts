/** A timer that does not keep a Node process alive by itself: nobody waits for a ping or a token refresh. */

/** Longer delays overflow the timers of browsers and Node. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Runs the task after the delay. Returns a function that cancels it. */
export function startTimer(task: () => void, delayMs: number): () => void {
  const timer: unknown = setTimeout(task, Math.min(delayMs, MAX_TIMER_MS));
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
  return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
}
