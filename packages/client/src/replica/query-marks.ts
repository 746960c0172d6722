/**
 * Until when each query's rows in the cache are known to be current. Invariant: a row that the server changed later than
 * a query's mark is sent again when that query is connected, so nothing stays stale because other queries went on.
 */
import { compareTimestamps } from '@triplit/db';
import type { Timestamp } from '@triplit/db';

/** `null`: kept current up to the checkpoint of the whole cache. */
export type QueryMark = Timestamp | null;
export type StoredQueryMarks = readonly (readonly [query: string, mark: QueryMark])[];

/** Older than everything: a server that is told this sends every entity, and a delete for each that is gone. */
export const BEGINNING: Timestamp = [0, 0, ''];
/** Queries remembered. One that was forgotten is answered in full when it comes back. */
export const MAX_QUERY_MARKS = 500;

export class QueryMarks {
  readonly #marks: Map<string, QueryMark>;

  constructor(stored: StoredQueryMarks = []) {
    this.#marks = new Map(stored);
  }

  toStored(): StoredQueryMarks {
    return [...this.#marks];
  }

  /** The instant to resume a query from. Until it is answered, news of other queries must not move it on. */
  connect(query: string, checkpoint: Timestamp): { readonly since: Timestamp; readonly changed: boolean } {
    const mark = this.#marks.get(query);
    if (mark === undefined) return { since: BEGINNING, changed: false };
    if (mark === null) return { since: checkpoint, changed: this.#set(query, checkpoint) };
    return { since: compareTimestamps(mark, checkpoint) < 0 ? mark : checkpoint, changed: false };
  }

  /** The server answered the query: from now on it is kept current. Returns whether that is news. */
  answered(query: string): boolean {
    return this.#marks.get(query) !== null && this.#set(query, null);
  }

  /** An answered query is connected no more; what it holds is current as of the checkpoint. */
  withdrawn(query: string, checkpoint: Timestamp): void {
    this.#set(query, checkpoint);
  }

  #set(query: string, mark: QueryMark): true {
    // The last to be touched is the last to be forgotten.
    this.#marks.delete(query);
    this.#marks.set(query, mark);
    if (this.#marks.size > MAX_QUERY_MARKS) this.#marks.delete(this.#marks.keys().next().value!);
    return true;
  }
}
