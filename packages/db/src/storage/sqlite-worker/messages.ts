/** What the application's thread and the SQLite thread say to each other. Replies carry the number of their request. */
import type { StorageEdit, StorageEntry } from '../port.ts';

export type WorkerRequest =
  | { readonly request: number; readonly kind: 'load' }
  | { readonly request: number; readonly kind: 'write'; readonly edits: readonly StorageEdit[] }
  | { readonly request: number; readonly kind: 'close' };

export type WorkerReply =
  /** Some of what `load` asked for; more follow. */
  | { readonly request: number; readonly kind: 'entries'; readonly entries: readonly StorageEntry[] }
  | { readonly request: number; readonly kind: 'done' }
  | { readonly request: number; readonly kind: 'failed'; readonly reason: string };
