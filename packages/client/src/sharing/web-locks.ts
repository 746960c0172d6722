/** Locks that the browser releases however the program ends that holds them. */

/** Undefined where there are none: outside of browsers, and in pages without a secure origin. */
export function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
}

/** Runs the task when whoever holds the lock is gone; never where there are no locks. */
export function whenReleased(lock: string, task: () => void): void {
  void webLocks()?.request(lock, async () => task());
}
