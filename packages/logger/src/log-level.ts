/** The levels of log records, with the severity numbers of OpenTelemetry: four per level, of which these are the first. */
export const LOG_LEVELS = {
  TRACE: 1,
  DEBUG: 5,
  INFO: 9,
  WARN: 13,
  ERROR: 17,
  FATAL: 21,
} as const;

export type LogLevelName = keyof typeof LOG_LEVELS;

/** What a logger lets through; `NONE` lets nothing through. */
export type LogThreshold = LogLevelName | 'NONE';

const NAMES = Object.keys(LOG_LEVELS) as LogLevelName[];

/** The level that an OpenTelemetry severity number (1–24) belongs to; numbers outside belong to the nearest level. */
export function logLevelNumberToLevelName(severity: number): LogLevelName {
  const index = Math.floor((severity - 1) / 4);
  return NAMES[Math.max(0, Math.min(index, NAMES.length - 1))]!;
}

/** The lowest severity that passes the threshold, or undefined when the text (in any case) names none. */
export function thresholdSeverity(threshold: string): number | undefined {
  const name = threshold.toUpperCase();
  if (name === 'NONE') return Infinity;
  return Object.hasOwn(LOG_LEVELS, name) ? LOG_LEVELS[name as LogLevelName] : undefined;
}
