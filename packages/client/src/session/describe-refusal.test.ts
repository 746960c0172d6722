import type { CloseType } from '@triplit/db/sync';
import { expect, test } from 'vitest';
import { describeRefusal } from './describe-refusal.ts';

const describe = (type: string, retry = false, message?: string): string =>
  describeRefusal({ type: type as CloseType, retry, ...(message && { message }) }, 'https://example.test');

test.each([
  ['UNAUTHORIZED', 'EXTERNAL_JWT_SECRET'],
  ['TOKEN_EXPIRED', 'refreshHandler'],
  ['ROLES_MISMATCH', 'startSession'],
  ['SCHEMA_MISMATCH', 'Push the schema'],
  ['LIMIT_EXCEEDED', 'raise the limit'],
  ['INTERNAL_ERROR', 'log of the server'],
  ['UNKNOWN', 'proxy'],
  ['a type of a later version', 'proxy'],
])('%s: says what to do', (type, advice) => {
  expect(describe(type)).toContain(`The server at https://example.test ended the connection (${type}). `);
  expect(describe(type)).toContain(advice);
});

test("repeats the server's own words, and says whether the client connects again", () => {
  expect(describe('LIMIT_EXCEEDED', true, 'Too many connections.')).toMatch(
    /\(LIMIT_EXCEEDED: Too many connections\)\. .* The client connects again by itself\.$/,
  );
});
