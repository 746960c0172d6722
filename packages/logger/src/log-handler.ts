/** What a logger hands to its handlers. A handler writes records, spans and metrics somewhere; it never has to be fast. */
import type { LogLevelName } from './log-level.ts';

export type LogAttributes = Record<string, unknown>;

export interface LogRecord {
  readonly level: LogLevelName;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** The part of the program that speaks; nested parts are joined by colons. */
  readonly context?: string;
  readonly attributes?: LogAttributes;
  /** What describes the whole process, such as a service name. */
  readonly resource?: LogAttributes;
}

export interface LogHandler {
  log(record: LogRecord): void;
  /** Begins a span and returns whatever `endSpan` needs to end it. */
  startSpan(name: string, context?: string, attributes?: LogAttributes): unknown;
  endSpan(span: unknown): void;
  recordMetric(name: string, value: number, attributes?: LogAttributes): void;
}
