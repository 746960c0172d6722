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

test('a request and its response are one line each', () => {
  expect(
    lines([
      { context: 'server:request', attributes: { path: '/fetch' } },
      { context: 'response', attributes: { path: '/fetch', status: 200 } },
    ]),
  ).toEqual(['➡ /fetch', '⬅ /fetch 200']);
});

test('a refusal says why in the same line', () => {
  const payload = { name: 'NoTokenProvidedError', message: 'No token provided.' };
  expect(lines([{ context: 'response', attributes: { path: '/fetch', status: 401, payload } }])).toEqual([
    '⬅ /fetch 401 NoTokenProvidedError: No token provided.',
  ]);
});

test('debug records and what records carry are shown only when asked for', () => {
  const records = [
    { level: 'WARN', message: 'attention', attributes: { size: 3 } },
    { level: 'DEBUG', message: 'a detail', attributes: { text: 'x'.repeat(500) } },
  ] as Partial<LogRecord>[];
  expect(lines(records)).toEqual(['• attention']);
  const [warning, detail] = lines(records, true);
  expect(warning).toBe('• attention {"size":3}');
  expect(detail!.length).toBeLessThan(130);
});

test('sync messages are named, pings are not', () => {
  const message = (type: string, direction: string): Partial<LogRecord> => ({
    context: 'message',
    attributes: { direction, clientId: 'c', message: { type } },
  });
  expect(lines([message('CHANGES', 'received'), message('CHANGES_ACK', 'sent'), message('PING', 'received')])).toEqual([
    '➡ CHANGES',
    '⬅ CHANGES_ACK',
  ]);
});

test.each([false, true])('no token reaches the log (verbose: %s)', (verbose) => {
  const written = lines(
    [
      {
        context: 'request',
        attributes: { path: `/?token=${JWT}`, body: { token: JWT, nested: { authorization: `Bearer ${JWT}` } } },
      },
      { level: 'ERROR', message: `refused ${JWT}`, attributes: { jwtSecret: 'do not print', text: JWT } },
      {
        context: 'message',
        attributes: { direction: 'received', message: { type: 'UPDATE_TOKEN', payload: { token: JWT } } },
      },
    ],
    verbose,
  ).join('\n');
  expect(written).not.toContain('eyJ');
  expect(written).not.toContain('do not print');
});
