/** The steps by which a replica changes, complete: copies that take the same steps stay the same. */
import type { DBChanges, PendingTransaction, Timestamp } from '@triplit/db';
import type { Ownership } from './ownership.ts';

/** Can be sent to another program as it is. `text`, `answered`: queries by the text that identifies them. */
export type ReplicaOperation =
  /** A local transaction; the only step that any program may take first. */
  | { readonly kind: 'append'; readonly transaction: PendingTransaction }
  | {
      readonly kind: 'confirm';
      readonly ids: readonly string[];
      readonly timestamp: Timestamp;
      readonly earlier?: ReadonlyMap<string, Timestamp>;
    }
  | { readonly kind: 'discard'; readonly ids: readonly string[] }
  | { readonly kind: 'discardEntity'; readonly collection: string; readonly id: string }
  | {
      readonly kind: 'answer';
      readonly changes: DBChanges;
      readonly timestamp: Timestamp;
      readonly answered: readonly string[];
    }
  | { readonly kind: 'connected'; readonly text: string }
  | { readonly kind: 'withdrawn'; readonly text: string }
  | { readonly kind: 'own'; readonly ownership: Ownership }
  | { readonly kind: 'clear'; readonly full: boolean };

/** `isNews`: see `Replica.onOperation`. */
export type OperationListener = (operation: ReplicaOperation, isNews: boolean) => void;
