/** The `--storage` flag: which storage, and where its file is. */
import { join, resolve } from 'node:path';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';

export const STORAGE_CHOICES = ['memory', 'memory-btree', 'sqlite', 'sqlite-worker', 'lmdb'] as const;
export type StorageChoice = (typeof STORAGE_CHOICES)[number];

const FOLDERS: Readonly<Record<StorageChoice, string | undefined>> = {
  memory: undefined,
  'memory-btree': undefined,
  sqlite: 'sqlite',
  'sqlite-worker': 'sqlite',
  lmdb: 'lmdb',
};

/** Path of the database file: `TRIPLIT_LOCAL_DATABASE_URL`, else under `triplit/.data`. Undefined for memory. */
export function databaseFileFor(choice: StorageChoice, folder: string, environment: Environment): string | undefined {
  const store = FOLDERS[choice];
  if (store === undefined) return undefined;
  const configured = setting(environment, 'TRIPLIT_LOCAL_DATABASE_URL');
  return configured ? resolve(folder, configured) : join(folder, 'triplit', '.data', store, 'app.db');
}
