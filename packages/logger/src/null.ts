/** The handler that does nothing. */
import type { LogHandler } from './log-handler.ts';

export class NullHandler implements LogHandler {
  log(): void {}

  startSpan(): undefined {
    return undefined;
  }

  endSpan(): void {}

  recordMetric(): void {}
}
