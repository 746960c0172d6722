/**
 * The logger: lets records of its level and above through to handlers. Loggers made by `context` share the handlers of
 * their parent. Invariant: nothing that a handler does or throws reaches the caller.
 */
import { DisposableSpan } from './disposable-span.ts';
import type { LogAttributes, LogHandler, LogRecord } from './log-handler.ts';
import { LOG_LEVELS, thresholdSeverity } from './log-level.ts';
import type { LogLevelName, LogThreshold } from './log-level.ts';

interface SharedHandlers {
  readonly list: LogHandler[];
  /** Set once a handler was registered that wants to be the last. */
  isClosed: boolean;
}

export class Logger {
  #handlers: SharedHandlers;
  #context: string | undefined = undefined;
  readonly #resource: LogAttributes | undefined;
  #minimumSeverity: number;

  constructor(
    handlers: readonly LogHandler[] = [],
    resourceAttributes?: LogAttributes,
    logLevel: LogThreshold = 'INFO',
  ) {
    this.#handlers = { list: [...handlers], isClosed: false };
    this.#resource = resourceAttributes;
    this.#minimumSeverity = thresholdSeverity(logLevel) ?? LOG_LEVELS.INFO;
  }

  /** A logger for a part of the program, with the same handlers and, to begin with, the same level. */
  context(name: string): Logger {
    const child = new Logger([], this.#resource);
    child.#handlers = this.#handlers;
    child.#minimumSeverity = this.#minimumSeverity;
    child.#context = this.#context === undefined ? name : `${this.#context}:${name}`;
    return child;
  }

  /** In any case of letters; a level that does not exist is ignored. `NONE` silences. */
  setLogLevel(level: LogThreshold | Lowercase<LogThreshold>): void {
    this.#minimumSeverity = thresholdSeverity(level) ?? this.#minimumSeverity;
  }

  /** Adds a handler. After one was added with `exclusive`, no other is accepted and `false` is returned. */
  registerHandler(handler: LogHandler, { exclusive = false }: { exclusive?: boolean } = {}): boolean {
    const handlers = this.#handlers;
    if (handlers.isClosed) return false;
    if (!handlers.list.includes(handler)) handlers.list.push(handler);
    handlers.isClosed = exclusive;
    return true;
  }

  /** Whether a handler is registered that the predicate is true for, so that none is added that does the same. */
  hasHandler(predicate: (handler: LogHandler) => boolean): boolean {
    return this.#handlers.list.some(predicate);
  }

  trace(message: string, attributes?: LogAttributes): void {
    this.#record('TRACE', message, attributes);
  }

  debug(message: string, attributes?: LogAttributes): void {
    this.#record('DEBUG', message, attributes);
  }

  info(message: string, attributes?: LogAttributes): void {
    this.#record('INFO', message, attributes);
  }

  /** The same as `info`. */
  log(message: string, attributes?: LogAttributes): void {
    this.#record('INFO', message, attributes);
  }

  warn(message: string, attributes?: LogAttributes): void {
    this.#record('WARN', message, attributes);
  }

  error(message: string, attributes?: LogAttributes): void {
    this.#record('ERROR', message, attributes);
  }

  fatal(message: string, attributes?: LogAttributes): void {
    this.#record('FATAL', message, attributes);
  }

  /** Begins a span: `using span = logger.spanTrace('work')`, or call `end` on it. */
  spanTrace(name: string, attributes?: LogAttributes): DisposableSpan {
    const parts: [LogHandler, unknown][] = [];
    this.#each((handler) => parts.push([handler, handler.startSpan(name, this.#context, attributes)]));
    return new DisposableSpan(parts);
  }

  metric(name: string, value: number, attributes?: LogAttributes): void {
    this.#each((handler) => handler.recordMetric(name, value, attributes));
  }

  #record(level: LogLevelName, message: string, attributes: LogAttributes | undefined): void {
    if (LOG_LEVELS[level] < this.#minimumSeverity || this.#handlers.list.length === 0) return;
    const record: LogRecord = {
      level,
      message,
      timestamp: Date.now(),
      ...(this.#context !== undefined && { context: this.#context }),
      ...(attributes !== undefined && { attributes }),
      ...(this.#resource !== undefined && { resource: this.#resource }),
    };
    this.#each((handler) => handler.log(record));
  }

  #each(tell: (handler: LogHandler) => unknown): void {
    for (const handler of this.#handlers.list) {
      try {
        const returned = tell(handler);
        // An async method is assignable to one that returns nothing.
        if (returned instanceof Promise) returned.catch(() => undefined);
      } catch {
        // Logging must not break what is being logged.
      }
    }
  }
}

/** The logger that parts of Triplit use unless they are given another. Silent until a handler is registered. */
export const logger = new Logger();
