/** What a commit gives back. */
import type { DBChanges } from '../changes/types.ts';
import type { Timestamp } from '../clock/timestamp.ts';

export interface Commit {
  /** The stamp of the commit, greater than that of every commit before it. */
  readonly timestamp: Timestamp;
  /** The minimal change set that was really applied, encoded. */
  readonly changes: DBChanges;
  /** Settles when the commit is durable. */
  readonly durable: Promise<void>;
}
