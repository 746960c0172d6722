/**
 * What a replica remembers about the server beside the data: how far its answers go, which queries it has answered, and
 * whose the pending writes are. Kept in memory, and in the database for the next run.
 */
import type { DB, Timestamp } from '@triplit/db';
import { UNOWNED } from './ownership.ts';
import type { Ownership } from './ownership.ts';
import { BEGINNING, QueryMarks } from './query-marks.ts';
import type { StoredQueryMarks } from './query-marks.ts';

const CHECKPOINT_KEY = ['latest_server_timestamp'];
const OWNERSHIP_KEY = ['ownership'];
const QUERY_MARKS_KEY = ['query-marks'];

export type Metadata = readonly (readonly [key: string[], value: unknown])[];

export class SyncState {
  readonly #persist: (key: string[], value: unknown) => void;
  #checkpoint: Timestamp | undefined;
  #marks = new QueryMarks();
  #ownership: Ownership = UNOWNED;

  constructor(persist: (key: string[], value: unknown) => void) {
    this.#persist = persist;
  }

  async load(db: Pick<DB, 'getMetadata'>): Promise<void> {
    this.#checkpoint = (await db.getMetadata(CHECKPOINT_KEY)) as Timestamp | undefined;
    this.#marks = new QueryMarks((await db.getMetadata(QUERY_MARKS_KEY)) as StoredQueryMarks | undefined);
    this.#ownership = ((await db.getMetadata(OWNERSHIP_KEY)) as Ownership | undefined) ?? UNOWNED;
  }

  get checkpoint(): Timestamp {
    return this.#checkpoint ?? BEGINNING;
  }

  get ownership(): Ownership {
    return this.#ownership;
  }

  own(ownership: Ownership): void {
    const isAnother = ownership.generation !== this.#ownership.generation;
    this.#ownership = ownership;
    this.#persist(OWNERSHIP_KEY, ownership);
    if (!isAnother || this.#checkpoint === undefined) return;
    // What the cache holds was answered to somebody else.
    this.#checkpoint = BEGINNING;
    this.#persist(CHECKPOINT_KEY, BEGINNING);
    this.#marks = new QueryMarks();
    this.#persistMarks();
  }

  /** The key under which it is stored that the server answered the query to the current principal. */
  answeredKey(query: string): string[] {
    return ['query-state', String(this.#ownership.generation), query];
  }

  /** The server answered these queries, up to this instant. Returns what is to be stored together with the answer. */
  answered(queries: readonly string[], timestamp: Timestamp): Metadata {
    this.#checkpoint = timestamp;
    const metadata: [key: string[], value: unknown][] = [[CHECKPOINT_KEY, timestamp]];
    let marksChanged = false;
    for (const query of queries) {
      metadata.push([this.answeredKey(query), true]);
      if (this.#marks.answered(query)) marksChanged = true;
    }
    if (marksChanged) metadata.push([QUERY_MARKS_KEY, this.#marks.toStored()]);
    return metadata;
  }

  /**
   * The server acknowledged a write. From now on it is to be told what the cache holds even where it has not answered any
   * query: others may remove what was written.
   */
  acknowledged(): void {
    if (this.#checkpoint !== undefined) return;
    this.#checkpoint = BEGINNING;
    this.#persist(CHECKPOINT_KEY, BEGINNING);
  }

  /** A query is about to be connected. Returns what it can be resumed from, if the server ever answered anything. */
  connect(query: string): { readonly since: Timestamp; readonly changed: boolean } | undefined {
    if (this.#checkpoint === undefined) return undefined;
    const mark = this.#marks.connect(query, this.#checkpoint);
    if (mark.changed) this.#persistMarks();
    return mark;
  }

  /** An answered query is connected no more: nobody keeps current what the cache holds of it. */
  withdrawn(query: string): void {
    if (this.#checkpoint === undefined) return;
    this.#marks.withdrawn(query, this.#checkpoint);
    this.#persistMarks();
  }

  /** The database was emptied. */
  reset(): void {
    this.#checkpoint = undefined;
    this.#marks = new QueryMarks();
  }

  /** Writes down whose the replica is, after the database was emptied. */
  persistOwnership(db: Pick<DB, 'setMetadata'>): Promise<void> {
    return db.setMetadata(OWNERSHIP_KEY, this.#ownership);
  }

  #persistMarks(): void {
    this.#persist(QUERY_MARKS_KEY, this.#marks.toStored());
  }
}
