/** A set of callbacks for one event. One that throws is reported and does not keep the others from being called. */
import type { Logger } from '@triplit/logger';

export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<{ readonly call: (...args: Args) => unknown }>();
  readonly #event: string;
  readonly #logger: Logger;

  /** `event` names it in the report of a callback that failed. */
  constructor(event: string, logger: Logger) {
    this.#event = event;
    this.#logger = logger;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** The same function may be added several times. Returns a function that removes this one addition. */
  add(callback: (...args: Args) => unknown): () => void {
    const listener = { call: callback };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(...args: Args): void {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) callSafely(() => listener.call(...args), this.#event, this.#logger);
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** Runs an application's callback; a throw or a rejection is logged, for it must not disturb the client. */
export function callSafely(callback: () => unknown, event: string, logger: Logger): void {
  const report = (error: unknown): void => logger.error(`A callback for ${event} failed: ${String(error)}`, { error });
  try {
    catchRejection(callback(), report);
  } catch (error) {
    report(error);
  }
}

/** `returned`: by a callback, which may be an async function; nobody else looks at its promise. */
export function catchRejection(returned: unknown, report: (error: unknown) => void): void {
  if (typeof returned === 'object' && returned !== null && 'then' in returned) Promise.resolve(returned).catch(report);
}
