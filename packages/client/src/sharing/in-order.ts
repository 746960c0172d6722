/** Runs tasks one after the other, also when some of them take time. */
export class InOrder {
  readonly #tasks: (() => unknown)[] = [];
  #isRunning = false;

  /** A task that throws or rejects does not keep the next from being run; it must report for itself. */
  push(task: () => unknown): void {
    this.#tasks.push(task);
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        const result = task();
        // Asked by shape: where Promise was replaced (zone.js), async functions return others.
        if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') await result;
      } catch {
        // See above.
      }
    }
    this.#isRunning = false;
  }
}
