/**
 * The log of the development server, one line per event: requests, sync messages, and what went wrong. A token never
 * gets into a line, whatever a record carries.
 */
import type { LogHandler, LogRecord } from '@triplit/logger';
import colors from 'picocolors';

export interface DevLogOptions {
  /** Adds debug records, and what records carry. */
  readonly verbose: boolean;
  readonly write: (line: string) => void;
  /** Messages that say nothing new during development. */
  readonly isExpected?: (message: string) => boolean;
}

const DETAIL_CHARACTERS = 100;
const HIDDEN_MESSAGES = new Set(['PING', 'PONG']);
const QUIET_LEVELS = new Set(['TRACE', 'DEBUG']);
const JWT = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g;

/** The server's `logHandler`. */
export function devLogHandler({ verbose, write, isExpected }: DevLogOptions): LogHandler {
  return {
    log: (record: LogRecord): void => {
      if (isExpected?.(record.message)) return;
      const line = describeRecord(record, verbose);
      if (line === undefined) return;
      const time = colors.dim(new Date(record.timestamp).toLocaleTimeString('en-GB'));
      write(`${time} ${line.replace(JWT, '[token]')}`);
    },
    startSpan: (name: string) => ({ name }),
    endSpan: () => undefined,
    recordMetric: () => undefined,
  };
}

function describeRecord(record: LogRecord, verbose: boolean): string | undefined {
  switch (record.context?.split(':').at(-1)) {
    case 'request':
      return `${colors.yellow('➡')} ${String(record.attributes?.['path'])}`;
    case 'response':
      return describeResponse(record);
    case 'message':
      return describeMessage(record, verbose);
    default:
      return describeRemark(record, verbose);
  }
}

function describeResponse({ attributes = {} }: LogRecord): string {
  const status = Number(attributes['status']);
  const failed = status >= 400;
  const tint = failed ? colors.red : colors.green;
  const reason = failed ? reasonIn(attributes['payload']) : undefined;
  return `${tint('⬅')} ${String(attributes['path'])} ${tint(String(status))}${reason ? ` ${reason}` : ''}`;
}

function describeMessage({ attributes = {}, message: text }: LogRecord, verbose: boolean): string | undefined {
  const message = (attributes['message'] ?? {}) as { type?: string; payload?: unknown };
  const type = message.type ?? text;
  if (HIDDEN_MESSAGES.has(type)) return undefined;
  const incoming = attributes['direction'] === 'received';
  const arrow = incoming ? '➡' : '⬅';
  if (type === 'ERROR' || type === 'CLOSE') {
    return `${colors.red(`${arrow} ${type}`)} ${reasonIn(message.payload) ?? ''}`.trimEnd();
  }
  const client = verbose ? colors.dim(` ${String(attributes['clientId'])}`) : '';
  return `${incoming ? colors.yellow(arrow) : colors.green(arrow)} ${type}${client}`;
}

function describeRemark(record: LogRecord, verbose: boolean): string | undefined {
  if (QUIET_LEVELS.has(record.level) && !verbose) return undefined;
  const tint =
    record.level === 'ERROR' || record.level === 'FATAL'
      ? colors.red
      : record.level === 'WARN'
        ? colors.yellow
        : colors.dim;
  return `${tint('•')} ${tint(record.message)}${verbose ? details(record.attributes) : ''}`;
}

/** The name and message of an error in its JSON form; a server's message says what to do about it. */
function reasonIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { error, name, message, type } = value as {
    error?: unknown;
    name?: unknown;
    message?: unknown;
    type?: unknown;
  };
  if (typeof error === 'object') return reasonIn(error);
  const parts = [name ?? type, message].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(': ') : undefined;
}

/** Members named for secrets are left out before the text is cut, so that no part of them survives the cut. */
function details(attributes: LogRecord['attributes']): string {
  const secret = /token|secret|authorization|password/i;
  const text = JSON.stringify(attributes, (key, member: unknown) => {
    if (typeof member !== 'string') return member;
    return secret.test(key) ? '[hidden]' : member.replace(JWT, '[token]');
  });
  if (text === undefined || text === '{}') return '';
  return ` ${colors.dim(text.length > DETAIL_CHARACTERS ? `${text.slice(0, DETAIL_CHARACTERS)}…` : text)}`;
}
