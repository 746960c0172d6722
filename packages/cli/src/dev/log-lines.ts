/**
 * The log of the development server, one line per event: requests, sync messages, and what went wrong. A token never
 * gets into a line, whatever a record carries.
 */
import colors from 'picocolors';
import type { LogHandler, LogRecord } from '@triplit/logger';

export interface DevLogOptions {
  /** Adds debug records and what records carry. */
  readonly verbose: boolean;
  readonly write: (line: string) => void;
}

const DETAIL_CHARACTERS = 100;
const QUIET_LEVELS = new Set(['TRACE', 'DEBUG']);
const JWT = /\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g;
const RESPONSE = /^[A-Z]+ (\/\S*) (\d{3})$/;
const SYNC_MESSAGE = /^([A-Z]+(?:_[A-Z]+)*) from (\S+)$/;

/** The server's `logHandler`. */
export function devLogHandler({ verbose, write }: DevLogOptions): LogHandler {
  return {
    log: (record: LogRecord): void => {
      const line = describeRecord(record, verbose);
      if (line === undefined) return;
      const time = colors.dim(new Date(record.timestamp).toLocaleTimeString('en-GB'));
      write(`${time} ${line.replace(JWT, '[token]')}`);
    },
    startSpan: (name: string) => ({ name }),
    endSpan: () => undefined,
    recordMetric: () => undefined,
  } as LogHandler;
}

function describeRecord(record: LogRecord, verbose: boolean): string | undefined {
  const response = RESPONSE.exec(record.message);
  if (response) return describeResponse(response[1]!, Number(response[2]));
  const message = SYNC_MESSAGE.exec(record.message);
  if (message) return describeMessage(message[1]!, message[2]!, verbose);
  return describeRemark(record, verbose);
}

function describeResponse(route: string, status: number): string {
  const tint = status >= 400 ? colors.red : colors.green;
  return `${tint('⬅')} ${route} ${tint(String(status))}`;
}

function describeMessage(type: string, client: string, verbose: boolean): string | undefined {
  if (type === 'PING' || type === 'PONG') return undefined;
  return `${colors.yellow('➡')} ${type}${verbose ? colors.dim(` ${client}`) : ''}`;
}

function describeRemark({ level, message, attributes }: LogRecord, verbose: boolean): string | undefined {
  if (QUIET_LEVELS.has(level) && !verbose) return undefined;
  const tint = level === 'ERROR' || level === 'FATAL' ? colors.red : level === 'WARN' ? colors.yellow : colors.dim;
  return `${tint('•')} ${tint(message)}${verbose && attributes ? details(attributes) : ''}`;
}

/** Members named for secrets are left out before the text is cut, so that no part of them survives the cut. */
function details(attributes: Readonly<Record<string, unknown>>): string {
  const secret = /token|secret|authorization|password/i;
  const text = JSON.stringify(attributes, (key, member: unknown) => {
    if (typeof member !== 'string') return member;
    return secret.test(key) ? '[hidden]' : member.replace(JWT, '[token]');
  });
  if (text === '{}') return '';
  return ` ${colors.dim(text.length > DETAIL_CHARACTERS ? `${text.slice(0, DETAIL_CHARACTERS)}…` : text)}`;
}
