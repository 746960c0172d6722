/**
 * Runs the tasks of one connection strictly one after another, in the order of arrival. A task that needs no waiting
 * runs at once, inside `enqueue`, when nothing is before it.
 */
type Task = () => void | Promise<void>;

export class Inbox {
  readonly #capacity: number;
  readonly #waiting: { task: Task; done: () => void }[] = [];
  #busy = false;
  #closed = false;

  /** `capacity`: how many tasks may wait. A rejected task is treated as a finished one; a task must not throw. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#capacity;
  }

  /** Settles when the task is done, or when the inbox was closed before it could run. */
  enqueue(task: Task): Promise<void> {
    if (this.#closed) return Promise.resolve();
    let done = () => {};
    const finished = new Promise<void>((resolve) => (done = resolve));
    this.#waiting.push({ task, done });
    this.#drain();
    return finished;
  }

  /** Drops every waiting task. */
  close(): void {
    this.#closed = true;
    for (const { done } of this.#waiting.splice(0)) done();
  }

  #drain(): void {
    while (!this.#busy) {
      const entry = this.#waiting.shift();
      if (!entry) return;
      this.#busy = true;
      const running = entry.task();
      const finish = () => {
        this.#busy = false;
        entry.done();
      };
      if (!running) finish();
      else {
        const resume = () => {
          finish();
          this.#drain();
        };
        void running.then(resume, resume);
      }
    }
  }
}
