/** How a SQLite file is tuned: write-ahead log, memory mapping, and how large the log may grow before it is cut. */

export interface SQLiteKVStoreOptions {
  /** The size, in bytes, that the file is expected to have (default 5 GiB). The other limits derive from it. */
  storageSize?: number;
  /** Bytes that the write-ahead log is cut to after a checkpoint. Default: 2.5 % of `storageSize`. */
  journalSizeLimit?: number;
  /** Pages of log after which SQLite checkpoints by itself. Default: `journalSizeLimit` in pages of 4096 bytes. */
  walAutocheckpoint?: number;
  /** Bytes of log from which on it is restarted. Default: 5 % of `storageSize`. */
  checkpointRestart?: number;
  /** Bytes of log from which on it is truncated. Default: 20 % of `storageSize`. */
  checkpointTruncate?: number;
  /** SQL that runs after the default pragmas. */
  pragma?: string;
}

export interface SqliteSettings {
  readonly setup: string;
  readonly restartBytes: number;
  readonly truncateBytes: number;
}

const DEFAULT_STORAGE_BYTES = 5 * 1024 ** 3;
const MMAP_BYTES = 256 * 1024 ** 2;
const PAGE_BYTES = 4096;

export function sqliteSettings(options: SQLiteKVStoreOptions): SqliteSettings {
  const storageSize = options.storageSize ?? DEFAULT_STORAGE_BYTES;
  const journalSizeLimit = Math.floor(options.journalSizeLimit ?? storageSize * 0.025);
  const walAutocheckpoint = Math.floor(options.walAutocheckpoint ?? journalSizeLimit / PAGE_BYTES);
  return {
    setup: `
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA temp_store = memory;
      PRAGMA mmap_size = ${MMAP_BYTES};
      PRAGMA journal_size_limit = ${journalSizeLimit};
      PRAGMA wal_autocheckpoint = ${walAutocheckpoint};
      ${options.pragma ?? ''}`,
    restartBytes: options.checkpointRestart ?? storageSize * 0.05,
    truncateBytes: options.checkpointTruncate ?? storageSize * 0.2,
  };
}
