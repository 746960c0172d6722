/** Kept for programs written for version 1. */
import { platform } from '@triplit/db';

/** Calls at once, then at most once per interval, the last time with the newest arguments. */
export function throttle<Args extends unknown[]>(
  callback: (...args: Args) => void,
  intervalMs: number,
): (...args: Args) => void {
  let waiting: Args | undefined;
  let isPaused = false;
  const pause = () => {
    isPaused = true;
    platform.schedule(() => {
      isPaused = false;
      if (!waiting) return;
      const args = waiting;
      waiting = undefined;
      pause();
      callback(...args);
    }, intervalMs);
  };
  return (...args) => {
    if (isPaused) {
      waiting = args;
      return;
    }
    pause();
    callback(...args);
  };
}
