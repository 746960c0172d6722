import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { devLogHandler } from './log-lines.ts';
import type { DevLogRecord } from './log-lines.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';

function lines(records: readonly Partial<DevLogRecord>[], verbose = false): string[] {
  const written: string[] = [];
  const handler = devLogHandler({ verbose, write: (line) => written.push(stripVTControlCharacters(line)) });
  for (const record of records) handler.log({ level: 'INFO', message: '', timestamp: 0, ...record });
  return written.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''));
}

test('a request and its response are one line each', () => {
  expect(
    lines([
      { context: 'request', attributes: { path: '/fetch' } },
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

test('bodies are shown only when asked for, and cut', () => {
  const record = { context: 'request', attributes: { path: '/insert', body: { text: 'x'.repeat(500) } } };
  expect(lines([record])).toEqual(['➡ /insert']);
  const [line] = lines([record], true);
  expect(line!.length).toBeLessThan(130);
});

test('sync messages are named, pings are not', () => {
  const message = (type: string, direction: string): Partial<DevLogRecord> => ({
    context: 'message',
    attributes: { direction, message: { type, payload: {} } },
  });
  expect(lines([message('CHANGES', 'received'), message('CHANGES_ACK', 'sent'), message('PING', 'received')])).toEqual([
    '➡ CHANGES',
    '⬅ CHANGES_ACK',
  ]);
});

test.each([false, true])('no token reaches the log (verbose: %s)', (verbose) => {
  const written = lines(
    [
      { context: 'request', attributes: { path: `/?token=${JWT}`, body: { token: JWT, nested: { authorization: `Bearer ${JWT}` } } } },
      { level: 'ERROR', message: `refused ${JWT}`, attributes: { jwtSecret: 'do not print', text: JWT } },
      { context: 'message', attributes: { direction: 'received', message: { type: 'UPDATE_TOKEN', payload: { token: JWT } } } },
    ],
    verbose,
  ).join('\n');
  expect(written).not.toContain('eyJ');
  expect(written).not.toContain('do not print');
});
