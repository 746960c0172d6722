/** A span under way in every handler of a logger. It ends once, by `end` or at the end of a `using` block. */
import type { LogHandler } from './log-handler.ts';

export class DisposableSpan implements Disposable {
  #parts: readonly (readonly [LogHandler, span: unknown])[];

  /** Takes what each handler's `startSpan` returned. */
  constructor(parts: readonly (readonly [LogHandler, span: unknown])[]) {
    this.#parts = parts;
  }

  end(): void {
    const parts = this.#parts;
    this.#parts = [];
    for (const [handler, span] of parts) {
      try {
        const returned: unknown = handler.endSpan(span);
        if (returned instanceof Promise) returned.catch(() => undefined);
      } catch {
        // Logging must not break what is being logged.
      }
    }
  }

  [Symbol.dispose](): void {
    this.end();
  }
}
