/** The handler that writes one readable line per record to the console, in browsers and on servers. */
import type { LogAttributes, LogHandler, LogRecord } from './log-handler.ts';
import type { LogLevelName } from './log-level.ts';

export interface ConsoleHandlerOptions {
  /** Turns a record into the arguments of the console call. */
  readonly formatter?: (record: LogRecord) => any[];
}

interface ConsoleSpan {
  readonly name: string;
  readonly context: string | undefined;
  readonly attributes: LogAttributes | undefined;
  readonly startedAt: number;
}

export class ConsoleHandler implements LogHandler {
  readonly #format: (record: LogRecord) => unknown[];

  constructor({ formatter = formatRecord }: ConsoleHandlerOptions = {}) {
    this.#format = formatter;
  }

  log(record: LogRecord): void {
    console[METHODS[record.level] ?? 'log'](...this.#format(record));
  }

  startSpan(name: string, context?: string, attributes?: LogAttributes): ConsoleSpan {
    return { name, context, attributes, startedAt: Date.now() };
  }

  endSpan(span: unknown): void {
    const { name, context, attributes, startedAt } = span as ConsoleSpan;
    const now = Date.now();
    this.log({ level: 'TRACE', message: `${name} took ${now - startedAt} ms`, timestamp: now, context, attributes });
  }

  recordMetric(name: string, value: number, attributes?: LogAttributes): void {
    this.log({ level: 'TRACE', message: `${name} = ${value}`, timestamp: Date.now(), attributes });
  }
}

const METHODS: Partial<Record<LogLevelName, 'debug' | 'info' | 'warn' | 'error'>> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
};

const DIRECTIONS: Readonly<Record<string, { readonly label: string; readonly style: string }>> = {
  sent: { label: ' OUT ', style: 'background: #0c6; color: #000' },
  received: { label: ' IN ', style: 'background: #06c; color: #fff' },
};

/** Sync messages are shown as coloured OUT and IN lines, everything else as time, level, context, message, attributes. */
function formatRecord(record: LogRecord): unknown[] {
  const { level, message, timestamp, context, attributes } = record;
  const direction = context === 'sync' && Object.hasOwn(DIRECTIONS, message) ? DIRECTIONS[message] : undefined;
  if (direction !== undefined) {
    return [`%c${direction.label}%c ${String(attributes?.['type'] ?? '')}`, direction.style, '', attributes];
  }
  const time = new Date(timestamp).toISOString();
  const origin = context === undefined ? '' : ` [${context}]`;
  return [`${time} ${level.padEnd(5)}${origin} ${message}${attributesText(attributes)}`];
}

function attributesText(attributes: LogAttributes | undefined): string {
  if (attributes === undefined) return '';
  const seen = new Set<unknown>();
  try {
    const text = JSON.stringify(attributes, (_name, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      if (value instanceof Error) return value.stack ?? String(value);
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return '[shown before]';
      seen.add(value);
      return value instanceof Map || value instanceof Set ? [...value] : value;
    });
    return text === '{}' ? '' : ` ${text}`;
  } catch {
    return ' [attributes that cannot be shown]';
  }
}
