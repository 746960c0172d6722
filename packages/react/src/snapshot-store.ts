/**
 * A value that changes over time, in the shape that React's `useSyncExternalStore` wants. It works only while somebody
 * listens. Invariant: `getSnapshot` gives the same object until something in it changes.
 */
export class SnapshotStore<S extends object> {
  readonly #start: (update: (change: Partial<S>) => void) => () => void;
  readonly #listeners = new Set<() => void>();
  #snapshot: S;
  #stop: (() => void) | undefined;

  /** `start` is called for the first listener and returns what is called after the last has left. */
  constructor(initial: S, start: (update: (change: Partial<S>) => void) => () => void) {
    this.#snapshot = initial;
    this.#start = start;
  }

  readonly getSnapshot = (): S => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#stop ??= this.#start((change) => this.#update(change));
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  };

  #update(change: Partial<S>): void {
    const changed = (Object.keys(change) as (keyof S)[]).some((key) => !Object.is(change[key], this.#snapshot[key]));
    if (!changed) return;
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
