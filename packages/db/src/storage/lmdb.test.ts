import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, expect, test } from 'vitest';
import { describeKVStore } from './kv-store.contract.ts';
import { LmdbKVStore } from './lmdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'triplit-lmdb-kv-'));
let folders = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeKVStore('LmdbKVStore', () => new LmdbKVStore(open({ path: join(folder, `db${folders++}`) })));

test('what was set is there after the database was closed and opened again', async () => {
  const path = join(folder, 'reopened');
  const first = open({ path });
  await new LmdbKVStore(first).set(['a', 1], { n: 1 });
  await first.close();
  const second = open({ path });
  expect(await new LmdbKVStore(second).get(['a', 1])).toEqual({ n: 1 });
  await second.close();
});
