/** The part of the `lmdb` package that the engine uses, by structure, so that the core does not import it. */

export interface LmdbKeyEncoder {
  writeKey(key: string, target: Uint8Array, start: number): number;
  readKey(source: Uint8Array, start: number, end: number): string;
}

export interface LmdbRange {
  readonly start?: string;
  readonly end?: string;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A root database, as `open` of the `lmdb` package returns it. */
export interface LmdbRootDatabase {
  /** False once it was closed. */
  isOperational?(): boolean;
  close(): Promise<void>;
  openDB(name: string, options: { readonly encoding: 'string'; readonly keyEncoder: LmdbKeyEncoder }): LmdbStore;
}

export interface LmdbStore {
  get(key: string): string | undefined;
  doesExist(key: string): boolean;
  getRange(range: LmdbRange): Iterable<{ readonly key: string; readonly value: string }>;
  getKeys(range: LmdbRange): Iterable<string>;
  getKeysCount(range: LmdbRange): number;
  put(key: string, value: string): PromiseLike<boolean>;
  remove(key: string): PromiseLike<boolean>;
  batch(action: () => void): PromiseLike<boolean>;
  readonly flushed: PromiseLike<boolean>;
  resetReadTxn(): void;
}
