import { stripVTControlCharacters } from 'node:util';
import type { LogRecord } from '@triplit/logger';
import { expect, test } from 'vitest';
import { devLogHandler } from './log-lines.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

function lines(records: readonly Partial<LogRecord>[], verbose = false): string[] {
  const written: string[] = [];
  const handler = devLogHandler({ verbose, write: (line) => written.push(stripVTControlCharacters(line)) });
  for (const record of records) handler.log({ level: 'INFO', message: '', timestamp: 0, ...record } as LogRecord);
  return written.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''));
}

test('an answered request is one line', () => {
  expect(lines([{ level: 'DEBUG', message: 'POST /fetch 200' }])).toEqual(['⬅ /fetch 200']);
});

test('sync messages are named, pings are not', () => {
  const messages = ['CONNECT_QUERY', 'PING', 'CHANGES'].map(
    (type) => ({ level: 'DEBUG', message: `${type} from client-1` }) as Partial<LogRecord>,
  );
  expect(lines(messages)).toEqual(['➡ CONNECT_QUERY', '➡ CHANGES']);
});

test('warnings are shown, other debug records only when asked for', () => {
  const records = [
    { level: 'WARN', message: 'Refused a connection: expired' },
    { level: 'DEBUG', message: 'a detail', attributes: { size: 3 } },
  ] as Partial<LogRecord>[];
  expect(lines(records)).toEqual(['• Refused a connection: expired']);
  expect(lines(records, true)).toEqual(['• Refused a connection: expired', '• a detail {"size":3}']);
});

test.each([false, true])('no token reaches the log (verbose: %s)', (verbose) => {
  const written = lines(
    [
      { message: `GET /?token=${JWT} 401` },
      { level: 'ERROR', message: `refused ${JWT}`, attributes: { jwtSecret: 'do not print', text: JWT } },
      { message: 'x', attributes: { token: JWT, nested: { authorization: `Bearer ${JWT}` } } },
    ],
    verbose,
  ).join('\n');
  expect(written).not.toContain('eyJ');
  expect(written).not.toContain('do not print');
});
