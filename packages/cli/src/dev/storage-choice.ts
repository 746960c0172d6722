/** The `--storage` flag: where the data of the development server is kept, and whether the package for it is there. */
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CliFailure } from '../cli-failure.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';

export const STORAGE_CHOICES = ['memory', 'memory-btree', 'sqlite', 'sqlite-worker', 'lmdb'] as const;
export type StorageChoice = (typeof STORAGE_CHOICES)[number];

const PACKAGES: Partial<Record<StorageChoice, string>> = {
  sqlite: 'better-sqlite3',
  'sqlite-worker': 'better-sqlite3',
  lmdb: 'lmdb',
};

/** Path of the database file, its folder created; undefined for memory. Throws when the package is not installed. */
export function prepareStorage(choice: StorageChoice, folder: string, environment: Environment): string | undefined {
  const packageName = PACKAGES[choice];
  if (packageName === undefined) return undefined;
  if (!isInstalled(packageName)) {
    throw new CliFailure(
      `--storage ${choice} needs the package ${packageName}, which is not installed.\nInstall it with: npm install -D ${packageName}`,
    );
  }
  const configured = setting(environment, 'TRIPLIT_LOCAL_DATABASE_URL');
  const store = choice === 'lmdb' ? 'lmdb' : 'sqlite';
  const file = configured ? resolve(folder, configured) : join(folder, 'triplit', '.data', store, 'app.db');
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

function isInstalled(packageName: string): boolean {
  try {
    import.meta.resolve(packageName);
    return true;
  } catch {
    return false;
  }
}
