/** Logging for Triplit: levels, contexts, spans and metrics, written by handlers that can be replaced. */
export { DisposableSpan } from './disposable-span.ts';
export type { LogAttributes, LogHandler, LogRecord } from './log-handler.ts';
export { LOG_LEVELS, logLevelNumberToLevelName } from './log-level.ts';
export type { LogLevelName, LogThreshold } from './log-level.ts';
export { Logger, logger } from './logger.ts';
