/**
 * The log of the development server, one line per event: requests, sync messages, and what went wrong. A token never
 * gets into a line, whatever a record carries.
 */
import colors from 'picocolors';

/** The part of a log record that is read here. */
export interface DevLogRecord {
  readonly level: string;
  readonly message: string;
  readonly timestamp: number;
  readonly context?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}
export interface DevLogOptions {
  /** Adds bodies and debug records. */
  readonly verbose: boolean;
  readonly write: (line: string) => void;
}

const BODY_CHARACTERS = 100;
const HIDDEN_MESSAGES = new Set(['PING', 'PONG']);
const QUIET_LEVELS = new Set(['TRACE', 'DEBUG']);
const JWT = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g;

/** The server's `logHandler`. */
export function devLogHandler({ verbose, write }: DevLogOptions) {
  return {
    log: (record: DevLogRecord): void => {
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

function describeRecord(record: DevLogRecord, verbose: boolean): string | undefined {
  switch (record.context) {
    case 'request':
      return `${colors.yellow('➡')} ${route(record)}${body(record, verbose)}`;
    case 'response':
      return describeResponse(record, verbose);
    case 'message':
      return describeMessage(record, verbose);
    default:
      return describeRemark(record, verbose);
  }
}

function describeResponse(record: DevLogRecord, verbose: boolean): string {
  const status = Number(record.attributes?.['status'] ?? record.attributes?.['statusCode'] ?? 0);
  const failed = status >= 400;
  const tint = failed ? colors.red : colors.green;
  const reason = failed ? reasonIn(record.attributes?.['payload'] ?? record.attributes?.['body']) : undefined;
  return `${tint('⬅')} ${route(record)} ${tint(String(status || ''))}${reason ? ` ${reason}` : body(record, verbose)}`;
}

function describeMessage(record: DevLogRecord, verbose: boolean): string | undefined {
  const attributes = record.attributes ?? {};
  const message = (attributes['message'] ?? attributes) as { type?: string; payload?: unknown };
  const type = String(message.type ?? record.message);
  if (HIDDEN_MESSAGES.has(type)) return undefined;
  const incoming = (attributes['direction'] ?? record.message) === 'received';
  const arrow = incoming ? '➡' : '⬅';
  if (type === 'ERROR' || type === 'CLOSE') {
    return `${colors.red(`${arrow} ${type}`)} ${reasonIn(message.payload) ?? ''}`.trimEnd();
  }
  return `${incoming ? colors.yellow(arrow) : colors.green(arrow)} ${type}${verbose ? shorten(message.payload) : ''}`;
}

function describeRemark(record: DevLogRecord, verbose: boolean): string | undefined {
  if (QUIET_LEVELS.has(record.level) && !verbose) return undefined;
  const tint = record.level === 'ERROR' || record.level === 'FATAL' ? colors.red : record.level === 'WARN' ? colors.yellow : colors.dim;
  const hasDetails = verbose && record.attributes && Object.keys(record.attributes).length > 0;
  return `${tint('•')} ${tint(record.message)}${hasDetails ? shorten(record.attributes) : ''}`;
}

function route(record: DevLogRecord): string {
  return String(record.attributes?.['path'] ?? record.attributes?.['route'] ?? record.message);
}

function body(record: DevLogRecord, verbose: boolean): string {
  return verbose ? shorten(record.attributes?.['body'] ?? record.attributes?.['params'] ?? record.attributes?.['payload']) : '';
}

/** The name and message of an error in its JSON form; a server's message says what to do about it. */
function reasonIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { error, name, message, type } = value as { error?: unknown; name?: unknown; message?: unknown; type?: unknown };
  if (typeof error === 'object') return reasonIn(error);
  const parts = [name ?? type, message].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(': ') : undefined;
}

function shorten(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : safeJson(value);
  if (text === '' || text === '{}') return '';
  return ` ${colors.dim(text.length > BODY_CHARACTERS ? `${text.slice(0, BODY_CHARACTERS)}…` : text)}`;
}

/** Members named for secrets are left out before the text is cut, so that no part of them survives the cut. */
function safeJson(value: unknown): string {
  const secret = /token|secret|authorization|password/i;
  return JSON.stringify(value, (key, member: unknown) => {
    if (secret.test(key) && typeof member === 'string') return '[hidden]';
    return typeof member === 'string' ? member.replace(JWT, '[token]') : member;
  });
}
