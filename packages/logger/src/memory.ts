/** The handler that keeps what it is told, for tests and for looking back while debugging. */
import type { LogAttributes, LogHandler, LogRecord } from './log-handler.ts';

/** The oldest records are let go beyond this many. */
const DEFAULT_MAX_RECORDS = 10_000;

export interface MemorySpan {
  readonly name: string;
  readonly context: string | undefined;
  readonly attributes: LogAttributes | undefined;
  readonly startedAt: number;
  /** Undefined while the span is under way. */
  endedAt: number | undefined;
}

export interface MemoryMetric {
  readonly name: string;
  readonly value: number;
  readonly attributes: LogAttributes | undefined;
}

export class MemoryHandler implements LogHandler {
  /** Log records, oldest first. */
  readonly logs: any[] = [];
  readonly spans: MemorySpan[] = [];
  readonly metrics: MemoryMetric[] = [];
  readonly #maxRecords: number;

  constructor({ maxRecords = DEFAULT_MAX_RECORDS }: { maxRecords?: number } = {}) {
    this.#maxRecords = maxRecords;
  }

  log(record: LogRecord): void {
    this.#keep(this.logs, record);
  }

  startSpan(name: string, context?: string, attributes?: LogAttributes): MemorySpan {
    const span: MemorySpan = { name, context, attributes, startedAt: Date.now(), endedAt: undefined };
    this.#keep(this.spans, span);
    return span;
  }

  endSpan(span: unknown): void {
    (span as MemorySpan).endedAt = Date.now();
  }

  recordMetric(name: string, value: number, attributes?: LogAttributes): void {
    this.#keep(this.metrics, { name, value, attributes });
  }

  #keep<T>(kept: T[], item: T): void {
    kept.push(item);
    if (kept.length > this.#maxRecords) kept.shift();
  }
}
