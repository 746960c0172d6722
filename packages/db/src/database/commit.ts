/** What preparing a query and committing changes take beside them, and what a commit gives back. */
import type { DBChanges } from '../changes/types.ts';
import type { Timestamp } from '../clock/timestamp.ts';
import type { MetadataEntry } from '../entities/private-metadata.ts';
import type { PrepareQueryOptions } from '../permissions/prepare-query.ts';
import { appliedChanges } from '../transactions/stage-changes.ts';
import type { StagedCommit } from '../transactions/stage-changes.ts';

export interface WriteOptions {
  readonly skipRules?: boolean;
}

/** See `DatabaseHandle.prepare`. */
export type PrepareOptions = { readonly skipRules?: boolean } & Pick<PrepareQueryOptions, 'extend'>;

export interface CommitOptions extends WriteOptions {
  /** Private metadata that becomes durable with the commit, or not at all. Not for databases with an outbox. */
  readonly metadata?: (timestamp: Timestamp) => readonly MetadataEntry[];
}

export interface Commit {
  /** The stamp of the commit, greater than that of every commit before it. */
  readonly timestamp: Timestamp;
  /** The minimal change set that was really applied, encoded. */
  readonly changes: DBChanges;
  /** Settles when the commit is durable. */
  readonly durable: Promise<void>;
}

/** Whose changes are put together when somebody asks for them: few do. */
export class AppliedCommit implements Commit {
  readonly timestamp: Timestamp;
  readonly durable: Promise<void>;
  readonly #asked: DBChanges;
  readonly #staged: StagedCommit;
  #changes: DBChanges | undefined;

  /** `asked`: the change set that was to be committed. */
  constructor(timestamp: Timestamp, durable: Promise<void>, asked: DBChanges, staged: StagedCommit) {
    this.timestamp = timestamp;
    this.durable = durable;
    this.#asked = asked;
    this.#staged = staged;
  }

  get changes(): DBChanges {
    return (this.#changes ??= appliedChanges(this.#asked, this.#staged));
  }
}
