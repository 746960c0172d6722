/** Random cases against the oracle: in memory, on LMDB with a reopening at the end, and with the outbox of a client. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, expect, test } from 'vitest';
import { LmdbKVStore } from '../../packages/db/src/storage/lmdb.ts';
import { randomCase } from './case.ts';
import type { Case } from './case.ts';
import { judge, sessionWrites } from './judge.ts';
import { casesOf, runCases, timeout } from './run-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-oracle-'));
let databases = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('in memory, live views and fresh reads agree with the oracle after every commit', { timeout }, async () => {
  await runCases('memory', casesOf(0.6), randomCase, (made) => judge(made));
});

test('a session may write what its permissions allow, and nothing else', { timeout }, async () => {
  const before = { ...sessionWrites };
  await runCases(
    'writes of sessions',
    casesOf(0.1),
    (seed) => randomCase(seed, { restricted: true }),
    (made) => judge(made),
  );
  // A run of one case, to replay it, need not have both.
  if (casesOf(0.1) < 20) return;
  expect(sessionWrites.accepted).toBeGreaterThan(before.accepted);
  expect(sessionWrites.refused).toBeGreaterThan(before.refused);
});

test('on LMDB they agree as well, and after reopening', { timeout }, async () => {
  await runCases('LMDB', casesOf(0.05), randomCase, judgeOnDisk);
});

test('with an outbox they agree as well', { timeout }, async () => {
  await runCases('outbox', casesOf(0.1), randomCase, (made) => judge(made, { outbox: true }));
});

async function judgeOnDisk(made: Case): Promise<void> {
  const path = join(folder, String(databases++));
  const kv = (): LmdbKVStore => new LmdbKVStore(open({ path, noSync: true, mapSize: 16 * 1024 * 1024 }));
  try {
    await judge(made, { kv: kv(), reopen: async () => kv() });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
