import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DB } from '@triplit/db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTriplitStorageProvider, durableStoreKeys, inMemoryStoreKeys, storeKeys } from './storage.ts';
import type { StoreKeys } from './storage.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'triplit-storage-'))));
afterEach(() => rm(folder, { recursive: true }));

it('names its stores', () => {
  expect(storeKeys).toEqual([...durableStoreKeys, ...inMemoryStoreKeys]);
});

it.each(inMemoryStoreKeys)('opens %s', async (key) => {
  const db = new DB({ kv: await createTriplitStorageProvider(key) });
  await db.insert('a', { id: '1' });
  expect(await db.fetch({ collectionName: 'a' })).toEqual([{ id: '1' }]);
});

describe.each(durableStoreKeys)('%s', (key) => {
  it('keeps data when it is closed and opened again', async () => {
    const path = join(folder, 'app.db');
    const first = new DB({ kv: await createTriplitStorageProvider(key, path) });
    await first.insert('a', { id: '1' });
    await first.close();
    const second = new DB({ kv: await createTriplitStorageProvider(key, path) });
    expect(await second.fetch({ collectionName: 'a' })).toEqual([{ id: '1' }]);
    await second.close();
  });

  it('says when no path is given', async () => {
    const path = process.env['LOCAL_DATABASE_URL'];
    delete process.env['LOCAL_DATABASE_URL'];
    await expect(createTriplitStorageProvider(key)).rejects.toThrow(
      'Environment variable LOCAL_DATABASE_URL is not set.',
    );
    if (path !== undefined) process.env['LOCAL_DATABASE_URL'] = path;
  });
});

it('refuses an unknown name', async () => {
  await expect(createTriplitStorageProvider('papyrus' as StoreKeys)).rejects.toThrow('Invalid storage option: papyrus');
});
