/**
 * Collects the connections that have news and flushes them together at the end of the turn: once, however many commits
 * the turn had. There is no fixed timer; when nothing happens, nothing runs.
 */
export interface Flushable {
  flush(): void;
}

/** Runs the task after the events of the current turn have been handled. */
export type Schedule = (task: () => void) => void;

export class FlushQueue {
  readonly #schedule: Schedule;
  #waiting = new Set<Flushable>();
  #scheduled = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  add(member: Flushable): void {
    this.#waiting.add(member);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.flushNow());
  }

  delete(member: Flushable): void {
    this.#waiting.delete(member);
  }

  flushNow(): void {
    this.#scheduled = false;
    const members = this.#waiting;
    this.#waiting = new Set();
    for (const member of members) member.flush();
  }
}
